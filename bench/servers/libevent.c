/*
 * libevent as its users write it: evconnlistener, and for each client a plain event made by event_new, persistent and
 * level-triggered, one read an event, so that no client takes the turn of another. What the kernel would not take
 * goes into an evbuffer with an event for writing; both are there only while bytes are pending.
 */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "bench/servers/listening.h"

struct client {
    struct event *readable, *writable;
    struct evbuffer *pending;
    bool ended;
};

static char buffer[BENCH_READ_SIZE];

static void forget(struct client *client)
{
    const evutil_socket_t socket = event_get_fd(client->readable);
    event_free(client->readable);
    if (client->pending != NULL) {
        event_free(client->writable);
        evbuffer_free(client->pending);
    }
    evutil_closesocket(socket);
    free(client);
}

static void stop_waiting_to_write(struct client *client)
{
    event_free(client->writable);
    evbuffer_free(client->pending);
    client->writable = NULL;
    client->pending = NULL;
}

/* False when the connection is over, here and below. */
static bool drain(struct client *client)
{
    if (evbuffer_write(client->pending, event_get_fd(client->readable)) < 0 && errno != EAGAIN)
        return false;
    const size_t left = evbuffer_get_length(client->pending);
    if (left == 0)
        stop_waiting_to_write(client);
    if (client->ended)
        return left > 0;
    return left >= BENCH_OUTPUT_LIMIT || event_add(client->readable, NULL) == 0;
}

static void on_writable(evutil_socket_t socket, short events, void *argument)
{
    (void)socket, (void)events;
    struct client *client = argument;
    if (!drain(client))
        forget(client);
}

static void wait_to_write(struct client *client)
{
    struct event_base *base = event_get_base(client->readable);
    const evutil_socket_t socket = event_get_fd(client->readable);
    client->pending = evbuffer_new();
    client->writable = event_new(base, socket, EV_WRITE | EV_PERSIST, on_writable, client);
    if (client->pending == NULL || client->writable == NULL || event_add(client->writable, NULL) < 0)
        bench_fail("event_new");
}

static bool keep(struct client *client, const char *bytes, size_t size)
{
    if (client->pending == NULL)
        wait_to_write(client);
    if (evbuffer_add(client->pending, bytes, size) < 0)
        return false;
    return evbuffer_get_length(client->pending) < BENCH_OUTPUT_LIMIT || event_del(client->readable) == 0;
}

static bool echo_back(evutil_socket_t socket, struct client *client, size_t count)
{
    if (client->pending != NULL)
        return keep(client, buffer, count);
    const ssize_t sent = send(socket, buffer, count, MSG_NOSIGNAL);
    if (sent == (ssize_t)count)
        return true;
    if (sent < 0 && errno != EAGAIN)
        return false;
    const size_t taken = sent < 0 ? 0 : (size_t)sent;
    return keep(client, buffer + taken, count - taken);
}

static bool hear(evutil_socket_t socket, struct client *client)
{
    const ssize_t count = recv(socket, buffer, sizeof buffer, 0);
    if (count > 0)
        return echo_back(socket, client, (size_t)count);
    if (count < 0)
        return errno == EAGAIN;
    client->ended = true;
    return client->pending != NULL && event_del(client->readable) == 0;
}

static void on_readable(evutil_socket_t socket, short events, void *argument)
{
    (void)events;
    struct client *client = argument;
    if (!hear(socket, client))
        forget(client);
}

static void on_connection(struct evconnlistener *listener, evutil_socket_t socket, struct sockaddr *address,
                          int size, void *argument)
{
    (void)address, (void)size, (void)argument;
    struct client *client = calloc(1, sizeof *client);
    if (client == NULL)
        bench_fail("calloc");
    client->readable =
        event_new(evconnlistener_get_base(listener), socket, EV_READ | EV_PERSIST, on_readable, client);
    if (client->readable == NULL || event_add(client->readable, NULL) < 0)
        bench_fail("event_new");
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
