#include "bench/micro/dispatch.h"

#include <event2/event.h>

static struct event_base *base;
static uint64_t hops, wanted;

static void on_readable(evutil_socket_t socket, short events, void *station)
{
    (void)socket, (void)events;
    hops += dispatch_pass(station);
    if (hops >= wanted)
        event_base_loopbreak(base);
}

void dispatch_open(const struct dispatch_station *stations, unsigned total)
{
    base = event_base_new();
    if (base == NULL)
        micro_fail("event_base_new");
    for (unsigned i = 0; i < total; i++) {
        void *station = (void *)(uintptr_t)&stations[i]; /* only read */
        struct event *event = event_new(base, stations[i].in, EV_READ | EV_PERSIST, on_readable, station);
        if (event == NULL || event_add(event, NULL) < 0)
            micro_fail("event_add");
    }
}

uint64_t dispatch_run(uint64_t goal)
{
    hops = 0;
    wanted = goal;
    event_base_loop(base, 0);
    return hops;
}
