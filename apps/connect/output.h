#ifndef RDY_APPS_CONNECT_OUTPUT_H
#define RDY_APPS_CONNECT_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "apps/connect/arguments.h"
#include "apps/connect/peer_connector.h"

/* Prints one decided peer as the arguments ask; false when stdout did not take it (flush_output has said
 * why). */
bool output_peer(const connect_arguments *arguments, const peer *entry, const peer_outcome *outcome);

/* One line on stderr: how many connected in which time, and what became of the others. */
void output_summary(const connect_arguments *arguments, const peer_connector *connector, int64_t elapsed_ns);

#endif
