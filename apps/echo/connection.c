#include "apps/echo/connection.h"

#include <errno.h>
#include <sys/socket.h>

#include "net/stream.h"
#include "net/tcp_stream.h"

/* A client that sends without end must leave its turn to the others (readiness has no fairness of its own).
 */
#define READS_PER_TURN 4

/* A read that finds nothing has passed the mark of urgent data: then a message costs one read again. */
#define NOT_URGENT ((uint8_t)~RDY_EVENT_PRIORITY)

/* Has no effect on a Unix stream, which knows no reset. */
static void reset_when_closed(const echo_connection *connection)
{
    rdy_tcp_stream stream = {.source = connection->source};
    (void)rdy_tcp_stream_set_linger(&stream, 0);
}

void echo_connection_abandon(echo_connection *connection, echo_exchange *exchange, echo_count why)
{
    echo_counters_add(exchange->counters, why, 1);
    if (connection->lost || connection->pending.count > 0)
        reset_when_closed(connection); /* as Linux does by itself when bytes are unread */
    rdy_buffer_free(&connection->pending);
    connection->state = ECHO_FINISHED;
}

void echo_connection_end(echo_connection *connection, echo_exchange *exchange)
{
    if (connection->lost)
        echo_connection_abandon(connection, exchange, COUNT_CUT);
    connection->state = ECHO_FINISHED;
}

/* Counts what a write moved, given what was to be written before it. */
static void note_written(echo_connection *connection, echo_exchange *exchange, size_t before)
{
    const size_t written = before - connection->pending.count;
    echo_counters_add(exchange->counters, COUNT_WRITES, 1);
    echo_counters_add(exchange->counters, COUNT_BYTES_OUT, written);
    if (written > 0)
        connection->active_ms = exchange->now_ms;
}

static void flush(echo_connection *connection, echo_exchange *exchange)
{
    const size_t before = connection->pending.count;
    const int error = rdy_buffer_flush(&connection->pending, &connection->source);
    note_written(connection, exchange, before);
    if (error != 0 && error != -EAGAIN) {
        echo_connection_abandon(connection, exchange, COUNT_FAILED);
        return;
    }
    if (connection->pending.count <= exchange->limit / 2)
        connection->stalled = false;
}

static void stall(echo_connection *connection, echo_exchange *exchange)
{
    connection->stalled = true;
    rdy_source_defer(&connection->source);
    echo_counters_add(exchange->counters, COUNT_STALLS, 1);
    if (connection->state == ECHO_FINISHING)
        connection->state = ECHO_ECHOING;
}

static void echo_back(echo_connection *connection, echo_exchange *exchange, size_t count)
{
    const size_t before = connection->pending.count;
    const int error = rdy_buffer_send(&connection->pending, &connection->source, exchange->scratch, count);
    note_written(connection, exchange, before + count);
    if (error != 0) {
        connection->lost = true;
        echo_connection_abandon(connection, exchange, COUNT_FAILED);
        return;
    }
    if (connection->pending.count >= exchange->limit)
        stall(connection, exchange);
}

/* What is asked for fits in what the limit leaves, so that pending never exceeds it. */
static size_t room_for_read(const echo_connection *connection, const echo_exchange *exchange)
{
    const size_t room = exchange->limit - connection->pending.count;
    return room < exchange->scratch_size ? room : exchange->scratch_size;
}

static void take_in(echo_connection *connection, echo_exchange *exchange, size_t count, size_t wanted)
{
    const rdy_event told = {.token = rdy_source_token(&connection->source), .flags = connection->told};
    connection->readable = !rdy_event_is_drained(told, (ptrdiff_t)count, wanted);
    connection->active_ms = exchange->now_ms;
    echo_counters_add(exchange->counters, COUNT_BYTES_IN, count);
    if (connection->state == ECHO_LINGERING)
        connection->lost = true;
    else
        echo_back(connection, exchange, count);
}

static void read_once(echo_connection *connection, echo_exchange *exchange)
{
    const size_t wanted = room_for_read(connection, exchange);
    const ptrdiff_t count = rdy_stream_read(&connection->source, exchange->scratch, wanted);
    echo_counters_add(exchange->counters, COUNT_READS, 1);
    if (count > 0) {
        take_in(connection, exchange, (size_t)count, wanted);
        return;
    }
    connection->readable = false;
    if (count == -EAGAIN)
        connection->told &= NOT_URGENT;
    else if (count < 0)
        echo_connection_abandon(connection, exchange, COUNT_FAILED);
    else if (connection->state == ECHO_LINGERING)
        echo_connection_end(connection, exchange);
    else
        connection->state = ECHO_ENDING;
}

static bool can_read(const echo_connection *connection)
{
    return connection->state <= ECHO_LINGERING && connection->readable && !connection->stalled;
}

/* Once nothing is pending, our side can end; a FINISHING one first reads what is there. */
static void end_if_written(echo_connection *connection, echo_exchange *exchange)
{
    if (connection->pending.count > 0)
        return;
    if (connection->state == ECHO_ENDING)
        connection->state = ECHO_FINISHED;
    if (connection->state != ECHO_FINISHING || connection->readable)
        return;
    connection->state = ECHO_LINGERING;
    if (rdy_stream_shutdown(&connection->source, SHUT_WR) != 0)
        echo_connection_abandon(connection, exchange, COUNT_FAILED);
}

bool echo_connection_advance(echo_connection *connection, echo_exchange *exchange)
{
    if (connection->pending.count > 0)
        flush(connection, exchange);
    for (int i = 0; i < READS_PER_TURN && can_read(connection); i++)
        read_once(connection, exchange);
    end_if_written(connection, exchange);
    return can_read(connection);
}

void echo_connection_finish(echo_connection *connection)
{
    if (connection->state != ECHO_ECHOING || connection->stalled)
        return;
    connection->state = ECHO_FINISHING;
    connection->readable = true; /* only a read can tell what is there: its event may be still to come */
}
