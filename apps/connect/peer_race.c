#include "apps/connect/peer_race.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void peer_race_interleave(rdy_address *addresses, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const int family = rdy_address_family(&addresses[i - 1]);
        size_t other = i;
        while (other < count && rdy_address_family(&addresses[other]) == family)
            other++;
        if (other == count)
            return; /* the rest is of one family */
        const rdy_address next = addresses[other];
        memmove(&addresses[i + 1], &addresses[i], (other - i) * sizeof next);
        addresses[i] = next;
    }
}

size_t peer_race_width(const peer_connector *connector, const peer_probe *probe)
{
    if (!connector->is_happy || probe->address_count == 0)
        return 1;
    const size_t left = 1 + probe->address_count - probe->address_next; /* with the one that it has gone to */
    const uint64_t in_time = 1 + (uint64_t)(connector->timeout_ns / connector->attempt_delay_ns);
    const size_t most = in_time < connector->concurrency ? (size_t)in_time : connector->concurrency;
    return left < most ? left : most;
}

bool peer_race_can_grow(const peer_connector *connector, const peer_probe *probe)
{
    size_t width = 1;
    for (const peer_rival *rival = probe->rivals; rival != NULL; rival = rival->next)
        width++;
    return connector->is_happy && probe->address_next < probe->address_count && width < probe->reserved;
}

int peer_race_push(peer_probe *probe)
{
    peer_rival *rival = malloc(sizeof *rival);
    if (rival == NULL)
        return -ENOMEM;
    *rival = (peer_rival){
        .attempt = probe->attempt,
        .address = probe->outcome.address,
        .next = probe->rivals,
    };
    probe->rivals = rival;
    probe->attempt = (rdy_connector){0};
    return 0;
}

bool peer_race_pop(peer_probe *probe)
{
    peer_rival *rival = probe->rivals;
    if (rival == NULL)
        return false;
    probe->attempt = rival->attempt;
    probe->outcome.address = rival->address;
    probe->rivals = rival->next;
    free(rival);
    return true;
}

static void swap(peer_probe *probe, peer_rival *rival)
{
    const rdy_connector attempt = probe->attempt;
    const rdy_address *address = probe->outcome.address;
    probe->attempt = rival->attempt;
    probe->outcome.address = rival->address;
    rival->attempt = attempt;
    rival->address = address;
}

static int rank_of(rdy_connector_state state)
{
    static const int ranks[] = {
        [RDY_CONNECTOR_IDLE] = 0,     [RDY_CONNECTOR_CONNECTING] = 1, [RDY_CONNECTOR_FAILED] = 2,
        [RDY_CONNECTOR_TOO_LATE] = 3, [RDY_CONNECTOR_CONNECTED] = 4,
    };
    return ranks[state];
}

rdy_connector_state peer_race_advance(peer_probe *probe, int64_t now_ns)
{
    (void)rdy_connector_advance(&probe->attempt, now_ns);
    for (peer_rival *rival = probe->rivals; rival != NULL; rival = rival->next)
        if (rank_of(rdy_connector_advance(&rival->attempt, now_ns)) > rank_of(probe->attempt.state))
            swap(probe, rival);
    return probe->attempt.state;
}

void peer_race_end(peer_probe *probe)
{
    while (probe->rivals != NULL) {
        peer_rival *rival = probe->rivals;
        probe->rivals = rival->next;
        rdy_connector_close(&rival->attempt);
        free(rival);
    }
}
