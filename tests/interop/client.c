#include "client.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <reactor/clock.h>

#define GENEROUS (60 * RDY_SECOND)

void must(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "failed: %s\n", what);
        exit(EXIT_FAILURE);
    }
}

bool (*client_refuses)(const void *context);

int client_add(struct loop *loop, int fd, rdy_interest conditions,
               void (*ready)(struct loop_watch *watch, rdy_event event), void *context,
               struct loop_watch **watch)
{
    if (client_refuses != NULL && client_refuses(context))
        return -ENOMEM;
    return loop_add(loop, fd, conditions, ready, context, watch);
}

void client_open(const char *mode, struct loop *loop)
{
    signal(SIGPIPE, SIG_IGN); /* c-ares and hiredis write to sockets that the server may have closed */
    must(loop_open(strcmp(mode, "level") == 0 ? RDY_LEVEL : RDY_EDGE, NULL, loop) == 0, "a loop opens");
    loop->rearms = strcmp(mode, "edge without re-arming") != 0;
    printf("{\"backend\": \"%s\"}\n", rdy_poll_backend(loop->poll));
}

void client_close(struct loop *loop)
{
    must(rdy_slab_count(&loop->watches) == 0, "every watch is gone");
    must(rdy_timer_wheel_next(&loop->wheel) == RDY_NEVER, "every timer is gone");
    loop_close(loop);
}

bool client_turn_until_none(struct loop *loop, const int *left, int64_t patience_ns)
{
    while (*left > 0) {
        const int64_t begin = rdy_clock_now();
        const int count = loop_turn(loop, patience_ns);
        must(count >= 0, "the loop turns");
        if (count == 0 && rdy_clock_now() - begin >= patience_ns)
            return false;
    }
    return true;
}

void client_finish(struct loop *loop, const int *left)
{
    must(client_turn_until_none(loop, left, GENEROUS), "nothing stalls");
}

uint32_t client_checksum(uint32_t sum, const void *bytes, size_t size)
{
    enum { MODULUS = 65521, MOST = 5552 }; /* so many bytes fit before a 32-bit sum overflows */
    const unsigned char *next = bytes;
    uint32_t low = sum & 0xffff, high = sum >> 16;
    while (size > 0) {
        const size_t piece = size < MOST ? size : MOST;
        for (size_t i = 0; i < piece; i++)
            high += low += next[i];
        low %= MODULUS;
        high %= MODULUS;
        next += piece;
        size -= piece;
    }
    return high << 16 | low;
}

void client_report(const char *scenario, const char *amount, const char *result, int64_t begin_ns)
{
    printf("{\"scenario\": \"%s\", \"amount\": \"%s\", \"result\": \"%s\", \"ms\": %" PRId64 "}\n", scenario,
           amount, result, (rdy_clock_now() - begin_ns) / RDY_MILLISECOND);
}
