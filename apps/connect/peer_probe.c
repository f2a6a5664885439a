#include "apps/connect/peer_probe.h"

#include <errno.h>

#include "apps/connect/peer_race.h"

enum {
    /* One takes the place of the peer that is through, one more lets their number grow again when the shortage
     * is over; yet all tries together stay within three for each peer. */
    TRIES_FOR_EACH_THROUGH = 2,
};

bool peer_probe_is_exhaustion(int error)
{
    return error == -EMFILE || error == -ENFILE || error == -ENOBUFS || error == -ENOMEM || error == -ENOSPC;
}

int64_t peer_probe_deadline(const peer_connector *connector, const peer_probe *probe)
{
    return rdy_clock_after(probe->outcome.try_started_ns, connector->timeout_ns);
}

static void reserve(peer_connector *connector, peer_probe *probe, size_t connections)
{
    connector->reserved += connections - probe->reserved;
    probe->reserved = connections;
}

/* Leaves no attempt but the probe's own. */
static void end_race(peer_connector *connector, peer_probe *probe)
{
    peer_race_end(probe);
    if (probe->is_growing)
        peer_queue_remove(&connector->growing, probe);
    probe->is_growing = false;
}

void peer_probe_enter(peer_connector *connector, peer_probe *probe, peer_state state)
{
    probe->outcome.state = state;
    if (state == PEER_RESOLVING) {
        connector->resolving++;
    } else {
        connector->under_way++;
        reserve(connector, probe, peer_race_width(connector, probe));
    }
    const size_t now = connector->under_way + connector->resolving;
    if (now > connector->peak)
        connector->peak = now;
}

/* From any state to one in which nothing is under way. */
static void leave(peer_connector *connector, peer_probe *probe, peer_state state)
{
    const peer_state earlier = probe->outcome.state;
    const int64_t now_ns = rdy_clock_now();
    rdy_timer_wheel_cancel(&connector->wheel, &probe->timer);
    end_race(connector, probe);
    reserve(connector, probe, 0);
    if (earlier == PEER_RESOLVING)
        connector->resolving--;
    if (earlier == PEER_CONNECTING || earlier == PEER_TALKING)
        connector->under_way--;
    if (earlier != PEER_WAITING)
        probe->outcome.elapsed_ns = probe->outcome.earlier_ns + now_ns - probe->outcome.try_started_ns;
    if (earlier == PEER_RESOLVING)
        probe->outcome.resolve_ns = probe->outcome.elapsed_ns;
    if (earlier == PEER_TALKING)
        probe->outcome.talk_ns += now_ns - probe->talk_started_ns;
    probe->outcome.state = state;
}

void peer_probe_put_back(peer_connector *connector, peer_probe *probe)
{
    leave(connector, probe, PEER_WAITING);
    peer_queue_append(&connector->begun, probe);
}

void peer_probe_fail(peer_connector *connector, peer_probe *probe, int error, rdy_failure failure)
{
    rdy_tcp_stream_close(&probe->stream);
    probe->outcome.error = error;
    probe->outcome.failure = failure;
    leave(connector, probe, PEER_ERROR);
    connector->fault_tries += TRIES_FOR_EACH_THROUGH;
    if (connector->report_failures)
        peer_queue_append(&connector->answers, probe);
}

/* What may be otherwise in a moment. The talk has other words, such as -EPROTO, for what will not. */
static bool is_transient(rdy_failure failure)
{
    return failure == RDY_FAILURE_REFUSED || failure == RDY_FAILURE_TIMED_OUT ||
           failure == RDY_FAILURE_RESET || failure == RDY_FAILURE_UNREACHABLE;
}

static int64_t retry_delay(const peer_connector *connector, unsigned retries)
{
    int64_t delay_ns = connector->retry_delay_ns;
    for (unsigned i = 0; i < retries && delay_ns < PEER_CONNECTOR_RETRY_DELAY_MOST; i++)
        delay_ns += delay_ns / 2;
    return delay_ns < PEER_CONNECTOR_RETRY_DELAY_MOST ? delay_ns : PEER_CONNECTOR_RETRY_DELAY_MOST;
}

/* Goes back to the first of the addresses of its name that it has gone to. */
static void rewind_addresses(peer_probe *probe)
{
    if (probe->address_claimed == 0)
        return; /* it is an address */
    probe->outcome.address = &probe->addresses[0];
    probe->address_next = 1;
}

/* All begins anew, but what it has cost so far is kept. */
static void back_off(peer_connector *connector, peer_probe *probe)
{
    const int64_t delay_ns = retry_delay(connector, probe->retries++);
    rdy_tcp_stream_close(&probe->stream);
    leave(connector, probe, PEER_WAITING);
    probe->outcome.earlier_ns = probe->outcome.elapsed_ns;
    probe->outcome.has_talked = false;
    rewind_addresses(probe);
    connector->backing_off++;
    rdy_timer_wheel_arm(&connector->wheel, &probe->timer, rdy_clock_after(rdy_clock_now(), delay_ns));
}

void peer_probe_end(peer_connector *connector, peer_probe *probe, int error, rdy_failure failure)
{
    if (!is_transient(failure) || probe->retries == connector->retries) {
        peer_probe_fail(connector, probe, error, failure);
        return;
    }
    peer_probe_note_failure(probe, error, failure);
    back_off(connector, probe);
}

static void succeed(peer_connector *connector, peer_probe *probe)
{
    (void)rdy_source_deregister(&probe->stream.source); /* it may never have been registered */
    probe->outcome.error = 0;
    probe->outcome.failure = RDY_FAILURE_NONE;
    leave(connector, probe, PEER_CONNECTED);
    connector->fault_tries += TRIES_FOR_EACH_THROUGH;
    connector->under_way++; /* it holds its descriptor until it is handed out */
    reserve(connector, probe, 1);
    peer_queue_append(&connector->answers, probe);
}

void peer_probe_note_failure(peer_probe *probe, int error, rdy_failure failure)
{
    if (probe->outcome.error != 0 && failure == RDY_FAILURE_LOCAL)
        return;
    probe->outcome.error = error;
    probe->outcome.failure = failure;
}

/*
 * A local fault of another kind than exhaustion may pass when others have left, or be the fault of this one
 * address: EADDRNOTAVAIL says that all ports are in use, but also that the machine has no IPv6 (connect(2)).
 * So it is tried again behind all others, and given up only if it fails alone.
 */
void peer_probe_end_noted(peer_connector *connector, peer_probe *probe)
{
    const peer_outcome *outcome = &probe->outcome;
    const bool is_alone = connector->under_way + connector->resolving == 1;
    if (outcome->failure != RDY_FAILURE_LOCAL || (probe->is_faulted && is_alone)) {
        peer_probe_end(connector, probe, outcome->error, outcome->failure);
        return;
    }
    probe->is_faulted = true;
    leave(connector, probe, PEER_WAITING);
    peer_queue_append(&connector->faulted, probe);
}

void peer_probe_stop_backing_off(peer_connector *connector, peer_probe *probe)
{
    connector->backing_off--;
    peer_queue_append(&connector->begun, probe);
}

/* ---- the talk ---- */

void peer_probe_advance_talk(peer_connector *connector, peer_probe *probe)
{
    const int64_t earlier_ns = probe->talk_deadline_ns;
    const int64_t now_ns = rdy_clock_now();
    const int error = connector->talk.advance(connector->talk.context, peer_probe_index(connector, probe),
                                              &probe->stream, &probe->talk_deadline_ns);
    if (error == 0)
        succeed(connector, probe);
    else if (error != -EAGAIN)
        peer_probe_end(connector, probe, error, rdy_failure_from_error(error));
    else if (probe->talk_deadline_ns <= now_ns) /* one that passes in the call is the next call's */
        peer_probe_end(connector, probe, -ETIMEDOUT, RDY_FAILURE_TIMED_OUT);
    else if (probe->talk_deadline_ns != earlier_ns)
        rdy_timer_wheel_arm(&connector->wheel, &probe->timer, probe->talk_deadline_ns);
}

void peer_probe_begin_talk(peer_connector *connector, peer_probe *probe)
{
    end_race(connector, probe);
    reserve(connector, probe, 1);
    if (connector->talk.advance == NULL) {
        succeed(connector, probe);
        return;
    }
    probe->outcome.state = PEER_TALKING;
    probe->outcome.has_talked = true;
    probe->talk_started_ns = rdy_clock_now();
    probe->talk_deadline_ns = RDY_NEVER;
    rdy_timer_wheel_cancel(&connector->wheel, &probe->timer); /* it was the connect's */
    peer_probe_advance_talk(connector, probe);
}

void peer_probe_give_up(peer_connector *connector, peer_probe *probe, int error)
{
    peer_probe_note_failure(probe, error, RDY_FAILURE_LOCAL);
    peer_probe_fail(connector, probe, probe->outcome.error, probe->outcome.failure);
}
