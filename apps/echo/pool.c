#include "apps/echo/pool.h"

#include <errno.h>
#include <stddef.h>

#include "reactor/clock.h"

static const rdy_interest interest = RDY_READABLE | RDY_WRITABLE | RDY_PRIORITY;

static uint32_t milliseconds_of(int64_t ns)
{
    return (uint32_t)((ns + RDY_MILLISECOND - 1) / RDY_MILLISECOND);
}

void echo_pool_init(echo_pool *pool, int64_t quiet_ns)
{
    pool->quiet_ms = milliseconds_of(quiet_ns);
    rdy_slab_init(&pool->connections, sizeof(echo_connection));
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
    rdy_source_close(&connection->source);
    rdy_slab_remove(&pool->connections, token);
    echo_memory_give(&pool->exchange.memory, sizeof *connection);
    pool->left++;
    echo_counters_add(pool->exchange.counters, COUNT_CLOSED, 1);
}

int echo_pool_add(echo_pool *pool, rdy_source stream)
{
    rdy_token token = 0;
    echo_connection *const connection = rdy_slab_insert(&pool->connections, &token);
    if (connection == NULL)
        return -ENOMEM;
    echo_memory_take(&pool->exchange.memory, sizeof *connection);
    connection->source = stream;
    connection->active_ms = pool->exchange.now_ms;
    const int error = rdy_registry_register(pool->registry, &connection->source, token, interest);
    if (error != 0) {
        rdy_slab_remove(&pool->connections, token);
        echo_memory_give(&pool->exchange.memory, sizeof *connection);
        return error;
    }
    echo_counters_add(pool->exchange.counters, COUNT_ACCEPTED, 1);
    arm(pool, connection);
    return 0;
}

static bool remove_if_finished(echo_pool *pool, echo_connection *connection)
{
    const bool finished = connection->state == ECHO_FINISHED;
    if (finished)
        remove_connection(pool, connection);
    return finished;
}

/* The next wait tells again what holds now, behind what it tells of the others. */
static void ask_again(echo_pool *pool, echo_connection *connection)
{
    const rdy_token token = rdy_source_token(&connection->source);
    if (rdy_registry_reregister(pool->registry, &connection->source, token, interest) != 0)
        echo_connection_abandon(connection, &pool->exchange, COUNT_FAILED);
}

void echo_pool_follow_up(echo_pool *pool, echo_connection *connection)
{
    if (connection->state != ECHO_FINISHED)
        ask_again(pool, connection);
    (void)remove_if_finished(pool, connection);
}

/*
 * It has its turn at once: no event may tell of what arrived already, nor of a socket that is neither readable nor, for
 * want of room, writable.
 */
static void finish(echo_pool *pool, echo_connection *connection)
{
    echo_connection_finish(connection);
    if (!echo_connection_advance(connection, &pool->exchange) && connection->state != ECHO_FINISHED)
        ask_again(pool, connection);
}

/* A client that was silent while the server drains has said all: its output ends, and then it does. */
static void end_silent(echo_pool *pool, echo_connection *connection)
{
    if (connection->state == ECHO_LINGERING)
        echo_connection_end(connection, &pool->exchange);
    else if (connection->pending == NULL)
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
    while ((connection = rdy_slab_walk(&pool->connections, &cursor, &token)) != NULL) {
        finish(pool, connection);
        (void)remove_if_finished(pool, connection);
    }
}

void echo_pool_cut(echo_pool *pool)
{
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
