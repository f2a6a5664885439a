#ifndef RDY_APPS_CONNECT_PEER_EVENT_H
#define RDY_APPS_CONNECT_PEER_EVENT_H

#include "apps/connect/peer_probe.h"

/* Whom an event or a timer is for. */

/* Takes the steps that follow from an event with this token. */
void peer_event_take(peer_connector *connector, rdy_token token);

/* Takes the step that is due because of the probe's timer. */
void peer_event_expire(peer_connector *connector, peer_probe *probe);

#endif
