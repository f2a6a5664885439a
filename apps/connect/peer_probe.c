#include "apps/connect/peer_probe.h"

#include <errno.h>
#include <netdb.h>

enum {
    LOOKUPS_AT_ONCE =
        4, /* as many as the resolver has threads: a lookup's clock runs, so it must not queue */
};

/* What this machine lacks for any peer, and may have again as soon as something is closed. */
static bool is_exhaustion(int error)
{
    return error == -EMFILE || error == -ENFILE || error == -ENOBUFS || error == -ENOMEM;
}

static void finish(peer_connector *connector, peer_probe *probe, peer_state state, int64_t now_ns)
{
    rdy_timer_wheel_cancel(&connector->wheel, &probe->timer);
    probe->outcome.state = state;
    probe->outcome.elapsed_ns = now_ns - probe->started_ns;
    if (state == PEER_ERROR)
        connector->under_way--; /* a connected one holds its descriptor until it is handed out */
    if (state == PEER_CONNECTED || connector->report_failures)
        peer_queue_append(&connector->answers, probe);
}

static void fail(peer_connector *connector, peer_probe *probe, int error, int64_t now_ns)
{
    rdy_connector_close(&probe->attempt);
    probe->outcome.error = error;
    probe->outcome.failure = rdy_failure_from_error(error);
    finish(connector, probe, PEER_ERROR, now_ns);
}

/*
 * A local fault of another kind than exhaustion may be the fault of this one address: EADDRNOTAVAIL says that
 * all ports are in use, but also that the machine has no IPv6 (connect(2)). So it is tried once more when all
 * others have been started, and holds nobody up.
 */
static void fail_attempt(peer_connector *connector, peer_probe *probe, int error, int64_t now_ns)
{
    if (rdy_failure_from_error(error) != RDY_FAILURE_LOCAL || probe->outcome.attempts > 1) {
        fail(connector, probe, error, now_ns);
        return;
    }
    rdy_timer_wheel_cancel(&connector->wheel, &probe->timer);
    rdy_connector_close(&probe->attempt);
    probe->outcome.state = PEER_WAITING;
    connector->under_way--;
    peer_queue_append(&connector->addresses, probe);
}

static void advance(peer_connector *connector, peer_probe *probe, int64_t now_ns)
{
    switch (rdy_connector_advance(&probe->attempt, now_ns)) {
    case RDY_CONNECTOR_CONNECTED:
        (void)rdy_source_deregister(&probe->attempt.stream.source); /* it may never have been registered */
        finish(connector, probe, PEER_CONNECTED, now_ns);
        break;
    case RDY_CONNECTOR_FAILED:
    case RDY_CONNECTOR_TOO_LATE:
        fail_attempt(connector, probe, probe->attempt.error, now_ns);
        break;
    case RDY_CONNECTOR_CONNECTING:
    case RDY_CONNECTOR_IDLE:
        break; /* its event was of no consequence */
    }
}

static int open_attempt(peer_connector *connector, peer_probe *probe, int64_t deadline_ns)
{
    int error = rdy_connector_start(&probe->outcome.address, NULL, deadline_ns, &probe->attempt);
    if (error == 0 && probe->attempt.state == RDY_CONNECTOR_CONNECTING)
        error = rdy_registry_register(rdy_poll_registry(connector->poll), &probe->attempt.stream.source,
                                      peer_probe_index(connector, probe), RDY_WRITABLE);
    if (error < 0)
        rdy_connector_close(&probe->attempt);
    return error;
}

/* 0, or what this machine lacked: nothing was started then. The probe is under way already. */
static int start_connect(peer_connector *connector, peer_probe *probe)
{
    const int64_t deadline_ns = rdy_clock_after(probe->started_ns, connector->timeout_ns);
    probe->outcome.attempts++;
    const int error = open_attempt(connector, probe, deadline_ns);
    if (is_exhaustion(error))
        return error;
    if (error < 0) {
        fail_attempt(connector, probe, error, rdy_clock_now());
        return 0;
    }
    probe->outcome.state = PEER_CONNECTING;
    rdy_timer_wheel_arm(&connector->wheel, &probe->timer, deadline_ns);
    if (probe->attempt.state != RDY_CONNECTOR_CONNECTING)
        advance(connector, probe, rdy_clock_now());
    return 0;
}

static int start_lookup(peer_connector *connector, peer_probe *probe)
{
    const size_t index = peer_probe_index(connector, probe);
    const peer *entry = &connector->peers[index];
    const int error = resolver_ask(connector->resolver, entry->host, entry->port, index);
    if (error < 0)
        return error;
    connector->lookups++;
    probe->outcome.state = PEER_RESOLVING;
    rdy_timer_wheel_arm(&connector->wheel, &probe->timer,
                        rdy_clock_after(probe->started_ns, connector->timeout_ns));
    return 0;
}

/* The queue whose turn it is: that of the peer which was given first. NULL if no peer can be started. */
static peer_queue *queue_to_serve(peer_connector *connector)
{
    peer_queue *names = &connector->names;
    peer_queue *addresses = &connector->addresses;
    if (names->first == NULL || connector->lookups >= LOOKUPS_AT_ONCE)
        return addresses->first == NULL ? NULL : addresses;
    return addresses->first == NULL || names->first < addresses->first ? names : addresses;
}

int peer_probe_start_waiting(peer_connector *connector)
{
    peer_queue *queue;
    while (connector->under_way < connector->concurrency && (queue = queue_to_serve(connector)) != NULL) {
        peer_probe *probe = peer_queue_take(queue);
        probe->started_ns = rdy_clock_now();
        connector->under_way++;
        const int error =
            queue == &connector->names ? start_lookup(connector, probe) : start_connect(connector, probe);
        if (error < 0) {
            connector->under_way--;
            peer_queue_prepend(queue, probe);
            return error;
        }
    }
    return 0;
}

/* Only answers of the resolver ask this, so a plain search of the peers serves. */
static bool is_address_of_another(const peer_connector *connector, const peer_probe *probe,
                                  const rdy_address *address)
{
    for (size_t i = 0; i < connector->count; i++) {
        const peer_probe *other = &connector->probes[i];
        if (other != probe && rdy_address_compare(&other->outcome.address, address) == 0)
            return true;
    }
    return false;
}

static void take_lookup(peer_connector *connector, const resolved *answer, int64_t now_ns)
{
    peer_probe *probe = &connector->probes[answer->key];
    connector->lookups--;
    if (probe->outcome.state != PEER_RESOLVING)
        return; /* its deadline came first */
    probe->outcome.lookup_error = answer->error;
    if (answer->error != 0) {
        fail(connector, probe, answer->error == EAI_MEMORY ? -ENOMEM : -ENXIO, now_ns);
        return;
    }
    if (is_address_of_another(connector, probe, &answer->address)) {
        fail(connector, probe, -EALREADY, now_ns);
        return;
    }
    probe->outcome.address = answer->address;
    if (start_connect(connector, probe) == 0)
        return;
    rdy_timer_wheel_cancel(&connector->wheel, &probe->timer);
    probe->outcome.state = PEER_WAITING;
    connector->under_way--;
    peer_queue_prepend(&connector->addresses, probe);
}

void peer_probe_handle(peer_connector *connector, rdy_token token, int64_t now_ns)
{
    if (token == PEER_PROBE_SIGNAL_TOKEN) {
        connector->is_stopped = true;
        return;
    }
    if (token != PEER_PROBE_LOOKUP_TOKEN) {
        advance(connector, &connector->probes[token], now_ns);
        return;
    }
    resolved answer;
    while (resolver_next(connector->resolver, &answer) > 0)
        take_lookup(connector, &answer, now_ns);
}

void peer_probe_expire(peer_connector *connector, peer_probe *probe, int64_t now_ns)
{
    if (probe->outcome.state == PEER_RESOLVING)
        fail(connector, probe, -ETIMEDOUT, now_ns);
    else
        advance(connector, probe, now_ns);
}
