#ifndef RDY_APPS_PROBE_PROBE_H
#define RDY_APPS_PROBE_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/probe/handshake.h"
#include "apps/probe/outcome.h"
#include "net/address.h"
#include "net/connector.h"
#include "net/tcp_stream.h"
#include "reactor/registry.h"
#include "reactor/timer_wheel.h"

/*
 * The probe of one peer, from its start to its outcome.
 *
 *      Waiting       in the line of prober.c: not begun, or put back after a local fault
 *         |  \
 *    name |   \ address
 *         v    \
 *     Resolving  \            no such name, or another peer's address ----------+
 *         |       \                                                             |
 *         |        v                                                            |
 *         +----> Connecting   refused, unreachable, connect deadline, ... ------+
 *                   |  \                                                        |
 *                   |   \ connect mode: ok -------------------------------------+
 *                   v                                                           v
 *               Handshaking   whole, wrong, closed, reset, handshake deadline  Done
 *                   +-----------------------------------------------------------^
 *
 * A deadline counts from the beginning of its phase and never moves, however many bytes drip in. Looking a
 * name up has no deadline of ours: the system's resolver has its own.
 */
enum probe_phase {
    PROBE_RESOLVING,
    PROBE_CONNECTING,
    PROBE_HANDSHAKING,
};

/* What all probes of a run share. */
struct probe_plan {
    rdy_registry *registry;
    rdy_timer_wheel *wheel;
    int64_t connect_timeout_ns;
    int64_t handshake_timeout_ns;
    bool handshake;                   /* else the probe ends when it is connected */
    uint8_t greeting[HANDSHAKE_SIZE]; /* our handshake */
};

struct probe {
    rdy_timer timer; /* first: prober.c gets from it to the probe */
    rdy_token token;
    size_t place; /* of the peer in the list */
    int64_t begun_ns;
    int64_t deadline_ns;
    rdy_connector connector;
    rdy_tcp_stream stream;
    size_t sent;
    size_t received;
    enum probe_phase phase;
    bool done;
    enum outcome outcome; /* once done */
    int error;            /* the negative errno behind the outcome, or 0 */
};

/* Starts to connect. It may be done on return. `token`, `place` and `begun_ns` are the caller's. */
void probe_connect(struct probe *probe, const struct probe_plan *plan, const rdy_address *address,
                   int64_t now_ns);

/*
 * Goes on as far as it can: call it at each event and when the timer is due. An answer that is there wins
 * over a deadline that has passed.
 */
void probe_advance(struct probe *probe, const struct probe_plan *plan, int64_t now_ns);

/* Closes its connection and cancels its timer. */
void probe_close(struct probe *probe, const struct probe_plan *plan);

/* The word for a phase: "resolve", "connect" or "handshake". */
const char *probe_phase_word(enum probe_phase phase);

#endif
