#include "apps/connect/peer_event.h"

#include <errno.h>

#include "apps/connect/peer_attempt.h"
#include "apps/connect/peer_lookup.h"

void peer_event_take(peer_connector *connector, rdy_token token)
{
    if (token == PEER_PROBE_SIGNAL_TOKEN) {
        connector->is_stopped = true;
        return;
    }
    if (token == PEER_PROBE_WAKE_TOKEN) {
        while (rdy_signals_next(&connector->wake_signals) > 0)
            connector->is_woken = true;
        return;
    }
    if (token == PEER_PROBE_LOOKUP_TOKEN) {
        peer_lookup_take_answers(connector);
        return;
    }
    peer_probe *probe = &connector->probes[token];
    if (probe->outcome.state == PEER_TALKING)
        peer_probe_advance_talk(connector, probe);
    else
        peer_attempt_advance(connector, probe);
}

void peer_event_expire(peer_connector *connector, peer_probe *probe)
{
    if (probe->outcome.state == PEER_CONNECTING)
        peer_attempt_expire(connector, probe);
    else if (probe->outcome.state == PEER_TALKING)
        peer_probe_advance_talk(connector, probe);
    else if (probe->outcome.state == PEER_RESOLVING)
        peer_probe_fail(connector, probe, -ETIMEDOUT, RDY_FAILURE_TIMED_OUT);
    else if (probe->outcome.state == PEER_WAITING)
        peer_probe_stop_backing_off(connector, probe);
}
