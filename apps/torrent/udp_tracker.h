#ifndef RDY_APPS_TORRENT_UDP_TRACKER_H
#define RDY_APPS_TORRENT_UDP_TRACKER_H

#include <stddef.h>
#include <stdint.h>

#include "apps/torrent/format_error.h"
#include "apps/torrent/info_hash.h"
#include "apps/torrent/tracker_reply.h"

/*
 * The packets of UDP trackers (BEP 15, BEP 41). First a connection id is asked for, with which announces are
 * made for a minute. An answer carries the transaction id of its question; packets with another one are not
 * for us.
 */
#define UDP_TRACKER_CONNECT_SIZE 16
#define UDP_TRACKER_PATH_MAX     1020 /* bytes of the path and query of a URL */
#define UDP_TRACKER_ANNOUNCE_MAX 1126 /* an announce with the longest path */

/* Writes the question for a connection id. */
void udp_tracker_make_connect(uint32_t transaction_id, uint8_t packet[UDP_TRACKER_CONNECT_SIZE]);

enum udp_tracker_event {
    UDP_TRACKER_NONE = 0,
    UDP_TRACKER_COMPLETED = 1,
    UDP_TRACKER_STARTED = 2,
    UDP_TRACKER_STOPPED = 3,
};

struct udp_tracker_announce {
    uint64_t connection_id;
    uint32_t transaction_id;
    const uint8_t *info_hash; /* INFO_HASH_SIZE bytes */
    const uint8_t *peer_id;   /* 20 bytes */
    uint64_t downloaded;
    uint64_t left;
    uint64_t uploaded;
    enum udp_tracker_event event;
    uint32_t key;     /* who we are, whatever our address */
    int32_t numwant;  /* peers, -1 for what the tracker thinks fit */
    uint16_t port;    /* where peers would reach us */
    const char *path; /* of the URL, with the query: "/announce?key=1" (BEP 41); NULL or "" for none */
};

/* Writes an announce and returns its size; -ENAMETOOLONG if the path is longer than UDP_TRACKER_PATH_MAX. */
ptrdiff_t udp_tracker_make_announce(const struct udp_tracker_announce *announce,
                                    uint8_t packet[UDP_TRACKER_ANNOUNCE_MAX]);

/* What a tracker answers to the question for a connection id. */
struct udp_tracker_connection {
    uint64_t id;
    char *failure; /* why there is none, in the tracker's own words; the caller's to free(3), or NULL */
};

/*
 * Reads the answer to udp_tracker_make_connect. 0 on success, also if it is a failure. -EAGAIN for a packet
 * that is no answer to that transaction: wait on. -EINVAL with `error` filled in for an answer that is not as
 * it must be, -ENOMEM.
 */
int udp_tracker_read_connect(const void *packet, size_t size, uint32_t transaction_id,
                             struct udp_tracker_connection *connection, struct format_error *error);

/*
 * Reads the answer to an announce likewise. `family` is that of the tracker's address, which is also that of
 * the peers: AF_INET or AF_INET6. Free the reply with tracker_reply_free.
 */
int udp_tracker_read_announce(const void *packet, size_t size, uint32_t transaction_id, int family,
                              struct tracker_reply *reply, struct format_error *error);

#endif
