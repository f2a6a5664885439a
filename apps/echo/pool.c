#include "apps/echo/pool.h"

#include <errno.h>
#include <stddef.h>

#include "reactor/clock.h"

static uint32_t milliseconds_of(int64_t ns)
{
    return (uint32_t)((ns + RDY_MILLISECOND - 1) / RDY_MILLISECOND);
}

void echo_pool_init(echo_pool *pool, int64_t quiet_ns)
{
    pool->quiet_ms = milliseconds_of(quiet_ns);
    rdy_slab_init(&pool->connections, sizeof(echo_connection));
}

static bool is_waiting(const echo_connection *connection)
{
    return connection->next_waiting != NULL;
}

static void wait_for_turn(echo_pool *pool, echo_connection *connection)
{
    echo_connection *const last = pool->last_waiting;
    connection->next_waiting = last == NULL ? connection : last->next_waiting;
    if (last != NULL)
        last->next_waiting = connection;
    pool->last_waiting = connection;
}

static echo_connection *take_first_waiting(echo_pool *pool)
{
    echo_connection *const last = pool->last_waiting;
    echo_connection *const first = last->next_waiting;
    last->next_waiting = first->next_waiting;
    first->next_waiting = NULL;
    if (first == last)
        pool->last_waiting = NULL;
    return first;
}

/* The timer comes when more than the whole silence is over: the clock in milliseconds may round it up by one.
 */
static void arm(echo_pool *pool, echo_connection *connection)
{
    if (pool->quiet_ms == 0)
        return;
    const uint32_t silent_ms = pool->exchange.now_ms - connection->active_ms;
    const uint32_t left_ms = silent_ms > pool->quiet_ms ? pool->quiet_ms : pool->quiet_ms - silent_ms;
    rdy_timer_wheel_arm(pool->wheel, &connection->quiet,
                        rdy_clock_after(pool->exchange.now_ns, (left_ms + INT64_C(1)) * RDY_MILLISECOND));
}

static void remove_connection(echo_pool *pool, echo_connection *connection)
{
    const rdy_token token = rdy_source_token(&connection->source);
    rdy_timer_wheel_cancel(pool->wheel, &connection->quiet);
    rdy_buffer_free(&connection->pending);
    rdy_source_close(&connection->source);
    rdy_slab_remove(&pool->connections, token);
    pool->left++;
    echo_counters_add(pool->exchange.counters, COUNT_CLOSED, 1);
}

int echo_pool_add(echo_pool *pool, rdy_source stream)
{
    rdy_token token = 0;
    echo_connection *const connection = rdy_slab_insert(&pool->connections, &token);
    if (connection == NULL) {
        rdy_source_close(&stream);
        return -ENOMEM;
    }
    connection->source = stream;
    connection->active_ms = pool->exchange.now_ms;
    const int error = rdy_registry_register(pool->registry, &connection->source, token,
                                            RDY_READABLE | RDY_WRITABLE | RDY_PRIORITY);
    if (error != 0) {
        rdy_source_close(&connection->source);
        rdy_slab_remove(&pool->connections, token);
        return error;
    }
    echo_counters_add(pool->exchange.counters, COUNT_ACCEPTED, 1);
    arm(pool, connection);
    return 0;
}

/* One turn; a client that can go on after it queues up behind the others. */
static void serve(echo_pool *pool, echo_connection *connection)
{
    const bool more = echo_connection_advance(connection, &pool->exchange);
    if (connection->state == ECHO_FINISHED)
        remove_connection(pool, connection);
    else if (more)
        wait_for_turn(pool, connection);
}

void echo_pool_on_event(echo_pool *pool, rdy_event event)
{
    echo_connection *const connection = rdy_slab_get(&pool->connections, event.token);
    if (connection == NULL)
        return; /* it was closed earlier in this turn */
    echo_connection_tell(connection, event);
    if (!is_waiting(connection))
        serve(pool, connection);
}

void echo_pool_serve_waiting(echo_pool *pool)
{
    const echo_connection *const last = pool->last_waiting;
    bool more = last != NULL;
    while (more) {
        echo_connection *const connection = take_first_waiting(pool);
        more = connection != last; /* those that queue up again meanwhile have the next turn */
        serve(pool, connection);
    }
}

/* Closes a client that is finished; one in the ring leaves it with its turn. */
static bool remove_if_finished(echo_pool *pool, echo_connection *connection)
{
    const bool finished = connection->state == ECHO_FINISHED && !is_waiting(connection);
    if (finished)
        remove_connection(pool, connection);
    return finished;
}

/* The turn reads what arrived already, of which no event may tell again. */
static void finish(echo_pool *pool, echo_connection *connection)
{
    echo_connection_finish(connection);
    if (!is_waiting(connection))
        wait_for_turn(pool, connection);
}

/* A client that was silent while the server drains has said all: its output ends, and then it does. */
static void end_silent(echo_pool *pool, echo_connection *connection)
{
    if (connection->state == ECHO_LINGERING)
        echo_connection_end(connection, &pool->exchange);
    else if (connection->pending.count == 0)
        finish(pool, connection);
}

void echo_pool_on_timer(echo_pool *pool, rdy_timer *timer)
{
    echo_connection *const connection =
        (echo_connection *)(void *)((char *)timer - offsetof(echo_connection, quiet));
    const uint32_t silent_ms = pool->exchange.now_ms - connection->active_ms;
    if (silent_ms > pool->quiet_ms && pool->draining)
        end_silent(pool, connection);
    else if (silent_ms > pool->quiet_ms)
        echo_connection_abandon(connection, &pool->exchange, COUNT_IDLE);
    if (!remove_if_finished(pool, connection))
        arm(pool, connection);
}

void echo_pool_drain(echo_pool *pool, int64_t quiet_ns)
{
    pool->draining = true;
    pool->quiet_ms = milliseconds_of(quiet_ns);

    size_t cursor = 0;
    rdy_token token;
    echo_connection *connection;
    while ((connection = rdy_slab_walk(&pool->connections, &cursor, &token)) != NULL) {
        connection->active_ms = pool->exchange.now_ms;
        arm(pool, connection);
    }
}

void echo_pool_finish(echo_pool *pool)
{
    size_t cursor = 0;
    rdy_token token;
    echo_connection *connection;
    while ((connection = rdy_slab_walk(&pool->connections, &cursor, &token)) != NULL)
        finish(pool, connection);
}

void echo_pool_cut(echo_pool *pool)
{
    pool->last_waiting = NULL;

    size_t cursor = 0;
    rdy_token token;
    echo_connection *connection;
    while ((connection = rdy_slab_walk(&pool->connections, &cursor, &token)) != NULL) {
        if (connection->state != ECHO_FINISHED)
            echo_connection_abandon(connection, &pool->exchange, COUNT_CUT);
        remove_connection(pool, connection);
    }
}

void echo_pool_free(echo_pool *pool)
{
    echo_pool_cut(pool);
    rdy_slab_free(&pool->connections);
}
