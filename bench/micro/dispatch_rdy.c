/*
 * The token of an event is the number of the station. RDY_BACKEND in the environment chooses the backend. On epoll a
 * station has an event for each arrival (dispatch.h); select does not see arrivals, and reports by level.
 */
#include "bench/micro/dispatch.h"

#include <stdlib.h>
#include <string.h>

#include "net/unix_stream.h"
#include "reactor/poll.h"

struct station {
    rdy_unix_stream in, out;
};

static struct station *ring;
static rdy_poll *poll;
static rdy_events events;

void dispatch_open(const struct dispatch_station *stations, unsigned total)
{
    ring = calloc(total, sizeof *ring);
    if (ring == NULL)
        micro_fail("calloc");
    micro_check("rdy_poll_open", rdy_poll_open(NULL, &poll));
    micro_check("rdy_events_alloc", rdy_events_alloc(DISPATCH_MOST_ACTIVE, &events));
    const rdy_interest trigger = strcmp(rdy_poll_backend(poll), "select") == 0 ? RDY_LEVEL : RDY_EDGE;
    for (unsigned i = 0; i < total; i++) {
        micro_check("rdy_unix_stream_from_fd", rdy_unix_stream_from_fd(stations[i].in, &ring[i].in));
        micro_check("rdy_unix_stream_from_fd", rdy_unix_stream_from_fd(stations[i].out, &ring[i].out));
        micro_check(
            "rdy_registry_register",
            rdy_registry_register(rdy_poll_registry(poll), &ring[i].in.source, i, RDY_READABLE | trigger));
    }
}

static unsigned pass(struct station *station)
{
    char token;
    const ptrdiff_t count = rdy_unix_stream_read(&station->in, &token, 1);
    if (count == -EAGAIN)
        return 0;
    if (count != 1)
        micro_wrong("a token was not read");
    if (rdy_unix_stream_write(&station->out, &token, 1) != 1)
        micro_wrong("a token was not written");
    return 1;
}

uint64_t dispatch_run(uint64_t goal)
{
    uint64_t hops = 0;
    while (hops < goal) {
        micro_check("rdy_poll_wait", rdy_poll_wait(poll, &events, RDY_FOREVER));
        for (size_t i = 0; i < events.count; i++)
            hops += pass(&ring[events.items[i].token]);
    }
    return hops;
}
