/* ev_timer, which lies in a heap; ev_periodic would, too, and is for times of the day. */
#include "bench/micro/timers.h"

#include <ev.h>
#include <stdlib.h>

static ev_timer *timers;
static struct ev_loop *loop;

static void on_timer(struct ev_loop *running, ev_timer *timer, int events)
{
    (void)running, (void)events;
    timers_expire((uint64_t)(timer - timers));
}

void timers_open(unsigned count)
{
    timers = calloc(count, sizeof *timers);
    loop = ev_loop_new(EVFLAG_AUTO);
    if (timers == NULL || loop == NULL)
        micro_fail("ev_loop_new");
    for (unsigned i = 0; i < count; i++)
        ev_init(&timers[i], on_timer);
}

void timers_insert(const int64_t *delays, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        ev_timer_set(&timers[i], (double)delays[i] * 1e-9, 0.);
        ev_timer_start(loop, &timers[i]);
    }
}

void timers_cancel(const unsigned *places, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        ev_timer_stop(loop, &timers[places[i]]);
}

void timers_turn(void)
{
    ev_run(loop, EVRUN_NOWAIT);
}
