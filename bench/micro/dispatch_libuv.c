/*
 * uv_poll_t, which tells of readiness as the others do. A uv_pipe_t that reads with uv_read_start and writes with
 * uv_try_write takes 300 instructions for an event in place of 130, and is slower.
 */
#include "bench/micro/dispatch.h"

#include <stdlib.h>
#include <uv.h>

static const struct dispatch_station *ring;
static uv_poll_t *handles;
static uv_loop_t loop;
static uint64_t hops, wanted;

static void on_readable(uv_poll_t *handle, int status, int events)
{
    (void)status, (void)events;
    hops += dispatch_pass(&ring[handle - handles]);
    if (hops >= wanted)
        uv_stop(&loop);
}

void dispatch_open(const struct dispatch_station *stations, unsigned total)
{
    ring = stations;
    handles = calloc(total, sizeof *handles);
    if (handles == NULL || uv_loop_init(&loop) != 0)
        micro_fail("uv_loop_init");
    for (unsigned i = 0; i < total; i++)
        if (uv_poll_init(&loop, &handles[i], stations[i].in) != 0 ||
            uv_poll_start(&handles[i], UV_READABLE, on_readable) != 0)
            micro_fail("uv_poll_start");
}

uint64_t dispatch_run(uint64_t goal)
{
    hops = 0;
    wanted = goal;
    uv_run(&loop, UV_RUN_DEFAULT);
    return hops;
}
