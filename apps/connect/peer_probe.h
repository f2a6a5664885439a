#ifndef RDY_APPS_CONNECT_PEER_PROBE_H
#define RDY_APPS_CONNECT_PEER_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/common/address_set.h"
#include "apps/common/resolver.h"
#include "apps/connect/pace.h"
#include "apps/connect/peer_connector.h"
#include "apps/connect/peer_queue.h"
#include "reactor/poll.h"
#include "reactor/signals.h"
#include "reactor/timer_wheel.h"

/*
 * Private to the peer connector: its probes and the steps between their states, which peer_connector.h draws. Each
 * of these calls those below it only:
 *
 *      peer_connector.c    waits and hands out
 *      peer_event.c        whom an event or a timer is for
 *      peer_turn.c         decides who is started, and when
 *      peer_attempt.c      from an address to a connection
 *      peer_lookup.c       from a name to its addresses
 *      peer_probe.c        the talk, and how each of these ends
 *      peer_race.c         several attempts at once
 */

/* Tokens beside those of the probes, which are their places and count from 0. */
#define PEER_PROBE_LOOKUP_TOKEN UINTPTR_MAX
#define PEER_PROBE_SIGNAL_TOKEN (UINTPTR_MAX - 1)
#define PEER_PROBE_WAKE_TOKEN   (UINTPTR_MAX - 2)

struct peer_connector {
    const peer *peers;
    peer_probe *probes; /* one for each peer, in the same order */
    size_t count;
    size_t concurrency;
    size_t under_way; /* connecting, talking, or connected and not handed out */
    size_t reserved;  /* connections that these may have, at most `concurrency` unless one is alone */
    size_t resolving;
    size_t peak;        /* the most there were of both */
    size_t lookups;     /* questions that the resolver has not answered, still wanted or not */
    size_t backing_off; /* waiting for a timer, to be connected to again */
    int64_t timeout_ns;
    unsigned retries; /* that a peer may have */
    int64_t retry_delay_ns;
    int64_t attempt_delay_ns; /* between those of a race */
    peer_talk talk;
    address_set addresses_seen;
    peer_queue names;     /* waiting, to be looked up */
    peer_queue begun;     /* waiting, to be connected to, with a lookup or a connect behind them */
    peer_queue addresses; /* waiting, to be connected to for the first time */
    peer_queue growing;   /* connecting, and to begin another attempt beside the one they have */
    peer_queue faulted;   /* waiting, to be connected to once more after a local fault */
    size_t fault_tries;   /* that are allowed to those while others are under way */
    struct pace pace;     /* of connects */
    unsigned most_rests;  /* in a row, when there is no room for an attempt */
    unsigned rests;       /* taken since one was begun */
    int64_t rest_end_ns;  /* before that none is begun */
    peer_queue answers;   /* to be handed out */
    rdy_poll *poll;
    resolver *resolver; /* NULL if no peer has a name */
    rdy_events events;
    rdy_signals signals;
    rdy_signals wake_signals;
    rdy_timer_wheel wheel;
    bool is_sequential;
    bool is_happy;
    bool report_failures;
    bool is_clamped;
    bool is_stopped;
    bool is_woken; /* and the caller was not yet told */
};

static inline size_t peer_probe_index(const peer_connector *connector, const peer_probe *probe)
{
    return (size_t)(probe - connector->probes);
}

/* What this machine lacks for any peer, and may have again as soon as something is closed. */
bool peer_probe_is_exhaustion(int error);

/* Something was started for the probe, which `state` names. */
void peer_probe_enter(peer_connector *connector, peer_probe *probe, peer_state state);

/* Back to wait, before all that have not begun; its clock stands still until it is started again. */
void peer_probe_put_back(peer_connector *connector, peer_probe *probe);

/*
 * Keeps the error of an attempt: of several the last one counts, but what is missing here says less than an
 * answer.
 */
void peer_probe_note_failure(peer_probe *probe, int error, rdy_failure failure);

/* By when what is under way has to be decided. */
int64_t peer_probe_deadline(const peer_connector *connector, const peer_probe *probe);

/* Ends it in PEER_ERROR, or begins a retry. */
void peer_probe_end(peer_connector *connector, peer_probe *probe, int error, rdy_failure failure);

/* Ends it so with what was noted, or puts it behind all others because it may be this machine's fault. */
void peer_probe_end_noted(peer_connector *connector, peer_probe *probe);

/* Ends it in PEER_ERROR, for good. */
void peer_probe_fail(peer_connector *connector, peer_probe *probe, int error, rdy_failure failure);

/* Its stream is connected: it is talked to, or handed out. */
void peer_probe_begin_talk(peer_connector *connector, peer_probe *probe);

/* Goes on with the talk, because of an event or its deadline. */
void peer_probe_advance_talk(peer_connector *connector, peer_probe *probe);

/* The delay before a retry is over: it waits for its turn. */
void peer_probe_stop_backing_off(peer_connector *connector, peer_probe *probe);

/* Ends a probe that waits, because of a fault of this machine. */
void peer_probe_give_up(peer_connector *connector, peer_probe *probe, int error);

#endif
