#ifndef RDY_NET_CONNECTOR_H
#define RDY_NET_CONNECTOR_H

#include <stdint.h>

#include "net/address.h"
#include "net/tcp_stream.h"
#include "reactor/export.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum rdy_connector_state {
    RDY_CONNECTOR_IDLE,       /* zeroed, closed, or its stream was taken */
    RDY_CONNECTOR_CONNECTING, /* not decided yet */
    RDY_CONNECTOR_CONNECTED,  /* take the stream */
    RDY_CONNECTOR_FAILED,     /* `error` says why */
    RDY_CONNECTOR_TOO_LATE,   /* the deadline came first; `error` is -ETIMEDOUT */
} rdy_connector_state;

/*
 * One attempt to connect that must be decided by a deadline. Owned by the caller, may be moved, one thread at
 * a time. Register `stream.source` with RDY_WRITABLE while it is connecting, arm a timer for `deadline_ns`,
 * and call rdy_connector_advance at each event and when the timer is due. `state` and `error` are for
 * reading.
 */
typedef struct rdy_connector {
    rdy_tcp_stream stream;
    int64_t deadline_ns;
    rdy_connector_state state;
    int error; /* a negative errno once failed or too late, else 0 */
} rdy_connector;

/*
 * Starts an attempt that must be decided by `deadline_ns` of rdy_clock_now (RDY_NEVER for none). Returns 0,
 * or a negative errno if the attempt could not be made: `connector` is then untouched (see
 * rdy_tcp_stream_connect). A refusal that the system knows at once counts as an attempt: 0 is returned and
 * the state is FAILED. `from` is the local address or NULL.
 */
RDY_API int rdy_connector_start(const rdy_address *peer, const rdy_address *from, int64_t deadline_ns,
                                rdy_connector *connector);

/*
 * Looks how the attempt stands at `now_ns` and returns the state; once decided, it stays so. An answer that
 * is there wins over a deadline that has passed. A failed or late attempt has closed its stream.
 */
RDY_API rdy_connector_state rdy_connector_advance(rdy_connector *connector, int64_t now_ns);

/*
 * Moves the stream of a connected attempt to the caller, still registered if it was. 0 on success, -EINVAL in
 * every other state.
 */
RDY_API int rdy_connector_take(rdy_connector *connector, rdy_tcp_stream *stream);

/* Gives up and closes; leaves a zeroed connector. NULL and zeroed connectors are fine. */
RDY_API void rdy_connector_close(rdy_connector *connector);

#ifdef __cplusplus
}
#endif

#endif
