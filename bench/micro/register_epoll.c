#include "bench/micro/register.h"

#include <sys/epoll.h>
#include <unistd.h>

static const int *watched;
static int epoll;

static void add(unsigned i)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.u64 = i};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, watched[i], &event) < 0)
        micro_fail("epoll_ctl");
}

static void take_off(unsigned i)
{
    if (epoll_ctl(epoll, EPOLL_CTL_DEL, watched[i], NULL) < 0)
        micro_fail("epoll_ctl");
}

void register_open(const int *descriptors)
{
    watched = descriptors;
    epoll = epoll_create1(EPOLL_CLOEXEC);
    for (unsigned i = 0; i < REGISTER_WATCHED; i++)
        add(i);
}

void register_round(enum register_turns turns)
{
    for (unsigned i = 0; i < REGISTER_WATCHED; i++) {
        take_off(i);
        if (turns == REGISTER_TURN_AFTER_HALF)
            register_turn();
        add(i);
        if (turns != REGISTER_NO_TURN)
            register_turn();
    }
}

unsigned register_turn(void)
{
    struct epoll_event events[REGISTER_WATCHED];
    unsigned readable = 0;
    char byte;
    const int count = epoll_wait(epoll, events, REGISTER_WATCHED, 0);
    for (int i = 0; i < count; i++)
        readable += read(watched[events[i].data.u64], &byte, 1) == 1;
    return readable;
}
