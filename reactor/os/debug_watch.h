#ifndef RDY_REACTOR_OS_DEBUG_WATCH_H
#define RDY_REACTOR_OS_DEBUG_WATCH_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "reactor/os/backend.h"
#include "reactor/os/debug_table.h"

/*
 * What watches one poll. It stands between the registry and a backend that it owns, and outlives the poll for as long
 * as sources that were registered hold on to the registry.
 */
struct rdy_debug_watch {
    const struct rdy_backend *inner;
    void *inner_state;
    pthread_mutex_t *lock; /* the registry's; guards the next one, and the table until the poll is closed */
    int waiting;           /* threads */
    struct rdy_debug_table table;
    atomic_uint reported[RDY_CALLS]; /* what was refused: a bit for each of `reasons` */

    unsigned long process_mark;
    bool closed; /* this, the next two, and then the table, are guarded by the lock of all watches */
    struct rdy_debug_state *owner;
    struct rdy_debug_watch *next;
};

/* What lies in the registry: the watch, or NULL once it is gone. */
struct rdy_debug_state {
    struct rdy_debug_watch *watch;
};

/* Gives the watch to the registry. From now on it is one of all watches. */
void rdy_debug_watch_begin(struct rdy_debug_watch *watch, struct rdy_debug_state *owner);

/* The poll is closed: the watch goes, now or with the last source. `inherited`: by a child of fork(2). */
void rdy_debug_watch_end(struct rdy_debug_watch *watch, bool inherited);

/* A source gave its reference to the registry back after the poll was closed. */
void rdy_debug_watch_return(struct rdy_debug_state *owner, int fd);

#endif
