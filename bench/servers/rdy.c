/*
 * rdy as its users write it: a client registered once, edge-triggered and for both directions, found by the token that
 * a slab gave out. A read that has taken all that the event announced is not repeated. A client's state is a stream and
 * a pointer; all else is there only while bytes wait for the kernel.
 */
#include <errno.h>
#include <stdlib.h>

#include "bench/servers/listening.h"
#include "net/buffer.h"
#include "net/tcp_listener.h"
#include "reactor/clock.h"
#include "reactor/poll.h"
#include "reactor/slab.h"

enum { LISTENER, EVENTS_PER_WAIT = 1024, READS_PER_TURN = 16 };

static const rdy_interest interest = RDY_READABLE | RDY_WRITABLE;

struct unsent {
    rdy_buffer bytes;
    uint32_t told; /* flags of events: what is still to be read, and a close that is told once */
    bool ended;
};

struct client {
    rdy_tcp_stream stream;
    struct unsent *unsent;
};

static struct {
    rdy_poll *poll;
    rdy_events events;
    rdy_tcp_listener listener;
    rdy_slab clients;
    bool descriptors_used_up;
    char buffer[BENCH_READ_SIZE];
} server;

static void check(const char *what, int error)
{
    if (error >= 0)
        return;
    errno = -error;
    bench_fail(what);
}

static bool is_full(const struct client *client)
{
    return client->unsent != NULL && client->unsent->bytes.count >= BENCH_OUTPUT_LIMIT;
}

static void drop_unsent(struct client *client)
{
    if (client->unsent != NULL)
        rdy_buffer_free(&client->unsent->bytes);
    free(client->unsent);
    client->unsent = NULL;
}

/* Of `count` bytes in the buffer `sent` went out, or it is an error. */
static bool keep_rest(struct client *client, const rdy_event *event, ptrdiff_t sent, size_t count)
{
    const size_t taken = sent < 0 ? 0 : (size_t)sent;
    if (client->unsent == NULL)
        client->unsent = calloc(1, sizeof *client->unsent);
    if ((sent < 0 && sent != -EAGAIN) || client->unsent == NULL)
        return false;
    client->unsent->told |= event->flags;
    return rdy_buffer_append(&client->unsent->bytes, server.buffer + taken, count - taken) == 0;
}

static bool send_back(struct client *client, const rdy_event *event, size_t count)
{
    if (client->unsent != NULL)
        return keep_rest(client, event, 0, count);
    const ptrdiff_t sent = rdy_tcp_stream_write(&client->stream, server.buffer, count);
    return sent == (ptrdiff_t)count || keep_rest(client, event, sent, count);
}

static bool stop_reading(struct client *client, ptrdiff_t count)
{
    if (count != 0 || client->unsent == NULL)
        return count == -EAGAIN;
    client->unsent->ended = true;
    return true;
}

/* Whoever sends without end lets the others have their turn: reregistering tells again what holds. */
static bool continue_later(struct client *client)
{
    rdy_source *const source = &client->stream.source;
    return rdy_registry_reregister(rdy_poll_registry(server.poll), source, rdy_source_token(source),
                                   interest) == 0;
}

static bool wait_for_room(struct client *client)
{
    rdy_source_defer(&client->stream.source); /* the rest is read once there is room, without an event */
    return true;
}

/* False when the connection is over. */
static bool echo(struct client *client, const rdy_event *event)
{
    for (int i = 0; i < READS_PER_TURN; i++) {
        const ptrdiff_t count = rdy_tcp_stream_read(&client->stream, server.buffer, sizeof server.buffer);
        if (count <= 0)
            return stop_reading(client, count);
        if (!send_back(client, event, (size_t)count))
            return false;
        if (rdy_event_is_drained(*event, count, sizeof server.buffer))
            return true;
        if (is_full(client))
            return wait_for_room(client);
    }
    return continue_later(client);
}

static bool flush(struct client *client, rdy_event *event)
{
    const int error = rdy_buffer_flush(&client->unsent->bytes, &client->stream.source);
    const bool ended = client->unsent->ended;
    event->flags |= client->unsent->told;
    client->unsent->told = event->flags;
    if (error == 0)
        drop_unsent(client);
    return error == -EAGAIN || (error == 0 && !ended);
}

static bool advance(struct client *client, rdy_event *event)
{
    if (client->unsent != NULL && !flush(client, event))
        return false;
    if (client->unsent != NULL && (client->unsent->ended || is_full(client)))
        return true;
    return !rdy_event_is_readable(*event) || echo(client, event);
}

static void forget(struct client *client)
{
    const rdy_token token = rdy_source_token(&client->stream.source);
    drop_unsent(client);
    rdy_tcp_stream_close(&client->stream);
    rdy_slab_remove(&server.clients, token);
}

static rdy_accept_advice accept_one(void)
{
    rdy_token token;
    rdy_tcp_stream stream;
    const int error = rdy_tcp_listener_accept(&server.listener, &stream, NULL);
    if (error != 0)
        return rdy_accept_advise(error);
    struct client *const client = rdy_slab_insert(&server.clients, &token);
    check("rdy_slab_insert", client == NULL ? -ENOMEM : 0);
    client->stream = stream;
    check("rdy_registry_register",
          rdy_registry_register(rdy_poll_registry(server.poll), &client->stream.source, token, interest));
    return RDY_ACCEPT_AGAIN;
}

static void accept_all(void)
{
    rdy_accept_advice advice;
    while ((advice = accept_one()) == RDY_ACCEPT_AGAIN)
        ;
    server.descriptors_used_up = advice == RDY_ACCEPT_PAUSE;
}

static void serve(rdy_event *event)
{
    if (event->token == LISTENER) {
        accept_all();
        return;
    }
    struct client *const client = rdy_slab_get(&server.clients, event->token);
    if (client != NULL && !advance(client, event))
        forget(client);
}

static void wait_and_serve(void)
{
    const int64_t timeout = server.descriptors_used_up ? BENCH_ACCEPT_REST_MS * RDY_MILLISECOND : RDY_FOREVER;
    const int error = rdy_poll_wait(server.poll, &server.events, timeout);
    check("rdy_poll_wait", error == -EINTR ? 0 : error);
    const rdy_event *const end = server.events.items + server.events.count;
    for (rdy_event *event = server.events.items; event < end; event++)
        serve(event);
    if (server.descriptors_used_up)
        accept_all();
}

int main(void)
{
    rdy_slab_init(&server.clients, sizeof(struct client));
    check("rdy_tcp_listener_from_fd", rdy_tcp_listener_from_fd(bench_listening_socket(), &server.listener));
    check("rdy_poll_open", rdy_poll_open(NULL, &server.poll));
    check("rdy_events_alloc", rdy_events_alloc(EVENTS_PER_WAIT, &server.events));
    check("rdy_registry_register", rdy_registry_register(rdy_poll_registry(server.poll),
                                                         &server.listener.source, LISTENER, RDY_READABLE));
    for (;;)
        wait_and_serve();
}
