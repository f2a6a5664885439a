#ifndef RDY_APPS_ECHO_SHARED_H
#define RDY_APPS_ECHO_SHARED_H

/* What the workers know of each other. Every function may be called from any of them. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "apps/echo/config.h"
#include "apps/echo/counters.h"
#include "reactor/waker.h"

/* Only ever moves on to a later one. */
typedef enum echo_phase {
    ECHO_SERVING,
    ECHO_DRAINING, /* no new clients; those that are there finish */
    ECHO_STOPPING, /* nobody finishes */
} echo_phase;

/* What a worker that does not accept waits for. A client that leaves gives both. */
typedef enum echo_need {
    NEED_NOTHING,
    NEED_PLACE,  /* --max-connections is reached */
    NEED_SYSTEM, /* no descriptor or memory is left */
} echo_need;

typedef struct echo_member {
    rdy_waker *waker;
    echo_counters *counters;
    atomic_int need; /* echo_need */
} echo_member;

typedef struct echo_shared {
    const echo_config *config;
    echo_member members[ECHO_WORKERS_MAX];
    size_t member_count;
    atomic_size_t clients; /* of all workers, and places taken for a client that is being accepted */
    atomic_int phase;      /* echo_phase */
    atomic_size_t threads; /* that run beside the main one, which ends last as the signals are its own */
    atomic_bool failed;
} echo_shared;

/* Takes a place for a client; false when --max-connections has none. */
bool echo_shared_admit(echo_shared *shared);

/* Gives a place back that no client took, and wakes the workers that need one. */
void echo_shared_return(echo_shared *shared);

/* Clients have left: gives their places back and wakes all workers that need something. */
void echo_shared_leave(echo_shared *shared, size_t clients);

bool echo_shared_has_room(echo_shared *shared);

/* A thread beside the main one ends. */
void echo_shared_end_thread(echo_shared *shared);

/* Moves on to a later phase and tells everybody. */
void echo_shared_enter(echo_shared *shared, echo_phase phase);

/* As enter, after a failure: it shows in the exit status. Whether it is the first, which is worth a message. */
bool echo_shared_fail(echo_shared *shared, echo_phase phase);

#endif
