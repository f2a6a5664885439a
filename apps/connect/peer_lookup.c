#include "apps/connect/peer_lookup.h"

#include <errno.h>
#include <string.h>

#include "apps/connect/peer_race.h"

int peer_lookup_start(peer_connector *connector, peer_probe *probe)
{
    const size_t index = peer_probe_index(connector, probe);
    const peer *entry = &connector->peers[index];
    const int error = resolver_ask(connector->resolver, entry->host, entry->port, index);
    if (error < 0)
        return error;
    connector->lookups++;
    peer_probe_enter(connector, probe, PEER_RESOLVING);
    rdy_timer_wheel_arm(&connector->wheel, &probe->timer, peer_probe_deadline(connector, probe));
    return 0;
}

/*
 * Takes the next address for this peer alone, or out of the list if another has it. So those it has taken come
 * first, and are not asked for twice when it goes through them again.
 */
static int claim(peer_connector *connector, peer_probe *probe)
{
    rdy_address *next = &probe->addresses[probe->address_next];
    const int is_new = address_set_add(&connector->addresses_seen, next);
    if (is_new > 0)
        probe->address_claimed++;
    if (is_new == 0)
        memmove(next, next + 1, (--probe->address_count - probe->address_next) * sizeof *next);
    return is_new < 0 ? is_new : 0;
}

int peer_lookup_next_address(peer_connector *connector, peer_probe *probe)
{
    int error = 0;
    while (error == 0 && probe->address_next == probe->address_claimed &&
           probe->address_next < probe->address_count)
        error = claim(connector, probe);
    if (error < 0 || probe->address_next == probe->address_count)
        return error;
    probe->outcome.address = &probe->addresses[probe->address_next++];
    return 1;
}

/* Both families have come at once, so there is no other one to wait for (RFC 8305, Resolution Delay). */
static void use_addresses(peer_connector *connector, peer_probe *probe)
{
    if (connector->is_happy)
        peer_race_interleave(probe->addresses, probe->address_count);
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

int64_t peer_lookup_deadline(const peer_connector *connector)
{
    return connector->resolver == NULL ? RDY_NEVER : resolver_deadline(connector->resolver);
}

void peer_lookup_take_answers(peer_connector *connector)
{
    resolved answer;
    while (resolver_next(connector->resolver, &answer) > 0)
        take(connector, &answer);
}
