#ifndef RDY_APPS_CONNECT_PEER_RACE_H
#define RDY_APPS_CONNECT_PEER_RACE_H

#include "apps/connect/peer_probe.h"

/*
 * The attempts of one peer that are under way at once (RFC 8305, section 5): the one that was begun last is the
 * probe's own, the earlier ones are its rivals. They share its token, so an event is everyone's. Without rivals
 * it is an attempt like any other.
 */
struct peer_rival {
    rdy_connector attempt;
    const rdy_address *address;
    struct peer_rival *next;
};

/*
 * Puts the families in turn, beginning with that of the first address, and leaves the order within each (section
 * 4). The resolver has sorted them by RFC 6724, which puts IPv6 first where this machine has a way to it.
 */
void peer_race_interleave(rdy_address *addresses, size_t count);

/*
 * How many attempts there may be at once for a peer that is not connecting yet: no more than can be begun, one each
 * delay, before its time is over. At least 1.
 */
size_t peer_race_width(const peer_connector *connector, const peer_probe *probe);

/* Whether another attempt may be begun beside those of a peer that is connecting. */
bool peer_race_can_grow(const peer_connector *connector, const peer_probe *probe);

/* Makes the probe's own attempt a rival, so that there is room for another. 0 or -ENOMEM. */
int peer_race_push(peer_probe *probe);

/* Makes the latest rival the probe's own attempt in place of one that is closed. False if there is none. */
bool peer_race_pop(peer_probe *probe);

/*
 * Looks how all attempts stand, as rdy_connector_advance. The one that matters most becomes the probe's own: one
 * that is connected, else one that is too late, else one that has failed.
 */
rdy_connector_state peer_race_advance(peer_probe *probe, int64_t now_ns);

/* Closes the rivals. */
void peer_race_end(peer_probe *probe);

#endif
