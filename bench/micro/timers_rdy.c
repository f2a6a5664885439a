#include "bench/micro/timers.h"

#include <stdlib.h>
#include <string.h>

#include "reactor/clock.h"
#include "reactor/poll.h"
#include "reactor/timer_wheel.h"

static rdy_timer_wheel wheel;
static rdy_timer *timers;
static rdy_poll *poll;
static rdy_events events;

void timers_open(unsigned count)
{
    timers = malloc(count * sizeof *timers);
    if (timers == NULL)
        micro_fail("malloc");
    micro_check("rdy_poll_open", rdy_poll_open(NULL, &poll));
    micro_check("rdy_events_alloc", rdy_events_alloc(64, &events));
    explicit_bzero(timers,
                   count * sizeof *timers); /* now, as the others do: calloc leaves it to the first use */
    rdy_timer_wheel_init(&wheel, rdy_clock_now());
}

void timers_insert(const int64_t *delays, unsigned count)
{
    const int64_t now = rdy_clock_now();
    for (unsigned i = 0; i < count; i++)
        rdy_timer_wheel_arm(&wheel, &timers[i], rdy_clock_after(now, delays[i]));
}

void timers_cancel(const unsigned *places, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        rdy_timer_wheel_cancel(&wheel, &timers[places[i]]);
}

void timers_turn(void)
{
    rdy_poll_wait(poll, &events, 0);
    const int64_t now = rdy_clock_now();
    for (rdy_timer *timer; (timer = rdy_timer_wheel_expire(&wheel, now)) != NULL;)
        timers_expire((uint64_t)(timer - timers));
}
