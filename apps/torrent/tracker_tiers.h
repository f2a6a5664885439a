#ifndef RDY_APPS_TORRENT_TRACKER_TIERS_H
#define RDY_APPS_TORRENT_TRACKER_TIERS_H

#include <stddef.h>
#include <stdint.h>

/*
 * The trackers of a torrent in tiers (BEP 12): those of a lower tier are asked before those of a higher one,
 * those of the same tier in random order. A zeroed struct is empty.
 */
struct tracker {
    char *url;
    size_t tier;
};

struct tracker_tiers {
    struct tracker *trackers; /* by tier, from the lowest */
    size_t count;
};

#define TRACKER_TIERS_MAX 1000 /* trackers in all: more than any torrent has */

/*
 * Adds a tracker at the end of its tier; `url` is copied, without white space around it. One that is there
 * already, in whichever tier, is skipped. 0 on success, -EINVAL for a text that is no URL in any scheme (empty,
 * white space or control characters in it), which readers of torrents leave out, -E2BIG beyond
 * TRACKER_TIERS_MAX, -ENOMEM.
 */
int tracker_tiers_add(struct tracker_tiers *tiers, size_t tier, const char *url, size_t length);

/* Adds the trackers of `more` in tiers behind those that are there. 0 or an error of tracker_tiers_add. */
int tracker_tiers_append(struct tracker_tiers *tiers, const struct tracker_tiers *more);

/* Shuffles each tier. `random` gives 32 random bits, `context` is its own. */
void tracker_tiers_shuffle(struct tracker_tiers *tiers, uint32_t (*random)(void *context), void *context);

/* Leaves an empty struct. NULL is fine. */
void tracker_tiers_free(struct tracker_tiers *tiers);

#endif
