#include "apps/connect/peer_attempt.h"

#include <errno.h>

#include "apps/connect/peer_lookup.h"
#include "apps/connect/peer_race.h"

/* It is due when the attempts have to be decided, or when another one is to be begun beside them. */
static void arm_timer(peer_connector *connector, peer_probe *probe)
{
    int64_t moment_ns = probe->attempt.deadline_ns;
    if (!probe->is_growing && peer_race_can_grow(connector, probe)) {
        const int64_t growth_ns = rdy_clock_after(rdy_clock_now(), connector->attempt_delay_ns);
        moment_ns = growth_ns < moment_ns ? growth_ns : moment_ns;
    }
    rdy_timer_wheel_arm(&connector->wheel, &probe->timer, moment_ns);
}

/* Another attempt is begun in its turn, which comes before those of peers that wait. */
static void grow(peer_connector *connector, peer_probe *probe)
{
    if (!probe->is_growing && peer_race_can_grow(connector, probe)) {
        probe->is_growing = true;
        peer_queue_append(&connector->growing, probe);
    }
    arm_timer(connector, probe);
}

static void fail_attempt(peer_connector *connector, peer_probe *probe, int error, rdy_failure failure)
{
    rdy_connector_close(&probe->attempt);
    peer_probe_note_failure(probe, error, failure);
    if (peer_race_pop(probe))
        grow(connector, probe);
    else if (peer_lookup_next_address(connector, probe) > 0)
        peer_probe_put_back(connector, probe);
    else
        peer_probe_end_noted(connector, probe);
}

/* What follows from the state of the attempt that matters most. Whether there may be more to see in others. */
static bool follow(peer_connector *connector, peer_probe *probe, rdy_connector_state state)
{
    const int error = probe->attempt.error;
    switch (state) {
    case RDY_CONNECTOR_CONNECTED:
        (void)rdy_connector_take(&probe->attempt, &probe->stream); /* connected, so it has one */
        peer_probe_begin_talk(connector, probe);
        break;
    case RDY_CONNECTOR_FAILED:
        fail_attempt(connector, probe, error, rdy_failure_from_error(error));
        return probe->outcome.state == PEER_CONNECTING;
    case RDY_CONNECTOR_TOO_LATE:
        rdy_connector_close(&probe->attempt);
        peer_probe_end(connector, probe, error, RDY_FAILURE_TIMED_OUT);
        break;
    case RDY_CONNECTOR_CONNECTING:
    case RDY_CONNECTOR_IDLE:
        break; /* its event was of no consequence */
    }
    return false;
}

void peer_attempt_advance(peer_connector *connector, peer_probe *probe)
{
    const int64_t now_ns = rdy_clock_now();
    while (follow(connector, probe, peer_race_advance(probe, now_ns)))
        ;
}

void peer_attempt_expire(peer_connector *connector, peer_probe *probe)
{
    if (rdy_clock_now() < probe->attempt.deadline_ns)
        grow(connector, probe);
    else
        peer_attempt_advance(connector, probe);
}

static int open_attempt(peer_connector *connector, peer_probe *probe)
{
    /* With a talk edges of both directions from the start: no second registration when it is connected. */
    const rdy_interest interest =
        connector->talk.advance == NULL ? RDY_WRITABLE : RDY_READABLE | RDY_WRITABLE;
    const int64_t deadline_ns = peer_probe_deadline(connector, probe);
    probe->outcome.attempts++;
    int error = rdy_connector_start(probe->outcome.address, NULL, deadline_ns, &probe->attempt);
    if (error == 0 && probe->attempt.state == RDY_CONNECTOR_CONNECTING)
        error = rdy_registry_register(rdy_poll_registry(connector->poll), &probe->attempt.stream.source,
                                      peer_probe_index(connector, probe), interest);
    if (error < 0)
        rdy_connector_close(&probe->attempt);
    return error;
}

/*
 * Of an error that came at once: a network is then unreachable because this machine has no route. EAGAIN is a table of
 * the system's that is full, on FreeBSD that of free ports (connect(2)).
 */
static rdy_failure failure_at_once(int error)
{
    return error == -ENETUNREACH || error == -EAGAIN ? RDY_FAILURE_LOCAL : rdy_failure_from_error(error);
}

/* What follows when an attempt was opened, or could not be. */
static void begin_attempt(peer_connector *connector, peer_probe *probe, int error)
{
    if (error < 0)
        fail_attempt(connector, probe, error, failure_at_once(error));
    else if (probe->attempt.state == RDY_CONNECTOR_CONNECTING)
        arm_timer(connector, probe);
    else
        peer_attempt_advance(connector, probe);
}

int peer_attempt_start(peer_connector *connector, peer_probe *probe)
{
    const int error = open_attempt(connector, probe);
    if (peer_probe_is_exhaustion(error))
        return error;
    peer_probe_enter(connector, probe, PEER_CONNECTING);
    begin_attempt(connector, probe, error);
    return 0;
}

int peer_attempt_start_another(peer_connector *connector, peer_probe *probe)
{
    int error = peer_race_push(probe);
    if (error < 0)
        return error;
    error = peer_lookup_next_address(connector, probe);
    if (error <= 0) {
        (void)peer_race_pop(probe);
        return error;
    }
    error = open_attempt(connector, probe);
    if (peer_probe_is_exhaustion(error)) {
        probe->address_next--;
        (void)peer_race_pop(probe);
        return error;
    }
    begin_attempt(connector, probe, error);
    return 0;
}
