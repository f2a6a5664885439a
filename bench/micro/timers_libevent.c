/* Events of the caller's own memory, as in the others: event_assign in place of event_new. */
#include "bench/micro/timers.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>

static struct event *timers;
static struct event_base *base;

static void on_timer(evutil_socket_t socket, short events, void *timer)
{
    (void)socket, (void)events;
    timers_expire((uint64_t)((struct event *)timer - timers));
}

void timers_open(unsigned count)
{
    timers = calloc(count, sizeof *timers);
    base = event_base_new();
    if (timers == NULL || base == NULL)
        micro_fail("event_base_new");
    for (unsigned i = 0; i < count; i++)
        evtimer_assign(&timers[i], base, on_timer, &timers[i]);
}

void timers_insert(const int64_t *delays, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const int64_t microseconds = (delays[i] + 999) / 1000;
        const struct timeval delay = {microseconds / 1000000, microseconds % 1000000};
        evtimer_add(&timers[i], &delay);
    }
}

void timers_cancel(const unsigned *places, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        evtimer_del(&timers[places[i]]);
}

void timers_turn(void)
{
    event_base_loop(base, EVLOOP_NONBLOCK);
}
