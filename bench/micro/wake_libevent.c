#include "bench/micro/wake.h"

#include <event2/event.h>
#include <event2/thread.h>
#include <stdlib.h>

struct wake_loop {
    struct event_base *base;
    struct event *event;
    struct wake_loop *peer;
    uint64_t seen, goal;
    const atomic_bool *over;
};

static void on_wake(evutil_socket_t none, short events, void *argument)
{
    struct wake_loop *loop = argument;
    (void)none, (void)events;
    loop->seen++;
    if (loop->peer != NULL)
        wake_loop_up(loop->peer);
    if (wake_is_over(loop->seen, loop->goal, loop->over))
        event_base_loopbreak(loop->base);
}

struct wake_loop *wake_open(int64_t spin_ns)
{
    if (spin_ns != 0)
        return NULL;
    struct wake_loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL || evthread_use_pthreads() < 0 || (loop->base = event_base_new()) == NULL ||
        (loop->event = event_new(loop->base, -1, EV_PERSIST, on_wake, loop)) == NULL)
        micro_fail("event_base_new");
    return loop;
}

void wake_loop_up(struct wake_loop *loop)
{
    event_active(loop->event, EV_READ, 0);
}

uint64_t wake_run(struct wake_loop *loop, struct wake_loop *peer, uint64_t goal, const atomic_bool *over)
{
    loop->peer = peer;
    loop->seen = 0;
    loop->goal = goal;
    loop->over = over;
    event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY);
    return loop->seen;
}
