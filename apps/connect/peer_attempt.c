#include "apps/connect/peer_attempt.h"

#include <errno.h>

#include "apps/connect/peer_lookup.h"

static void fail_attempt(peer_connector *connector, peer_probe *probe, int error, rdy_failure failure)
{
    rdy_connector_close(&probe->attempt);
    peer_probe_note_failure(probe, error, failure);
    if (peer_lookup_next_address(connector, probe) > 0)
        peer_probe_put_back(connector, probe);
    else
        peer_probe_end_noted(connector, probe);
}

void peer_attempt_advance(peer_connector *connector, peer_probe *probe)
{
    const int64_t now_ns = rdy_clock_now();
    const rdy_connector_state state = rdy_connector_advance(&probe->attempt, now_ns);
    const int error = probe->attempt.error;
    switch (state) {
    case RDY_CONNECTOR_CONNECTED:
        (void)rdy_connector_take(&probe->attempt, &probe->stream); /* connected, so it has one */
        peer_probe_begin_talk(connector, probe);
        break;
    case RDY_CONNECTOR_FAILED:
        fail_attempt(connector, probe, error, rdy_failure_from_error(error));
        break;
    case RDY_CONNECTOR_TOO_LATE:
        rdy_connector_close(&probe->attempt);
        peer_probe_end(connector, probe, error, RDY_FAILURE_TIMED_OUT);
        break;
    case RDY_CONNECTOR_CONNECTING:
    case RDY_CONNECTOR_IDLE:
        break; /* its event was of no consequence */
    }
}

static int open_attempt(peer_connector *connector, peer_probe *probe, int64_t deadline_ns)
{
    /* With a talk edges of both directions from the start: no second registration when it is connected. */
    const rdy_interest interest =
        connector->talk.advance == NULL ? RDY_WRITABLE : RDY_READABLE | RDY_WRITABLE;
    int error = rdy_connector_start(probe->outcome.address, NULL, deadline_ns, &probe->attempt);
    if (error == 0 && probe->attempt.state == RDY_CONNECTOR_CONNECTING)
        error = rdy_registry_register(rdy_poll_registry(connector->poll), &probe->attempt.stream.source,
                                      peer_probe_index(connector, probe), interest);
    if (error < 0)
        rdy_connector_close(&probe->attempt);
    return error;
}

/* Of an error that came at once: a network is then unreachable because this machine has no route. */
static rdy_failure failure_at_once(int error)
{
    return error == -ENETUNREACH ? RDY_FAILURE_LOCAL : rdy_failure_from_error(error);
}

int peer_attempt_start(peer_connector *connector, peer_probe *probe)
{
    const int64_t deadline_ns = peer_probe_deadline(connector, probe);
    probe->outcome.attempts++;
    const int error = open_attempt(connector, probe, deadline_ns);
    if (peer_probe_is_exhaustion(error))
        return error;
    peer_probe_enter(connector, probe, PEER_CONNECTING);
    rdy_timer_wheel_arm(&connector->wheel, &probe->timer, deadline_ns);
    if (error < 0)
        fail_attempt(connector, probe, error, failure_at_once(error));
    else if (probe->attempt.state != RDY_CONNECTOR_CONNECTING)
        peer_attempt_advance(connector, probe);
    return 0;
}
