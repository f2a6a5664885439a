/*
 * Hangs up on clients that are silent for too long, and says every second how many there are.
 *     timers 127.0.0.1:7777 5000      (milliseconds of silence)
 * All timers lie in one wheel, and the wheel's next moment is the time-out of the wait: no thread, no signal and no
 * descriptor is spent on them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <net/tcp_listener.h>
#include <reactor/clock.h>
#include <reactor/error.h>
#include <reactor/poll.h>
#include <reactor/slab.h>
#include <reactor/timer_wheel.h>

typedef struct client {
    rdy_timer silence; /* the first member, so that this timer's address is its client's */
    rdy_token token;
    rdy_tcp_stream stream;
} client;

enum { LISTENER };
static rdy_tcp_listener listener;
static rdy_registry *registry;
static rdy_slab clients;
static rdy_timer_wheel wheel;
static rdy_timer report, retry; /* a timer that repeats, and one that accepts again */
static int64_t report_at, silence_ns;

static rdy_accept_advice accept_one(int64_t now)
{
    rdy_token token = LISTENER;
    rdy_tcp_stream stream;
    int error = rdy_tcp_listener_accept(&listener, &stream, NULL);
    if (error != 0)
        return rdy_accept_advise(error);
    client *one = rdy_slab_insert(&clients, &token);
    if (one != NULL && rdy_registry_register(registry, &stream.source, token, RDY_READABLE) == 0) {
        one->token = token;
        one->stream = stream;
        rdy_timer_wheel_arm(&wheel, &one->silence, rdy_clock_after(now, silence_ns));
        return RDY_ACCEPT_AGAIN;
    }
    rdy_slab_remove(&clients, token);
    rdy_tcp_stream_close(&stream);
    return RDY_ACCEPT_PAUSE;
}

static int accept_all(int64_t now)
{
    rdy_accept_advice advice;
    while ((advice = accept_one(now)) == RDY_ACCEPT_AGAIN)
        ;
    if (advice == RDY_ACCEPT_PAUSE) /* no event will tell when there is a descriptor again */
        rdy_timer_wheel_arm(&wheel, &retry, rdy_clock_after(now, 100 * RDY_MILLISECOND));
    return advice == RDY_ACCEPT_BROKEN ? -EBADF : 0;
}

static void drop(client *one)
{
    rdy_timer_wheel_cancel(&wheel, &one->silence); /* an armed timer must not be freed */
    rdy_tcp_stream_close(&one->stream);
    rdy_slab_remove(&clients, one->token);
}

static int take_bytes(client *one, int64_t now) /* -EAGAIN when more may come, 0 at the end */
{
    char bytes[4096];
    for (int turn = 0; turn < 16; turn++) {
        ptrdiff_t count = rdy_tcp_stream_read(&one->stream, bytes, sizeof bytes);
        if (count <= 0)
            return (int)count;
        rdy_timer_wheel_arm(&wheel, &one->silence, rdy_clock_after(now, silence_ns)); /* arms again */
    }
    int error = rdy_registry_reregister(registry, &one->stream.source, one->token, RDY_READABLE);
    return error != 0 ? error : -EAGAIN;
}

static int handle(rdy_token token, int64_t now)
{
    if (token == LISTENER)
        return accept_all(now);
    client *one = rdy_slab_get(&clients, token);
    if (one != NULL && take_bytes(one, now) != -EAGAIN)
        drop(one);
    return 0;
}

static int expire(rdy_timer *timer, int64_t now)
{
    if (timer == &retry)
        return accept_all(now);
    if (timer == &report) {
        printf("clients: %zu\n", rdy_slab_count(&clients));
        fflush(stdout);
        /* From the deadline, not from now: what is late does not add up. Seconds that were missed are left out. */
        report_at += (now - report_at) / RDY_SECOND * RDY_SECOND + RDY_SECOND;
        rdy_timer_wheel_arm(&wheel, &report, report_at);
        return 0;
    }
    client *one = (client *)timer;
    rdy_tcp_stream_write(&one->stream, "bye\n", 4); /* the first bytes to it: there is room for them */
    drop(one);
    return 0;
}

static int turn(rdy_poll *poll, rdy_events *events)
{
    rdy_timer *timer;
    int count = rdy_poll_wait(poll, events, rdy_clock_until(rdy_clock_now(), rdy_timer_wheel_next(&wheel)));
    int error = count < 0 && count != -EINTR ? count : 0;
    const int64_t now = rdy_clock_now(); /* once for all of this turn */
    for (size_t i = 0; i < events->count && error == 0; i++)
        error = handle(events->items[i].token, now);
    while (error == 0 && (timer = rdy_timer_wheel_expire(&wheel, now)) != NULL)
        error = expire(timer, now);
    return error;
}

int main(int argc, char **argv)
{
    char name[RDY_ADDRESS_TEXT_MAX];
    rdy_address here;
    rdy_events events;
    rdy_poll *poll;
    const long milliseconds = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    int error = milliseconds > 0 && milliseconds <= 1000000000 ? rdy_address_parse(argv[1], &here) : -EINVAL;
    if (error != 0 || (error = rdy_tcp_listener_bind(&here, NULL, &listener)) != 0 ||
        (error = rdy_tcp_listener_local_address(&listener, &here)) != 0 ||
        (error = rdy_events_alloc(256, &events)) != 0 || (error = rdy_poll_open(NULL, &poll)) != 0) {
        fprintf(stderr, "timers ADDRESS MILLISECONDS: %s\n", rdy_error_sentence(error));
        return 1;
    }
    silence_ns = milliseconds * RDY_MILLISECOND;
    registry = rdy_poll_registry(poll);
    rdy_slab_init(&clients, sizeof(client));
    report_at = rdy_clock_after(rdy_clock_now(), RDY_SECOND);
    rdy_timer_wheel_init(&wheel, rdy_clock_now());
    rdy_timer_wheel_arm(&wheel, &report, report_at);
    error = rdy_registry_register(registry, &listener.source, LISTENER, RDY_READABLE);
    rdy_address_print(&here, name, sizeof name);
    printf("listening on %s (%s)\n", name, rdy_poll_backend(poll));
    fflush(stdout);
    while (error == 0)
        error = turn(poll, &events);
    fprintf(stderr, "timers: %s\n", rdy_error_sentence(error));
    return 1;
}
