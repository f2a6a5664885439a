#ifndef RDY_APPS_TRACKER_FOUND_PEERS_H
#define RDY_APPS_TRACKER_FOUND_PEERS_H

#include <stddef.h>

#include "apps/common/peer_list.h"
#include "apps/torrent/tracker_reply.h"
#include "apps/tracker/own_port.h"

/* What became of the peers of one reply. */
struct found_peers {
    size_t count;     /* that may be tried; those that are in the list already count, too */
    size_t ourselves; /* left out */
    size_t useless;   /* left out: of the wrong family, or no address of one host */
};

/* Adds the peers to the list. `family` is theirs, AF_UNSPEC for any. 0 or -ENOMEM. */
int found_peers_add(const struct tracker_reply *reply, struct own_port *own, int family, peer_list *peers,
                    struct found_peers *found);

/* Says on stderr what the tracker has told, in one line. */
void found_peers_tell(const struct found_peers *found, const struct tracker_reply *reply, const char *url);

#endif
