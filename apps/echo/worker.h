#ifndef RDY_APPS_ECHO_WORKER_H
#define RDY_APPS_ECHO_WORKER_H

/* One thread, one poll, the listeners and clients that it serves. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/echo/listener.h"
#include "apps/echo/pool.h"
#include "apps/echo/shared.h"
#include "reactor/poll.h"
#include "reactor/signals.h"
#include "reactor/timer_wheel.h"

#define ECHO_SCRATCH_SIZE ((size_t)64 * 1024)

/* Smaller than any token of the clients, which a slab gives out. */
enum {
    TOKEN_WAKER,
    TOKEN_SIGNALS,
    TOKEN_LISTENERS,
    TOKEN_CLIENTS = TOKEN_LISTENERS + ECHO_LISTENERS_MAX,
};

typedef struct echo_worker {
    echo_shared *shared;
    echo_member *self;
    rdy_poll *poll;
    rdy_events events;
    rdy_timer_wheel wheel;
    echo_counters counters;
    echo_pool pool;
    echo_listener listeners[ECHO_LISTENERS_MAX];
    size_t listener_count;
    rdy_signals signals; /* closed in all but the first worker */
    rdy_timer retry;     /* accepts again after the system had no descriptor or memory */
    rdy_timer drain;     /* the next step of the drain */
    int64_t drain_end_ns;
    bool leads; /* it has the signals, and ends last */
    bool draining;
    bool finishing; /* half of the drain timeout is over */
    bool broken;    /* it cannot wait */
    bool done;
    unsigned char scratch[ECHO_SCRATCH_SIZE];
} echo_worker;

/*
 * Opens the poll of a zeroed worker and adds the worker to `shared`, which must not move any more. 0 or a
 * negative errno of rdy_poll_open; close the worker in any case.
 */
int echo_worker_open(echo_worker *worker, echo_shared *shared);

/* Listens on one more address, as echo_listener_open. */
int echo_worker_listen(echo_worker *worker, rdy_address *address);

/* Takes SIGTERM, SIGINT and SIGUSR1 over. For one worker of the process. */
int echo_worker_take_signals(echo_worker *worker);

/* Serves until the end of the drain. */
void echo_worker_run(echo_worker *worker);

void echo_worker_close(echo_worker *worker);

#endif
