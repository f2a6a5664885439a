/* An eventfd with edges, which nobody has to read. */
#include "bench/micro/wake.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct wake_loop {
    int epoll, event;
};

struct wake_loop *wake_open(int64_t spin_ns)
{
    struct epoll_event interest = {.events = EPOLLIN | EPOLLET};
    if (spin_ns != 0)
        return NULL;
    struct wake_loop *loop = malloc(sizeof *loop);
    if (loop == NULL)
        micro_fail("malloc");
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, loop->event, &interest) < 0)
        micro_fail("epoll_ctl");
    return loop;
}

void wake_loop_up(struct wake_loop *loop)
{
    const uint64_t one = 1;
    if (write(loop->event, &one, sizeof one) != sizeof one)
        micro_fail("write");
}

uint64_t wake_run(struct wake_loop *loop, struct wake_loop *peer, uint64_t goal, const atomic_bool *over)
{
    struct epoll_event events[16];
    uint64_t seen = 0;
    do {
        const int count = epoll_wait(loop->epoll, events, 16, -1);
        for (int i = 0; i < count; i++) {
            seen++;
            if (peer != NULL)
                wake_loop_up(peer);
        }
    } while (!wake_is_over(seen, goal, over));
    return seen;
}
