#ifndef RDY_APPS_ECHO_CONNECTION_H
#define RDY_APPS_ECHO_CONNECTION_H

/*
 * One client: what it sends is written back. Registered once, edge-triggered, for both directions, so what an
 * event told has to be remembered until an operation would block: RDY_EVENT_READABLE in `told`, and for the other
 * direction that bytes are pending.
 *
 *                  end of stream                 all written
 *     ECHOING ---------------------> ENDING ------------------------------> FINISHED
 *        |
 *        | asked to finish        nothing left to read or write: SHUT_WR      end of stream, or silent
 *        +-------------> FINISHING ----------------------------------> LINGERING -------------> FINISHED
 *
 *     FINISHING: end of stream -> ENDING; stalled -> ECHOING, until silence asks again
 *     any state: an error of the connection, idle for too long, cut off at the end of a drain -> FINISHED
 *
 * ECHOING and FINISHING read and echo. LINGERING reads and drops: to close with unread bytes would send a
 * reset, which may overtake the echo. Whoever lost bytes is closed with a reset, lest its end look complete.
 * FINISHED connections are closed by their pool.
 */

#include <stdbool.h>
#include <stdint.h>

#include "apps/echo/counters.h"
#include "apps/echo/memory.h"
#include "net/buffer.h"
#include "reactor/clock.h"
#include "reactor/event.h"
#include "reactor/source.h"
#include "reactor/timer_wheel.h"

typedef enum echo_state {
    ECHO_ECHOING,
    ECHO_FINISHING,
    ECHO_LINGERING, /* up to here it reads */
    ECHO_ENDING,
    ECHO_FINISHED,
} echo_state;

typedef struct echo_connection {
    rdy_source source;
    rdy_timer quiet;     /* comes when no byte may have moved for a while */
    rdy_buffer *pending; /* bytes that the kernel would not take yet; NULL while there are none */
    uint32_t active_ms;  /* when bytes last moved, modulo 2^32 */
    uint8_t told;  /* flags of the events so far, but for what reading has used up: a close holds for ever */
    uint8_t state; /* echo_state */
    bool stalled;  /* pending reached the limit and has not shrunk to half of it since */
    bool lost;     /* bytes of it were read and will not be echoed */
} echo_connection;

/* With its place in the slab an idle client takes 8 bytes more. */
_Static_assert(sizeof(echo_connection) <= 64, "an idle client is one line of the cache");
_Static_assert((RDY_EVENT_WRITE_CLOSED | RDY_EVENT_PRIORITY) <= UINT8_MAX, "`told` holds all flags");

/* What every message adds to: plain numbers, which the worker publishes once a turn. */
typedef struct echo_tally {
    uint64_t reads, bytes_in, writes, bytes_out;
} echo_tally;

/* What all clients of a worker share. */
typedef struct echo_exchange {
    echo_counters *counters;
    echo_tally tally;
    unsigned char *scratch; /* one read at a time lands here */
    size_t scratch_size;    /* not above the limit */
    size_t limit;           /* bytes that may be pending for one client */
    int64_t now_ns;
    uint32_t now_ms; /* the same moment, modulo 2^32 */
    echo_memory memory;
} echo_exchange;

static inline void echo_exchange_set_time(echo_exchange *exchange, int64_t now_ns)
{
    exchange->now_ns = now_ns;
    exchange->now_ms = (uint32_t)(now_ns / RDY_MILLISECOND);
}

/* Brings the counters up to the tally. */
void echo_exchange_publish(echo_exchange *exchange);

/* Takes in what an event told. */
static inline void echo_connection_tell(echo_connection *connection, rdy_event event)
{
    connection->told |= (uint8_t)event.flags;
}

/*
 * Writes what is pending, then reads and echoes a fair share, and moves on in the states. True when it waits for the
 * next event. Else it is FINISHED, or more can be read now and no event will tell: the caller comes back.
 */
bool echo_connection_advance(echo_connection *connection, echo_exchange *exchange);

/*
 * Asks an ECHOING one to finish: the caller gives it a turn, in which it reads what is there already. One
 * that is stalled goes on as it was: what it sent may still be on its way, behind the closed window.
 */
void echo_connection_finish(echo_connection *connection);

/* Makes a LINGERING one FINISHED; it is counted as cut if bytes of it were dropped. */
void echo_connection_end(echo_connection *connection, echo_exchange *exchange);

/* Counts why, drops what is pending and makes it FINISHED. */
void echo_connection_abandon(echo_connection *connection, echo_exchange *exchange, echo_count why);

#endif
