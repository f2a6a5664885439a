#include "bench/micro/register.h"

#include <ev.h>
#include <unistd.h>

static ev_io watched[REGISTER_WATCHED];
static struct ev_loop *loop;
static unsigned readable;

static void on_readable(struct ev_loop *running, ev_io *watcher, int events)
{
    char byte;
    (void)running, (void)events;
    readable += read(watcher->fd, &byte, 1) == 1;
}

void register_open(const int *descriptors)
{
    loop = ev_loop_new(EVFLAG_AUTO);
    if (loop == NULL)
        micro_fail("ev_loop_new");
    for (unsigned i = 0; i < REGISTER_WATCHED; i++) {
        ev_io_init(&watched[i], on_readable, descriptors[i], EV_READ);
        ev_io_start(loop, &watched[i]);
    }
}

void register_round(enum register_turns turns)
{
    for (unsigned i = 0; i < REGISTER_WATCHED; i++) {
        ev_io_stop(loop, &watched[i]);
        if (turns == REGISTER_TURN_AFTER_HALF)
            register_turn();
        ev_io_start(loop, &watched[i]);
        if (turns != REGISTER_NO_TURN)
            register_turn();
    }
}

unsigned register_turn(void)
{
    readable = 0;
    ev_run(loop, EVRUN_NOWAIT);
    return readable;
}
