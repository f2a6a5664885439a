#ifndef RDY_APPS_CONNECT_PEER_ATTEMPT_H
#define RDY_APPS_CONNECT_PEER_ATTEMPT_H

#include "apps/connect/peer_probe.h"

/* From an address to a connection. */

/* Connects to the address in its outcome. 0, or what this machine lacked: nothing was started then. */
int peer_attempt_start(peer_connector *connector, peer_probe *probe);

/* Looks whether it is decided, and does what follows. */
void peer_attempt_advance(peer_connector *connector, peer_probe *probe);

#endif
