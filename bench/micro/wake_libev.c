#include "bench/micro/wake.h"

#include <ev.h>
#include <stdlib.h>

struct wake_loop {
    struct ev_loop *loop;
    ev_async async;
    struct wake_loop *peer;
    uint64_t seen, goal;
    const atomic_bool *over;
};

static void on_wake(struct ev_loop *running, ev_async *async, int events)
{
    struct wake_loop *loop = async->data;
    (void)events;
    loop->seen++;
    if (loop->peer != NULL)
        wake_loop_up(loop->peer);
    if (wake_is_over(loop->seen, loop->goal, loop->over))
        ev_break(running, EVBREAK_ONE);
}

struct wake_loop *wake_open(int64_t spin_ns)
{
    if (spin_ns != 0)
        return NULL;
    struct wake_loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL || (loop->loop = ev_loop_new(EVFLAG_AUTO)) == NULL)
        micro_fail("ev_loop_new");
    ev_async_init(&loop->async, on_wake);
    loop->async.data = loop;
    ev_async_start(loop->loop, &loop->async);
    return loop;
}

void wake_loop_up(struct wake_loop *loop)
{
    ev_async_send(loop->loop, &loop->async);
}

uint64_t wake_run(struct wake_loop *loop, struct wake_loop *peer, uint64_t goal, const atomic_bool *over)
{
    loop->peer = peer;
    loop->seen = 0;
    loop->goal = goal;
    loop->over = over;
    ev_run(loop->loop, 0);
    return loop->seen;
}
