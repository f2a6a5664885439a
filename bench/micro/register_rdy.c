#include "bench/micro/register.h"

#include <unistd.h>

#include "reactor/poll.h"

static rdy_source watched[REGISTER_WATCHED];
static rdy_poll *poll;
static rdy_registry *registry;
static rdy_events events;

static void add(unsigned i)
{
    micro_check("rdy_registry_register", rdy_registry_register(registry, &watched[i], i, RDY_READABLE));
}

void register_open(const int *descriptors)
{
    micro_check("rdy_poll_open", rdy_poll_open(NULL, &poll));
    micro_check("rdy_events_alloc", rdy_events_alloc(REGISTER_WATCHED, &events));
    registry = rdy_poll_registry(poll);
    for (unsigned i = 0; i < REGISTER_WATCHED; i++) {
        watched[i] = rdy_source_from_fd(descriptors[i]);
        add(i);
    }
}

void register_round(enum register_turns turns)
{
    for (unsigned i = 0; i < REGISTER_WATCHED; i++) {
        micro_check("rdy_registry_deregister", rdy_registry_deregister(registry, &watched[i]));
        if (turns == REGISTER_TURN_AFTER_HALF)
            register_turn();
        add(i);
        if (turns != REGISTER_NO_TURN)
            register_turn();
    }
}

unsigned register_turn(void)
{
    unsigned readable = 0;
    char byte;
    micro_check("rdy_poll_wait", rdy_poll_wait(poll, &events, 0));
    for (size_t i = 0; i < events.count; i++)
        readable += read(rdy_source_fd(&watched[events.items[i].token]), &byte, 1) == 1;
    return readable;
}
