#include "apps/connect/peer_lookup.h"

#include <errno.h>

int peer_lookup_start(peer_connector *connector, peer_probe *probe)
{
    const size_t index = peer_probe_index(connector, probe);
    const peer *entry = &connector->peers[index];
    const int error = resolver_ask(connector->resolver, entry->host, entry->port, index);
    if (error < 0)
        return error;
    connector->lookups++;
    peer_probe_enter(connector, probe, PEER_RESOLVING);
    rdy_timer_wheel_arm(&connector->wheel, &probe->timer,
                        rdy_clock_after(probe->started_ns, connector->timeout_ns));
    return 0;
}

int peer_lookup_next_address(peer_connector *connector, peer_probe *probe)
{
    while (probe->address_next < probe->address_count) {
        const rdy_address *address = &probe->addresses[probe->address_next];
        const int is_new = address_set_add(&connector->addresses_seen, address);
        if (is_new < 0)
            return is_new;
        probe->address_next++;
        if (is_new == 0)
            continue;
        probe->outcome.address = address;
        return 1;
    }
    return 0;
}

static void use_addresses(peer_connector *connector, peer_probe *probe)
{
    const int found = peer_lookup_next_address(connector, probe);
    if (found > 0)
        peer_probe_put_back(connector, probe);
    else if (found == 0)
        peer_probe_fail(connector, probe, -EALREADY, RDY_FAILURE_OTHER);
    else
        peer_probe_fail(connector, probe, found, RDY_FAILURE_LOCAL);
}

static void take(peer_connector *connector, const resolved *answer)
{
    peer_probe *probe = &connector->probes[answer->key];
    connector->lookups--;
    probe->addresses = answer->addresses;
    probe->address_count = answer->count;
    if (probe->outcome.state != PEER_RESOLVING)
        return; /* its deadline came first */
    if (answer->error == -ENXIO)
        peer_probe_fail(connector, probe, -ENXIO, RDY_FAILURE_OTHER);
    else if (answer->error < 0)
        peer_probe_fail(connector, probe, answer->error, RDY_FAILURE_LOCAL);
    else
        use_addresses(connector, probe);
}

void peer_lookup_take_answers(peer_connector *connector)
{
    resolved answer;
    while (resolver_next(connector->resolver, &answer) > 0)
        take(connector, &answer);
}
