#include "bench/micro/timers.h"

#include <stdlib.h>
#include <uv.h>

static uv_timer_t *timers;
static uv_loop_t loop;

static void on_timer(uv_timer_t *timer)
{
    timers_expire((uint64_t)(timer - timers));
}

void timers_open(unsigned count)
{
    timers = calloc(count, sizeof *timers);
    if (timers == NULL || uv_loop_init(&loop) != 0)
        micro_fail("uv_loop_init");
    for (unsigned i = 0; i < count; i++)
        uv_timer_init(&loop, &timers[i]);
}

/* A delay is in whole milliseconds; rounded up, it is never early. */
void timers_insert(const int64_t *delays, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        uv_timer_start(&timers[i], on_timer, (uint64_t)(delays[i] + 999999) / 1000000, 0);
}

void timers_cancel(const unsigned *places, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        uv_timer_stop(&timers[places[i]]);
}

void timers_turn(void)
{
    uv_run(&loop, UV_RUN_NOWAIT);
}
