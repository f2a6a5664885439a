#ifndef RDY_APPS_TORRENT_MAGNET_H
#define RDY_APPS_TORRENT_MAGNET_H

#include <stddef.h>
#include <stdint.h>

#include "apps/torrent/info_hash.h"
#include "apps/torrent/tracker_tiers.h"

/* What a magnet URI says (BEP 9), for a torrent of version 1 or a hybrid. */
struct magnet {
    uint8_t info_hash[INFO_HASH_SIZE]; /* xt=urn:btih: */
    char *name;                        /* dn, NULL if it is not given */
    struct tracker_tiers trackers;     /* tr: each a tier of its own, in the order of the URI; may be empty */
    char **peers;                      /* x.pe: "HOST:PORT", not looked at any further */
    size_t peer_count;
};

/* As many x.pe and tr as this are read at most. */
#define MAGNET_PEERS_MAX 1000

/*
 * Reads a magnet URI; the values are percent-decoded, names may be numbered ("tr.1"), unknown ones are skipped, and so is a tr that is no URL
 * (tracker_tiers.h).
 * 0 on success; -EINVAL for other text, and `*expected` says what was expected of it; -ENOMEM. Everything in
 * `magnet` is its own: free it with magnet_free.
 */
int magnet_parse(const char *uri, struct magnet *magnet, const char **expected);

/* Leaves a zeroed struct. NULL is fine. */
void magnet_free(struct magnet *magnet);

#endif
