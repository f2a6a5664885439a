#include "bench/micro/wake.h"

#include <stdlib.h>
#include <uv.h>

struct wake_loop {
    uv_loop_t loop;
    uv_async_t async;
    struct wake_loop *peer;
    uint64_t seen, goal;
    const atomic_bool *over;
};

static void on_wake(uv_async_t *async)
{
    struct wake_loop *loop = async->data;
    loop->seen++;
    if (loop->peer != NULL)
        wake_loop_up(loop->peer);
    if (wake_is_over(loop->seen, loop->goal, loop->over))
        uv_stop(&loop->loop);
}

struct wake_loop *wake_open(int64_t spin_ns)
{
    if (spin_ns != 0)
        return NULL;
    struct wake_loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL || uv_loop_init(&loop->loop) != 0 ||
        uv_async_init(&loop->loop, &loop->async, on_wake) != 0)
        micro_fail("uv_loop_init");
    loop->async.data = loop;
    return loop;
}

void wake_loop_up(struct wake_loop *loop)
{
    uv_async_send(&loop->async);
}

uint64_t wake_run(struct wake_loop *loop, struct wake_loop *peer, uint64_t goal, const atomic_bool *over)
{
    loop->peer = peer;
    loop->seen = 0;
    loop->goal = goal;
    loop->over = over;
    uv_run(&loop->loop, UV_RUN_DEFAULT);
    return loop->seen;
}
