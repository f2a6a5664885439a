#include "apps/echo/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "net/stream.h"
#include "net/tcp_stream.h"

/* A client that sends without end must leave its turn to the others (readiness has no fairness of its own).
 */
#define READS_PER_TURN 4

/* Not what a message usually comes to: a call of its own keeps it out of the way. */
#define RARE __attribute__((cold, noinline))

void echo_exchange_publish(echo_exchange *exchange)
{
    const echo_tally *const tally = &exchange->tally;
    echo_counters_set(exchange->counters, COUNT_READS, tally->reads);
    echo_counters_set(exchange->counters, COUNT_BYTES_IN, tally->bytes_in);
    echo_counters_set(exchange->counters, COUNT_WRITES, tally->writes);
    echo_counters_set(exchange->counters, COUNT_BYTES_OUT, tally->bytes_out);
}

static void forget(echo_connection *connection, uint32_t flags)
{
    connection->told &= (uint8_t)~flags;
}

/* `capacity`: what pending had; writing all of it has freed that. */
static void drop_pending(echo_connection *connection, echo_exchange *exchange, size_t capacity)
{
    rdy_buffer_free(connection->pending);
    free(connection->pending);
    connection->pending = NULL;
    echo_memory_give(&exchange->memory, capacity);
}

/* Has no effect on a Unix stream, which knows no reset. */
static void reset_when_closed(const echo_connection *connection)
{
    rdy_tcp_stream stream = {.source = connection->source};
    (void)rdy_tcp_stream_set_linger(&stream, 0);
}

void echo_connection_abandon(echo_connection *connection, echo_exchange *exchange, echo_count why)
{
    echo_counters_add(exchange->counters, why, 1);
    if (connection->lost || connection->pending != NULL)
        reset_when_closed(connection); /* as Linux does by itself when bytes are unread */
    if (connection->pending != NULL)
        drop_pending(connection, exchange, connection->pending->capacity);
    connection->state = ECHO_FINISHED;
}

void echo_connection_end(echo_connection *connection, echo_exchange *exchange)
{
    if (connection->lost)
        echo_connection_abandon(connection, exchange, COUNT_CUT);
    connection->state = ECHO_FINISHED;
}

RARE static void flush(echo_connection *connection, echo_exchange *exchange)
{
    const size_t before = connection->pending->count;
    const size_t capacity = connection->pending->capacity;
    const int error = rdy_buffer_flush(connection->pending, &connection->source);
    const size_t left = connection->pending->count;
    exchange->tally.writes++;
    exchange->tally.bytes_out += before - left;
    if (left < before)
        connection->active_ms = exchange->now_ms;
    if (left <= exchange->limit / 2)
        connection->stalled = false;
    if (left == 0)
        drop_pending(connection, exchange, capacity);
    if (error != 0 && error != -EAGAIN)
        echo_connection_abandon(connection, exchange, COUNT_FAILED);
}

static void stall(echo_connection *connection, echo_exchange *exchange)
{
    connection->stalled = true;
    rdy_source_defer(&connection->source);
    echo_counters_add(exchange->counters, COUNT_STALLS, 1);
    if (connection->state == ECHO_FINISHING)
        connection->state = ECHO_ECHOING;
}

static int append(echo_connection *connection, echo_exchange *exchange, const unsigned char *bytes,
                  size_t size)
{
    if (connection->pending == NULL)
        connection->pending = calloc(1, sizeof *connection->pending);
    if (connection->pending == NULL)
        return -ENOMEM;
    const size_t capacity = connection->pending->capacity;
    const int error = rdy_buffer_append(connection->pending, bytes, size);
    echo_memory_take(&exchange->memory, connection->pending->capacity - capacity);
    return error;
}

/* Of `count` bytes that were to be written `sent` were; or it is an error. */
RARE static void keep_rest(echo_connection *connection, echo_exchange *exchange, ptrdiff_t sent, size_t count)
{
    const size_t taken = sent < 0 ? 0 : (size_t)sent;
    int error = sent < 0 && sent != -EAGAIN ? (int)sent : 0;
    if (error == 0)
        error = append(connection, exchange, exchange->scratch + taken, count - taken);
    if (error != 0) {
        connection->lost = true;
        echo_connection_abandon(connection, exchange, COUNT_FAILED);
    } else if (connection->pending->count >= exchange->limit) {
        stall(connection, exchange);
    }
    exchange->tally.bytes_out += taken;
}

static inline void write_through(echo_connection *connection, echo_exchange *exchange, size_t count)
{
    const ptrdiff_t sent = rdy_stream_write(&connection->source, exchange->scratch, count);
    exchange->tally.writes++;
    if (sent == (ptrdiff_t)count)
        exchange->tally.bytes_out += count;
    else
        keep_rest(connection, exchange, sent, count);
}

static void echo_back(echo_connection *connection, echo_exchange *exchange, size_t count)
{
    if (connection->state == ECHO_LINGERING)
        connection->lost = true;
    else if (connection->pending != NULL)
        keep_rest(connection, exchange, 0, count);
    else
        write_through(connection, exchange, count);
}

/* What is asked for fits in what the limit leaves, so that pending never exceeds it. */
static size_t room_for_read(const echo_connection *connection, const echo_exchange *exchange)
{
    const size_t room = exchange->limit - (connection->pending == NULL ? 0 : connection->pending->count);
    return room < exchange->scratch_size ? room : exchange->scratch_size;
}

/* A read that found nothing has also passed the mark of urgent data: then a message costs one read again. */
RARE static void stop_reading(echo_connection *connection, echo_exchange *exchange, ptrdiff_t result)
{
    forget(connection, RDY_EVENT_READABLE);
    if (result == -EAGAIN)
        forget(connection, RDY_EVENT_PRIORITY);
    else if (result < 0)
        echo_connection_abandon(connection, exchange, COUNT_FAILED);
    else if (connection->state == ECHO_LINGERING)
        echo_connection_end(connection, exchange);
    else
        connection->state = ECHO_ENDING;
}

/* `clear`: as is_clear, which nearly every read finds and which spares it all other questions. */
static inline void read_once(echo_connection *connection, echo_exchange *exchange, bool clear)
{
    const size_t wanted = clear ? exchange->scratch_size : room_for_read(connection, exchange);
    const ptrdiff_t count = rdy_stream_read(&connection->source, exchange->scratch, wanted);
    exchange->tally.reads++;
    if (count <= 0) {
        stop_reading(connection, exchange, count);
        return;
    }
    const rdy_event told = {.flags = connection->told};
    if (rdy_event_is_drained(told, count, wanted))
        forget(connection, RDY_EVENT_READABLE);
    connection->active_ms = exchange->now_ms;
    exchange->tally.bytes_in += (size_t)count;
    if (clear)
        write_through(connection, exchange, (size_t)count);
    else
        echo_back(connection, exchange, (size_t)count);
}

static bool is_readable(const echo_connection *connection)
{
    return (connection->told & RDY_EVENT_READABLE) != 0;
}

static bool can_read(const echo_connection *connection)
{
    return is_readable(connection) && connection->state <= ECHO_LINGERING && !connection->stalled;
}

/* Once nothing is pending, our side can end; a FINISHING one first reads what is there. */
static void end_if_asked(echo_connection *connection, echo_exchange *exchange)
{
    if (connection->state == ECHO_ENDING)
        connection->state = ECHO_FINISHED;
    if (connection->state != ECHO_FINISHING || is_readable(connection))
        return;
    connection->state = ECHO_LINGERING;
    if (rdy_stream_shutdown(&connection->source, SHUT_WR) != 0)
        echo_connection_abandon(connection, exchange, COUNT_FAILED);
}

/* Nothing stands between what it sends and what it gets. */
static bool is_clear(const echo_connection *connection)
{
    return connection->pending == NULL && connection->state == ECHO_ECHOING;
}

/* After one read. */
RARE static bool go_on(echo_connection *connection, echo_exchange *exchange)
{
    for (int i = 1; i < READS_PER_TURN && can_read(connection); i++)
        read_once(connection, exchange, false);
    if (connection->pending == NULL)
        end_if_asked(connection, exchange);
    return !can_read(connection) && connection->state != ECHO_FINISHED;
}

RARE static bool flush_and_go_on(echo_connection *connection, echo_exchange *exchange)
{
    if (connection->pending != NULL)
        flush(connection, exchange);
    if (can_read(connection))
        read_once(connection, exchange, false);
    return go_on(connection, exchange);
}

bool echo_connection_advance(echo_connection *connection, echo_exchange *exchange)
{
    if (!is_clear(connection))
        return flush_and_go_on(connection, exchange);
    if (is_readable(connection))
        read_once(connection, exchange, true);
    const bool waits = connection->state == ECHO_ECHOING && !is_readable(connection);
    return waits || go_on(connection, exchange);
}

void echo_connection_finish(echo_connection *connection)
{
    if (connection->state != ECHO_ECHOING || connection->stalled)
        return;
    connection->state = ECHO_FINISHING;
    connection->told |= RDY_EVENT_READABLE; /* only a read can tell: its event may be still to come */
}
