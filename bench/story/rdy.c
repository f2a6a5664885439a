/* The story's server on rdy: one thread, which waits for all clients at once. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "bench/servers/listening.h"
#include "bench/story/deadline.h"
#include "bench/story/protocol.h"
#include "net/buffer.h"
#include "net/tcp_listener.h"
#include "reactor/clock.h"
#include "reactor/poll.h"
#include "reactor/slab.h"
#include "reactor/timer_wheel.h"

enum { EVENTS = 1024, LISTENER = 0 };

typedef struct client {
    rdy_timer deadline; /* the first member, so that this timer's address is its client's */
    rdy_tcp_stream stream;
    rdy_buffer pending; /* what the kernel has not taken of the answer */
    story_exchange exchange;
    uint8_t heard; /* all that STORY_* has named so far */
} client;

typedef struct server {
    rdy_poll *poll;
    rdy_tcp_listener listener;
    rdy_slab clients;
    rdy_timer_wheel wheel;
    rdy_timer retry; /* accepts again when the system was short of something */
    int64_t deadline_ns, now_ns;
} server;

static void check(int error, const char *what)
{
    errno = -error;
    if (error < 0)
        bench_fail(what);
}

static void close_client(server *self, client *one)
{
    if ((one->heard & STORY_DONE) == 0 || (one->heard & STORY_REFUSED) != 0)
        (void)rdy_tcp_stream_set_linger(&one->stream, 0); /* a reset */
    const rdy_token token = rdy_source_token(&one->stream.source);
    rdy_timer_wheel_cancel(&self->wheel, &one->deadline);
    rdy_tcp_stream_close(&one->stream);
    rdy_buffer_free(&one->pending);
    rdy_slab_remove(&self->clients, token);
}

static void answer(client *one)
{
    char line[STORY_LINE_MAX];
    const size_t size = story_answer(&one->exchange, line);
    if (rdy_buffer_send(&one->pending, &one->stream.source, line, size) != 0)
        one->heard |= STORY_REFUSED;
}

static bool has_ended(const client *one)
{
    return (one->heard & (STORY_DONE | STORY_REFUSED)) != 0;
}

/* True when the event may have more to read. */
static bool read_some(client *one, rdy_event event)
{
    char bytes[64];
    const ptrdiff_t count = rdy_tcp_stream_read(&one->stream, bytes, sizeof bytes);
    if (count == -EAGAIN)
        return false;
    const unsigned heard = count > 0 ? story_hear(&one->exchange, bytes, (size_t)count) : STORY_REFUSED;
    one->heard |= (uint8_t)heard;
    if ((heard & STORY_ANSWER) != 0)
        answer(one);
    return !has_ended(one) && !rdy_event_is_drained(event, count, sizeof bytes);
}

static void flush(client *one)
{
    const int error = rdy_buffer_flush(&one->pending, &one->stream.source);
    if (error != 0 && error != -EAGAIN)
        one->heard |= STORY_REFUSED;
}

static void serve(server *self, client *one, rdy_event event)
{
    if (one->pending.count > 0 && rdy_event_is_writable(event))
        flush(one);
    while (rdy_event_is_readable(event) && !has_ended(one) && read_some(one, event))
        ;
    const bool refused = (one->heard & STORY_REFUSED) != 0;
    if (refused || (has_ended(one) && one->pending.count == 0))
        close_client(self, one);
}

static int add(server *self, rdy_tcp_stream stream)
{
    rdy_token token;
    client *one = rdy_slab_insert(&self->clients, &token);
    if (one == NULL) {
        rdy_tcp_stream_close(&stream);
        return -ENOMEM;
    }
    one->stream = stream;
    const int error = rdy_registry_register(rdy_poll_registry(self->poll), &one->stream.source, token,
                                            RDY_READABLE | RDY_WRITABLE);
    if (error != 0) {
        rdy_tcp_stream_close(&one->stream);
        rdy_slab_remove(&self->clients, token);
        return error;
    }
    rdy_timer_wheel_arm(&self->wheel, &one->deadline, rdy_clock_after(self->now_ns, self->deadline_ns));
    return 0;
}

static rdy_accept_advice accept_one(server *self)
{
    rdy_tcp_stream stream;
    const int error = rdy_tcp_listener_accept(&self->listener, &stream, NULL);
    if (error != 0)
        return rdy_accept_advise(error);
    return add(self, stream) == 0 ? RDY_ACCEPT_AGAIN : RDY_ACCEPT_PAUSE;
}

static void accept_all(server *self)
{
    rdy_accept_advice advice;
    while ((advice = accept_one(self)) == RDY_ACCEPT_AGAIN)
        ;
    if (advice == RDY_ACCEPT_PAUSE)
        rdy_timer_wheel_arm(&self->wheel, &self->retry, rdy_clock_after(self->now_ns, 10 * RDY_MILLISECOND));
    check(advice == RDY_ACCEPT_BROKEN ? -EBADF : 0, "accept");
}

static void dispatch(server *self, rdy_event event)
{
    if (event.token == LISTENER) {
        accept_all(self);
        return;
    }
    client *one = rdy_slab_get(&self->clients, event.token);
    if (one != NULL)
        serve(self, one, event);
}

static void expire(server *self, rdy_timer *timer)
{
    if (timer == &self->retry)
        accept_all(self);
    else
        close_client(self, (client *)timer);
}

static void turn(server *self, rdy_events *events)
{
    rdy_timer *timer;
    const int64_t next = rdy_timer_wheel_next(&self->wheel);
    const int count = rdy_poll_wait(self->poll, events, rdy_clock_until(rdy_clock_now(), next));
    check(count == -EINTR ? 0 : count, "rdy_poll_wait");
    self->now_ns = rdy_clock_now();
    for (size_t i = 0; i < events->count; i++)
        dispatch(self, events->items[i]);
    while ((timer = rdy_timer_wheel_expire(&self->wheel, self->now_ns)) != NULL)
        expire(self, timer);
}

int main(int argc, char **argv)
{
    server self = {.deadline_ns = story_deadline(argc, argv), .now_ns = rdy_clock_now()};
    rdy_events events;
    rdy_slab_init(&self.clients, sizeof(client));
    rdy_timer_wheel_init(&self.wheel, self.now_ns);
    check(rdy_events_alloc(EVENTS, &events), "rdy_events_alloc");
    check(rdy_poll_open(NULL, &self.poll), "rdy_poll_open");
    check(rdy_tcp_listener_from_fd(bench_listening_socket(), &self.listener), "rdy_tcp_listener_from_fd");
    check(rdy_registry_register(rdy_poll_registry(self.poll), &self.listener.source, LISTENER, RDY_READABLE),
          "rdy_registry_register");
    for (;;)
        turn(&self, &events);
}
