#ifndef STORY_PEERS_BLACKHOLE_H
#define STORY_PEERS_BLACKHOLE_H

#include <stddef.h>

#include "tests/peers/peer.h"

/*
 * Fills the accept queues of these peers, all of them unresponsive, with connections that nobody will ever
 * accept: the kernel then drops every further SYN. Returns when a further connection to each has been seen to
 * stay unanswered. The connections stay open until the process ends.
 */
void blackhole_fill(const struct peer *peers, size_t count);

#endif
