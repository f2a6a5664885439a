#include "bench/micro/wake.h"

#include <stdlib.h>

#include "reactor/poll.h"
#include "reactor/waker.h"

struct wake_loop {
    rdy_poll *poll;
    rdy_events events;
    rdy_waker *waker;
};

struct wake_loop *wake_open(int64_t spin_ns)
{
    const rdy_poll_options options = {.spin_ns = spin_ns};
    struct wake_loop *loop = malloc(sizeof *loop);
    if (loop == NULL)
        micro_fail("malloc");
    micro_check("rdy_poll_open", rdy_poll_open(&options, &loop->poll));
    micro_check("rdy_events_alloc", rdy_events_alloc(16, &loop->events));
    micro_check("rdy_waker_open", rdy_waker_open(rdy_poll_registry(loop->poll), 0, &loop->waker));
    return loop;
}

void wake_loop_up(struct wake_loop *loop)
{
    rdy_waker_wake(loop->waker);
}

uint64_t wake_run(struct wake_loop *loop, struct wake_loop *peer, uint64_t goal, const atomic_bool *over)
{
    uint64_t seen = 0;
    do {
        rdy_poll_wait(loop->poll, &loop->events, RDY_FOREVER);
        for (size_t i = 0; i < loop->events.count; i++) {
            seen++;
            if (peer != NULL)
                wake_loop_up(peer);
        }
    } while (!wake_is_over(seen, goal, over));
    return seen;
}
