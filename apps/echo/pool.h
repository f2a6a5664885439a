#ifndef RDY_APPS_ECHO_POOL_H
#define RDY_APPS_ECHO_POOL_H

/* The clients of one worker: their places and their timers. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/echo/connection.h"
#include "reactor/registry.h"
#include "reactor/slab.h"
#include "reactor/timer_wheel.h"

typedef struct echo_pool {
    echo_exchange exchange;
    rdy_registry *registry;
    rdy_timer_wheel *wheel;
    rdy_slab connections;
    uint32_t quiet_ms; /* after how much silence a client is looked at; 0 for never */
    size_t left;       /* clients that are gone and whose places echo_pool_take_left has not told */
    bool draining;
} echo_pool;

/* The longest silence in nanoseconds, well below the 49 days after which the milliseconds begin anew. */
#define ECHO_SILENCE_MAX (INT64_C(500) * 3600 * RDY_SECOND)

/*
 * Begins a pool whose `exchange`, `registry` and `wheel` are filled in. Clients that are silent for
 * `quiet_ns`, at most ECHO_SILENCE_MAX, are closed; 0 for never.
 */
void echo_pool_init(echo_pool *pool, int64_t quiet_ns);

/* Takes over a stream. 0 on success, else a negative errno; the stream is then still the caller's. */
int echo_pool_add(echo_pool *pool, rdy_source stream);

/* Does what a turn leaves to do: the client is finished, or can read on without an event. */
void echo_pool_follow_up(echo_pool *pool, echo_connection *connection);

/* Gives the client its turn. Inline, as nearly every event of a worker comes here. */
static inline void echo_pool_on_event(echo_pool *pool, rdy_event event)
{
    echo_connection *const connection = rdy_slab_get(&pool->connections, event.token);
    if (connection == NULL)
        return; /* it was closed earlier in this turn */
    echo_connection_tell(connection, event);
    if (!echo_connection_advance(connection, &pool->exchange))
        echo_pool_follow_up(pool, connection);
}

void echo_pool_on_timer(echo_pool *pool, rdy_timer *timer);

/* From now on a client that is silent for `quiet_ns` is shut down, then closed when it ends or stays silent.
 */
void echo_pool_drain(echo_pool *pool, int64_t quiet_ns);

/* Asks all clients to finish: what they sent already is echoed, and no more. */
void echo_pool_finish(echo_pool *pool);

/* Closes all clients as they are. */
void echo_pool_cut(echo_pool *pool);

/* How many clients have gone since the last call. */
static inline size_t echo_pool_take_left(echo_pool *pool)
{
    const size_t left = pool->left;
    pool->left = 0;
    return left;
}

void echo_pool_free(echo_pool *pool);

#endif
