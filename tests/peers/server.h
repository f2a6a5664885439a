#ifndef STORY_PEERS_SERVER_H
#define STORY_PEERS_SERVER_H

#include <stddef.h>

#include "tests/peers/peer.h"

/* Accepts and answers for all peers that do, until standard input ends. */
void server_run(const struct peer *peers, size_t count);

#endif
