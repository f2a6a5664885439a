#ifndef RDY_APPS_CONNECT_PEER_TURN_H
#define RDY_APPS_CONNECT_PEER_TURN_H

#include "apps/connect/peer_probe.h"

/* Who is started, and when. */

/* Starts some of the peers that wait. 0, or what this machine lacked for more, a negative errno. */
int peer_turn_start(peer_connector *connector);

/* Starts none for a while, because of an error of peer_turn_start. Whether there is anything left to hope for. */
bool peer_turn_rest(peer_connector *connector, int error);

/*
 * When the next one can be started: a moment of rdy_clock_now, which has passed if it is now. RDY_NEVER if
 * none can before something ends.
 */
int64_t peer_turn_next(peer_connector *connector);

#endif
