#ifndef RDY_APPS_CONNECT_PEER_ATTEMPT_H
#define RDY_APPS_CONNECT_PEER_ATTEMPT_H

#include "apps/connect/peer_probe.h"

/* From an address to a connection. */

/* Connects to the address in its outcome. 0, or what this machine lacked: nothing was started then. */
int peer_attempt_start(peer_connector *connector, peer_probe *probe);

/*
 * Connects to the next address beside the attempts that are under way. 0, also if there is none, or what this
 * machine lacked: nothing was started then.
 */
int peer_attempt_start_another(peer_connector *connector, peer_probe *probe);

/* Looks whether it is decided, and does what follows. */
void peer_attempt_advance(peer_connector *connector, peer_probe *probe);

/* Likewise because its timer is due. */
void peer_attempt_expire(peer_connector *connector, peer_probe *probe);

#endif
