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
 *      Waiting -----------------> Connecting ----+----> Connected
 *       |  ^ ^                     |    |        |          ^
 *       |  | +-- local fault, -----+    |        v          |
 *       |  |     another address,       |     Talking ------+
 *       |  |     retry <----------------+--------+
 *       v  |                            v        v
 *      Resolving ------------------> Error <-----+    refused, reset, too late, unknown name, ...
 *
 * Only an entry with a name goes through Resolving; the addresses of its name are tried one after another,
 * until one answers or the deadline comes, or with `happy` beside each other: the next one a little later, or at
 * once when one has failed, and the first that answers wins (RFC 8305). A race is begun when there is room for
 * as many connections as the name has addresses, or as can be begun in its time, or when it is alone. Only with a peer_talk does one go through
 * Talking. A fault of this machine (no descriptor, no memory, no route) is never a peer's: the probe waits again
 * and is started anew when a descriptor is free or the others are through. No address is connected to twice: the
 * entries that are addresses have theirs for themselves, any other belongs to the name that was looked up first.
 *
 * A retry goes through all addresses again, after a delay in which nothing is under way for the peer, so there
 * are never two connections to it; the last try is the outcome. A name is looked up once: what the lookup has
 * said is final. Neither the delays nor the wait for a turn are time that the peer has taken.
 */
typedef struct peer_connector peer_connector;

#define PEER_CONNECTOR_TIMEOUT          (5 * RDY_SECOND)
#define PEER_CONNECTOR_CONCURRENCY      256
#define PEER_CONNECTOR_RETRY_DELAY      RDY_SECOND
#define PEER_CONNECTOR_RETRY_DELAY_MOST (600 * RDY_SECOND)
#define PEER_CONNECTOR_ATTEMPT_DELAY    (250 * RDY_MILLISECOND) /* RFC 8305, section 8 */
#define PEER_CONNECTOR_REST             (32 * RDY_MILLISECOND)
#define PEER_CONNECTOR_ATTEMPT_LEAST    (10 * RDY_MILLISECOND)

/* What is said on a stream between its connect and its being handed out. */
typedef struct peer_talk {
    /*
     * Reads and writes until it is decided or nothing more can be done: called when the peer is connected, at
     * each event, and when `*deadline_ns` has come. 0 to have the stream handed out, -EAGAIN for not yet, another
     * negative errno to close it, which is then the error of the peer. NULL for no talk.
     *
     * `*deadline_ns`, a moment of rdy_clock_now, is by when the talk has to end or to move it: RDY_NEVER in the
     * first call, then what the last call left there. It is called once more when the moment has come; one that
     * says -EAGAIN and leaves a deadline that had passed before it ends the peer with -ETIMEDOUT.
     *
     * With retries a peer may be talked to again, on a new stream: RDY_NEVER then says that the talk begins
     * anew, and what is known of the earlier one is void. So a talk that leaves RDY_NEVER there itself cannot
     * tell; one that needs no deadline leaves a moment that is far away.
     */
    int (*advance)(void *context, size_t index, rdy_tcp_stream *stream, int64_t *deadline_ns);
    void *context;
} peer_talk;

typedef struct peer_connector_options {
    bool sequential; /* one peer at a time with its retries or race, in the order of the list, as a blocking
                             program would */
    bool report_failures; /* next hands out peers that failed too */
    bool happy;           /* the addresses of a name race against each other (RFC 8305) */
    int family;           /* of the addresses that names stand for: AF_INET, AF_INET6, or 0 for both */
    int64_t timeout_ns; /* for each peer from its own start, and for each of its retries from that one's; 0 is
                             PEER_CONNECTOR_TIMEOUT, below 0 none */
    size_t concurrency; /* connections at once, beside a few lookups; 0 is PEER_CONNECTOR_CONCURRENCY */
    unsigned rate;      /* connects that are begun in a second, of any kind; 0 is as many as can be */

    /*
     * How often a peer is tried again that was refused, reset, unreachable or too late, in its connect or by the
     * error of its talk. The first time after `retry_delay_ns`, 0 for PEER_CONNECTOR_RETRY_DELAY; then each
     * delay is 1.5 times the last, up to PEER_CONNECTOR_RETRY_DELAY_MOST.
     */
    unsigned retries;
    int64_t retry_delay_ns;

    /*
     * From one start in a race to the next, the Connection Attempt Delay of RFC 8305: 0 for
     * PEER_CONNECTOR_ATTEMPT_DELAY, and never less than PEER_CONNECTOR_ATTEMPT_LEAST. Recommended are 100 ms to
     * 2 s.
     */
    int64_t attempt_delay_ns;

    /*
     * How often in a row next waits by itself when this machine has no room for an attempt and none is under way: first
     * PEER_CONNECTOR_REST, then twice as long each time. Such a shortage may be that of a moment (ENFILE).
     */
    unsigned rests;

    peer_talk talk;
    const char *backend;     /* as in rdy_poll_options */
    int64_t spin_ns;         /* as in rdy_poll_options */
    const int *stop_signals; /* signals that end next with -ECANCELED; taken over while it is open */
    size_t stop_signal_count;
    const int *wake_signals; /* signals that make next return -EAGAIN, and have no other effect; likewise */
    size_t wake_signal_count;
} peer_connector_options;

typedef enum peer_state {
    PEER_WAITING,
    PEER_RESOLVING,
    PEER_CONNECTING,
    PEER_TALKING,
    PEER_CONNECTED,
    PEER_ERROR,
} peer_state;

/* How it stands with one peer. */
typedef struct peer_outcome {
    const rdy_address *address; /* that is connected to, of a race the winner's; NULL before the lookup */
    int64_t elapsed_ns; /* that its lookup, connect and talk have taken; without the time that it waited */
    int64_t started_ns; /* when it was first started, of rdy_clock_now; 0 if it never was */
    int64_t try_started_ns; /* when its present try would have begun without the waits in it: what a deadline
                               for all of a try counts from */
    int64_t earlier_ns;     /* the part of elapsed_ns that the tries before this one took */
    int64_t resolve_ns;     /* the part of elapsed_ns that the lookup took */
    int64_t talk_ns;        /* the part that the talks took; what is left is the connects' */
    peer_state state;
    int error;           /* in PEER_ERROR a negative errno: -ETIMEDOUT for the deadline, -ENXIO for a name
                            that is not known, -EALREADY for one that leads to another peer's address */
    rdy_failure failure; /* what the error says: for an error of the lookup, or no route from here, it is
                            RDY_FAILURE_LOCAL */
    unsigned attempts;   /* how often a connect was tried, with those that a local fault ended */
    bool has_talked;     /* it was connected in the last try: what followed was the talk's */
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
 *   -EAGAIN  a wake signal came: call again
 *   -ECANCELED  a stop signal came: no peer is started any more, and what had answered was handed out before
 *   -EMFILE, -ENFILE, -ENOBUFS, -ENOMEM, -ENOSPC  this machine has no room for another attempt and none is under way
 *            that could end, and the rests have not helped: close some of the streams and call again, or close; nothing is lost
 * or another error of rdy_poll_wait.
 */
int peer_connector_next(peer_connector *connector, peer_result *result);

/* As peer_connector_next, but -ETIMEDOUT at `moment_ns` of rdy_clock_now: nothing is given up. */
int peer_connector_next_until(peer_connector *connector, int64_t moment_ns, peer_result *result);

/*
 * Gives up the peers that wait for their turn: they end in PEER_ERROR with `error`, which is this machine's
 * fault. For a program that has nothing to close when next tells of a fault. Returns how many there were.
 */
size_t peer_connector_give_up(peer_connector *connector, int error);

/* The outcome of the peer at `index`, valid until the connector is closed. NULL for no such peer. */
const peer_outcome *peer_connector_outcome(const peer_connector *connector, size_t index);

/* Why a peer that was not connected to is in PEER_ERROR. */
bool peer_outcome_is_unknown_name(const peer_outcome *outcome);
bool peer_outcome_is_duplicate(const peer_outcome *outcome);

/*
 * One of the stable words of rdy_failure_word, "unknown name", "duplicate" (another entry has its address),
 * or "not done" while it is undecided.
 */
const char *peer_outcome_word(const peer_outcome *outcome);

/* How many peers are connected to or looked up now, and the most there were at once. */
size_t peer_connector_under_way(const peer_connector *connector);
size_t peer_connector_peak(const peer_connector *connector);

/* How many connections there may be at once, and whether descriptors forbid as many as were asked for. */
size_t peer_connector_concurrency(const peer_connector *connector);
bool peer_connector_is_clamped(const peer_connector *connector);

/* The name of the backend in use. */
const char *peer_connector_backend(const peer_connector *connector);

/* Gives up what is under way and closes; the streams that were handed out stay. Never blocks. NULL is fine.
 */
void peer_connector_close(peer_connector *connector);

#endif
