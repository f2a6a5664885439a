#ifndef RDY_APPS_PROBE_CLAIMS_H
#define RDY_APPS_PROBE_CLAIMS_H

#include <stdbool.h>
#include <stddef.h>

#include "apps/common/peer_list.h"

/*
 * Which peer has which address, first come, first served: names that stand for one address must not be tried
 * both. A hash table with open addressing.
 */
struct claims {
    const peer_list *peers;
    size_t *slots; /* the place of a peer in the list plus 1; 0 is free */
    size_t mask;
};

/* Nothing claimed yet. 0 or -ENOMEM. `peers` is borrowed; no peer may be added to it. */
int claims_open(struct claims *claims, const peer_list *peers);

/* Whether the peer at that place has its address for itself: it is the first to ask for it, or has asked
 * before. */
bool claims_take(struct claims *claims, size_t place);

/* A zeroed one is fine. */
void claims_close(struct claims *claims);

#endif
