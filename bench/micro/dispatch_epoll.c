#include "bench/micro/dispatch.h"

#include <sys/epoll.h>

static const struct dispatch_station *ring;
static int epoll;

void dispatch_open(const struct dispatch_station *stations, unsigned total)
{
    ring = stations;
    epoll = epoll_create1(EPOLL_CLOEXEC);
    for (unsigned i = 0; i < total; i++) {
        struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.u64 = i};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, stations[i].in, &event) < 0)
            micro_fail("epoll_ctl");
    }
}

uint64_t dispatch_run(uint64_t goal)
{
    struct epoll_event events[DISPATCH_MOST_ACTIVE];
    uint64_t hops = 0;
    while (hops < goal) {
        const int count = epoll_wait(epoll, events, DISPATCH_MOST_ACTIVE, -1);
        for (int i = 0; i < count; i++)
            hops += dispatch_pass(&ring[events[i].data.u64]);
    }
    return hops;
}
