#include "bench/micro/dispatch.h"

#include <ev.h>
#include <stdlib.h>

static struct ev_loop *loop;
static uint64_t hops, wanted;

static void on_readable(struct ev_loop *running, ev_io *watcher, int events)
{
    (void)events;
    hops += dispatch_pass(watcher->data);
    if (hops >= wanted)
        ev_break(running, EVBREAK_ONE);
}

void dispatch_open(const struct dispatch_station *stations, unsigned total)
{
    ev_io *watchers = calloc(total, sizeof *watchers);
    loop = ev_loop_new(EVFLAG_AUTO);
    if (watchers == NULL || loop == NULL)
        micro_fail("ev_loop_new");
    for (unsigned i = 0; i < total; i++) {
        ev_io_init(&watchers[i], on_readable, stations[i].in, EV_READ);
        watchers[i].data = (void *)(uintptr_t)&stations[i]; /* only read */
        ev_io_start(loop, &watchers[i]);
    }
}

uint64_t dispatch_run(uint64_t goal)
{
    hops = 0;
    wanted = goal;
    ev_run(loop, 0);
    return hops;
}
