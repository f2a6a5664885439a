#include "bench/micro/register.h"

#include <event2/event.h>
#include <unistd.h>

static struct event *watched[REGISTER_WATCHED];
static struct event_base *base;
static unsigned readable;

static void on_readable(evutil_socket_t socket, short events, void *nothing)
{
    char byte;
    (void)events, (void)nothing;
    readable += read(socket, &byte, 1) == 1;
}

static void add(unsigned i)
{
    if (event_add(watched[i], NULL) < 0)
        micro_fail("event_add");
}

void register_open(const int *descriptors)
{
    base = event_base_new();
    if (base == NULL)
        micro_fail("event_base_new");
    for (unsigned i = 0; i < REGISTER_WATCHED; i++) {
        watched[i] = event_new(base, descriptors[i], EV_READ | EV_PERSIST, on_readable, NULL);
        if (watched[i] == NULL)
            micro_fail("event_new");
        add(i);
    }
}

void register_round(enum register_turns turns)
{
    for (unsigned i = 0; i < REGISTER_WATCHED; i++) {
        event_del(watched[i]);
        if (turns == REGISTER_TURN_AFTER_HALF)
            register_turn();
        add(i);
        if (turns != REGISTER_NO_TURN)
            register_turn();
    }
}

unsigned register_turn(void)
{
    readable = 0;
    event_base_loop(base, EVLOOP_NONBLOCK);
    return readable;
}
