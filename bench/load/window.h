#ifndef RDY_BENCH_LOAD_WINDOW_H
#define RDY_BENCH_LOAD_WINDOW_H

#include <stdint.h>
#include <sys/types.h>

#include "bench/load/server.h"

/* A stretch of time, and the processor time that the server and this program took in it. */
struct window {
    int64_t wall_ns;
    int64_t load_ns;
    struct server_time server;
};

/* 0, or a negative errno: there is no such process. */
int window_begin(struct window *window, pid_t server);
int window_end(struct window *window, pid_t server);

#endif
