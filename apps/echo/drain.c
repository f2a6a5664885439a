#include "apps/echo/drain.h"

#include "apps/echo/accept.h"
#include "reactor/clock.h"

/* Longer than most round trips: what a client sent before it heard of the end arrives within it. */
#define LONGEST_SILENCE_NS (250 * RDY_MILLISECOND)

static int64_t silence_of(int64_t drain_ns)
{
    return drain_ns / 8 < LONGEST_SILENCE_NS ? drain_ns / 8 : LONGEST_SILENCE_NS;
}

void echo_drain_begin(echo_worker *worker)
{
    const int64_t drain_ns = worker->shared->config->drain_ns;
    const int64_t now_ns = worker->pool.exchange.now_ns;

    worker->draining = true;
    worker->drain_end_ns = rdy_clock_after(now_ns, drain_ns);
    echo_accept_last(worker);
    echo_pool_drain(&worker->pool, silence_of(drain_ns));
    rdy_timer_wheel_arm(&worker->wheel, &worker->drain, rdy_clock_after(now_ns, drain_ns / 2));
}

void echo_drain_step(echo_worker *worker)
{
    if (worker->finishing) {
        echo_pool_cut(&worker->pool);
        return;
    }
    worker->finishing = true;
    echo_pool_finish(&worker->pool);
    rdy_timer_wheel_arm(&worker->wheel, &worker->drain, worker->drain_end_ns);
}
