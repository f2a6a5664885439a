#ifndef RDY_APPS_CONNECT_PEER_TURN_H
#define RDY_APPS_CONNECT_PEER_TURN_H

#include "apps/connect/peer_probe.h"

/* Who is started, and when. */

/* Starts some of the peers that wait. 0, or what this machine lacked for more, a negative errno. */
int peer_turn_start(peer_connector *connector);

/*
 * When the next one can be started: a moment of rdy_clock_now, which has passed if it is now. RDY_NEVER if
 * none can before something ends.
 */
int64_t peer_turn_next(peer_connector *connector);

#endif
