#ifndef RDY_APPS_TRACKER_ROUND_H
#define RDY_APPS_TRACKER_ROUND_H

/* What announce.c and the two ways to ask a tracker (http_announcer.c, udp_announcer.c) share. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/adapters/loop.h"
#include "apps/torrent/tracker_reply.h"
#include "apps/tracker/chance.h"
#include "apps/tracker/own_port.h"
#include "net/address.h"

/* The address of a UDP tracker that has answered, and by what it remembers us (BEP 15). */
struct association {
    rdy_address address;
    uint64_t connection_id;
    int64_t connected_ns; /* when the id was given, of rdy_clock_now */
};

/* A tracker to be asked, from the first round to the last. */
struct target {
    const char *url;
    bool may_name_us; /* it got our announce and has not refused it, be it that it kept silent */
    char *tracker_id; /* that it wants to hear again, NULL for none; owned */
    struct association associations[2]; /* one of each family, that got our announce and has not refused it */
    size_t association_count;
};

enum announce_event { EVENT_STARTED, EVENT_STOPPED };

/* One announce to some trackers, and what each of them is told. It must not move. */
struct round {
    struct loop loop;
    struct chance *chance;
    struct own_port *own; /* learns our end of each connection */
    enum announce_event event;
    const uint8_t *info_hash;
    const uint8_t *peer_id;
    uint64_t left;
    uint32_t numwant;
    uint32_t key;
    int family;
    int64_t timeout_ns;
    const char *ca_file;
    /*
     * Called once for each tracker that was started and not cancelled, with its reply, or with NULL and why there is none;
     * with both if a part of the reply was lost. Both are valid until it returns. It may start other trackers, and cancel
     * them.
     */
    void (*finished)(struct round *round, struct target *target, const struct tracker_reply *reply,
                     const char *problem);
    /* NULL, or called before that as soon as a part of a reply is there. Likewise. */
    void (*answering)(struct round *round, struct target *target);
};

/* Room for why a tracker has given no reply. */
#define PROBLEM_MAX 512

#endif
