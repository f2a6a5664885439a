/*
 * libevent's bufferevent as its book shows it: the read callback moves the input to the output without a copy, and
 * the library writes. Its limits of one read and one write are raised to those of the other servers (the library
 * itself still reads no more than 4 KiB at once). Which callbacks are set says what a client is at: echoing, waiting
 * for its output to shrink, or being written the rest after its end.
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include "bench/servers/listening.h"

static void on_input(struct bufferevent *client, void *argument);
static void on_event(struct bufferevent *client, short what, void *argument);

static void on_output_shrunk(struct bufferevent *client, void *argument)
{
    (void)argument;
    bufferevent_setcb(client, on_input, NULL, on_event, NULL);
    bufferevent_enable(client, EV_READ);
}

static void on_input(struct bufferevent *client, void *argument)
{
    (void)argument;
    struct evbuffer *output = bufferevent_get_output(client);
    if (bufferevent_read_buffer(client, output) < 0) {
        bufferevent_free(client);
        return;
    }
    if (evbuffer_get_length(output) < BENCH_OUTPUT_LIMIT)
        return;
    bufferevent_disable(client, EV_READ);
    bufferevent_setwatermark(client, EV_WRITE, BENCH_OUTPUT_LIMIT / 2, 0);
    bufferevent_setcb(client, on_input, on_output_shrunk, on_event, NULL);
}

static void on_all_written(struct bufferevent *client, void *argument)
{
    (void)argument;
    if (evbuffer_get_length(bufferevent_get_output(client)) == 0)
        bufferevent_free(client);
}

static void on_event(struct bufferevent *client, short what, void *argument)
{
    (void)argument;
    const size_t pending = evbuffer_get_length(bufferevent_get_output(client));
    if (pending == 0 || !(what & BEV_EVENT_EOF)) {
        bufferevent_free(client);
        return;
    }
    bufferevent_setwatermark(client, EV_WRITE, 0, 0);
    bufferevent_setcb(client, NULL, on_all_written, on_event, NULL);
}

static void on_connection(struct evconnlistener *listener, evutil_socket_t socket, struct sockaddr *address,
                          int size, void *argument)
{
    (void)address, (void)size, (void)argument;
    struct bufferevent *client =
        bufferevent_socket_new(evconnlistener_get_base(listener), socket, BEV_OPT_CLOSE_ON_FREE);
    if (client == NULL)
        bench_fail("bufferevent_socket_new");
    bufferevent_set_max_single_read(client, BENCH_READ_SIZE);
    bufferevent_set_max_single_write(client, BENCH_OUTPUT_LIMIT);
    bufferevent_setcb(client, on_input, NULL, on_event, NULL);
    bufferevent_enable(client, EV_READ | EV_WRITE);
}

static void on_rested(evutil_socket_t socket, short events, void *argument)
{
    (void)socket, (void)events;
    evconnlistener_enable(argument);
}

/* No descriptor is left, or no memory: whoever waits is taken later. */
static void on_accept_error(struct evconnlistener *listener, void *argument)
{
    (void)argument;
    const struct timeval rest = {.tv_usec = BENCH_ACCEPT_REST_MS * 1000};
    evconnlistener_disable(listener);
    event_base_once(evconnlistener_get_base(listener), -1, EV_TIMEOUT, on_rested, listener, &rest);
}

int main(void)
{
    struct event_base *base = event_base_new();
    if (base == NULL)
        bench_fail("event_base_new");
    struct evconnlistener *listener =
        evconnlistener_new(base, on_connection, NULL, LEV_OPT_CLOSE_ON_EXEC, 0, bench_listening_socket());
    if (listener == NULL)
        bench_fail("evconnlistener_new");
    evconnlistener_set_error_cb(listener, on_accept_error);
    event_base_dispatch(base);
}
