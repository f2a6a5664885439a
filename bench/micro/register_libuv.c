#include "bench/micro/register.h"

#include <unistd.h>
#include <uv.h>

static uv_poll_t watched[REGISTER_WATCHED];
static uv_loop_t loop;
static unsigned readable;

static void on_readable(uv_poll_t *handle, int status, int events)
{
    char byte;
    uv_os_fd_t descriptor;
    (void)status, (void)events;
    uv_fileno((uv_handle_t *)handle, &descriptor);
    readable += read(descriptor, &byte, 1) == 1;
}

static void add(unsigned i)
{
    if (uv_poll_start(&watched[i], UV_READABLE, on_readable) != 0)
        micro_fail("uv_poll_start");
}

void register_open(const int *descriptors)
{
    if (uv_loop_init(&loop) != 0)
        micro_fail("uv_loop_init");
    for (unsigned i = 0; i < REGISTER_WATCHED; i++) {
        if (uv_poll_init(&loop, &watched[i], descriptors[i]) != 0)
            micro_fail("uv_poll_init");
        add(i);
    }
}

void register_round(enum register_turns turns)
{
    for (unsigned i = 0; i < REGISTER_WATCHED; i++) {
        uv_poll_stop(&watched[i]);
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
    uv_run(&loop, UV_RUN_NOWAIT);
    return readable;
}
