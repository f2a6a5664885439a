#ifndef RDY_APPS_TORRENT_TRACKER_REPLY_H
#define RDY_APPS_TORRENT_TRACKER_REPLY_H

#include <stddef.h>
#include <stdint.h>

#include "apps/torrent/format_error.h"
#include "net/address.h"

/* What a tracker answers to an announce, over HTTP (BEP 3) or UDP (udp_tracker.h). */
struct tracker_name {
    char *host; /* to be looked up */
    uint16_t port;
};

struct tracker_reply {
    char *failure; /* why the tracker gives no peers, in its own words: then nothing but `warning` is set */
    char *warning; /* NULL if there is none, as above */
    char *tracker_id;   /* to be sent back with the next announce, or NULL; may hold any byte but NUL */
    int64_t interval_s; /* how long to wait before the next regular announce; this and the numbers below */
    int64_t min_interval_s; /* are -1 where the tracker does not say, or says what cannot be */
    int64_t complete;       /* seeds */
    int64_t incomplete;     /* leechers */
    rdy_address external;   /* our address as the tracker sees it (BEP 24), port 0; or AF_UNSPEC */
    rdy_address *addresses; /* the peers, in the order of the reply */
    size_t address_count;
    struct tracker_name *names; /* peers whose "ip" is a host name, as BEP 3 allows */
    size_t name_count;
    size_t skipped; /* peers that cannot be: port 0, or an "ip" that is neither address nor name */
};

/* Longer replies are refused: room for 170 000 compact peers, and each takes some 140 bytes of memory. */
#define TRACKER_REPLY_SIZE_MAX (1 << 20)

/*
 * Reads the body of an HTTP tracker's answer. Peers come compact (BEP 23), as "peers6" (BEP 7), both, or as
 * dictionaries (BEP 3). The order of keys is not looked at: some trackers do not sort them; in all else the
 * bencode is strict. 0 on success, also for a reply that is a failure: look at `failure` first. -EINVAL with
 * `error` filled in for other bytes, -EMSGSIZE above TRACKER_REPLY_SIZE_MAX, -ENOMEM. Everything in `reply` is
 * its own: free it with tracker_reply_free.
 */
int tracker_reply_parse(const void *bytes, size_t size, struct tracker_reply *reply,
                        struct format_error *error);

/* A reply that says nothing. */
struct tracker_reply tracker_reply_empty(void);

/* How many bytes a compact peer of that family has: 6 for AF_INET, 18 for AF_INET6. */
size_t tracker_reply_peer_size(int family);

/* Adds `count` compact peers of a family; port 0 is skipped. 0 or -ENOMEM. */
int tracker_reply_add_compact(struct tracker_reply *reply, int family, const uint8_t *bytes, size_t count);

/* Leaves a zeroed struct. NULL is fine. */
void tracker_reply_free(struct tracker_reply *reply);

#endif
