#ifndef RDY_APPS_PROBE_WANTED_H
#define RDY_APPS_PROBE_WANTED_H

#include <stdbool.h>
#include <stdint.h>

#include "apps/common/peer_list.h"
#include "apps/probe/options.h"
#include "apps/torrent/magnet.h"
#include "apps/torrent/metainfo.h"

/* The torrent that peers are asked for, from --torrent, --magnet or --info-hash. */
struct wanted {
    uint8_t info_hash[INFO_HASH_SIZE];
    struct metainfo metainfo; /* zeroed unless a file was given */
    struct magnet magnet;     /* zeroed unless a URI was given */
};

/*
 * Reads what the options name, none of which is fine too, and adds the peers that a magnet URI names to the list.
 * EXIT_OK, else what to exit with: what was wrong has been reported. Free it in both cases.
 */
int wanted_open(const struct options *options, peer_list *peers, struct wanted *wanted);

/* The trackers that the torrent itself names; may be empty. */
const struct tracker_tiers *wanted_trackers(const struct wanted *wanted);

void wanted_free(struct wanted *wanted);

#endif
