#ifndef RDY_APPS_CONNECT_PEER_RUN_H
#define RDY_APPS_CONNECT_PEER_RUN_H

#include <stdint.h>

#include "apps/common/peer_list.h"
#include "apps/connect/peer_connector.h"

/* What rdy-connect and rdy-probe do alike with a peer connector. */

/* Opens it with SIGINT and SIGTERM to stop it. 0, or a negative errno that has been reported on stderr. */
int peer_run_open(const peer_list *peers, const peer_connector_options *options, peer_connector **out);

/* Says on stderr if descriptors forbid as many connections as were asked for. */
void peer_run_note_clamp(const peer_connector *connector);

/*
 * As peer_connector_next_until, but goes on after handlers of the caller's, and when this machine has had no
 * room for the peers that wait for about a second, and none was under way, it gives them up.
 */
int peer_run_next(peer_connector *connector, int64_t moment_ns, peer_result *result);

/*
 * What to exit with after peer_run_next has said `status`, at most 0; an error is reported on stderr. Without
 * one: EXIT_OK if a peer is connected, EXIT_SYSTEM if none could be tried because of local faults, else
 * EXIT_NONE_OK.
 */
int peer_run_exit_code(const peer_connector *connector, int status);

#endif
