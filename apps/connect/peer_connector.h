#ifndef RDY_APPS_CONNECT_PEER_CONNECTOR_H
#define RDY_APPS_CONNECT_PEER_CONNECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/common/peer_list.h"
#include "net/address.h"
#include "net/failure.h"
#include "net/tcp_stream.h"
#include "reactor/clock.h"

/*
 * Connects to many peers on one thread and hands the streams out in the order in which the peers answer:
 *
 *     while ((status = peer_connector_next(connector, &result)) > 0)
 *         use(peers[result.index], result.stream);
 *
 * Each peer has a probe of its own:
 *
 *      Waiting -----------------> Connecting -----> Connected
 *         |   ^                    ^    |
 *         |   +--- local fault ----|----+---------> Error     refused, reset, too late, ...
 *         v                        |
 *      Resolving ------------------+--------------> Error     unknown name, too late, another peer's address
 *
 * Only an entry with a name goes through Resolving. A fault of this machine (no descriptor, no memory) is
 * never a peer's: the probe waits again and is started anew when a descriptor is free.
 */
typedef struct peer_connector peer_connector;

#define PEER_CONNECTOR_TIMEOUT     (5 * RDY_SECOND)
#define PEER_CONNECTOR_CONCURRENCY 256

typedef struct peer_connector_options {
    bool sequential;         /* one peer at a time, in the order of the list, as a blocking program would */
    bool report_failures;    /* next hands out peers that failed too */
    int64_t timeout_ns;      /* for each peer from its own start; 0 is PEER_CONNECTOR_TIMEOUT, below 0 none */
    size_t concurrency;      /* peers under way at once; 0 is PEER_CONNECTOR_CONCURRENCY */
    const char *backend;     /* as in rdy_poll_options */
    int64_t spin_ns;         /* as in rdy_poll_options */
    const int *stop_signals; /* signals that end next with -ECANCELED; taken over while it is open */
    size_t stop_signal_count;
} peer_connector_options;

typedef enum peer_state {
    PEER_WAITING,
    PEER_RESOLVING,
    PEER_CONNECTING,
    PEER_CONNECTED,
    PEER_ERROR,
} peer_state;

/* How it stands with one peer. */
typedef struct peer_outcome {
    rdy_address address; /* that is connected to; AF_UNSPEC while a name is not looked up */
    int64_t elapsed_ns;  /* from the start of the lookup or the connect to the end; 0 before the end */
    peer_state state;
    int error;           /* in PEER_ERROR a negative errno: -ETIMEDOUT for the deadline, -ENXIO for a name
                            that is not known, -EALREADY for one that leads to another peer's address */
    int lookup_error;    /* EAI_* of getaddrinfo(3), else 0 */
    rdy_failure failure; /* what the error says */
    unsigned attempts;   /* how often a connect was tried, with those that a local fault ended */
} peer_outcome;

typedef struct peer_result {
    size_t index;          /* the peer's place in the array */
    rdy_tcp_stream stream; /* connected, registered nowhere, now the caller's; zeroed if the peer failed */
} peer_result;

/*
 * Opens a connector for `count` peers; nothing is started before the first next. The peers are borrowed until
 * it is closed, and no two of them may be the same, as a peer_list sees to. The concurrency is cut to the
 * descriptors that this process may still open. `options` may be NULL. 0 on success, else as rdy_poll_open
 * and rdy_signals_open, -ENOMEM. All functions belong to one thread.
 */
int peer_connector_open(const peer *peers, size_t count, const peer_connector_options *options,
                        peer_connector **out);

/*
 * Hands out the next stream: at once if a peer has answered, else it sleeps until one does. Peers are looked
 * at only inside this call; an answer that is there wins over a deadline that has passed meanwhile.
 *   1        `result` was filled in
 *   0        there are no more: every peer was handed out or is in PEER_ERROR
 *   -EINTR   a signal handler of the caller's ran: call again, or close
 *   -ECANCELED  a stop signal came: no peer is started any more, and what had answered was handed out before
 *   -EMFILE, -ENFILE, -ENOBUFS, -ENOMEM  this machine has no room for another attempt and none is under way
 *            that could end: close some of the streams and call again, or close; nothing is lost
 * or another error of rdy_poll_wait.
 */
int peer_connector_next(peer_connector *connector, peer_result *result);

/* The outcome of the peer at `index`, valid until the connector is closed. NULL for no such peer. */
const peer_outcome *peer_connector_outcome(const peer_connector *connector, size_t index);

/*
 * One of the stable words of rdy_failure_word, "unknown name", "duplicate" (another entry has its address),
 * or "not done" while it is undecided.
 */
const char *peer_outcome_word(const peer_outcome *outcome);

/* How many peers may be under way at once, and whether descriptors forbid as many as were asked for. */
size_t peer_connector_concurrency(const peer_connector *connector);
bool peer_connector_is_clamped(const peer_connector *connector);

/* The name of the backend in use. */
const char *peer_connector_backend(const peer_connector *connector);

/* Gives up what is under way and closes; the streams that were handed out stay. Never blocks. NULL is fine.
 */
void peer_connector_close(peer_connector *connector);

#endif
