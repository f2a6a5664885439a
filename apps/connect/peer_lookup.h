#ifndef RDY_APPS_CONNECT_PEER_LOOKUP_H
#define RDY_APPS_CONNECT_PEER_LOOKUP_H

#include "apps/connect/peer_probe.h"

/* From a name to its addresses. */

/* Asks for them. 0, or what this machine lacked: nothing was started then. */
int peer_lookup_start(peer_connector *connector, peer_probe *probe);

/* When to take answers even without an event, at the latest. */
int64_t peer_lookup_deadline(const peer_connector *connector);

/* Takes the answers that are there. */
void peer_lookup_take_answers(peer_connector *connector);

/*
 * Goes to the next address of a name that nobody else has, which is then its outcome's: 1. 0 if there is none.
 * -ENOMEM leaves it where it was.
 */
int peer_lookup_next_address(peer_connector *connector, peer_probe *probe);

#endif
