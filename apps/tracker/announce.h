#ifndef RDY_APPS_TRACKER_ANNOUNCE_H
#define RDY_APPS_TRACKER_ANNOUNCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/common/peer_list.h"
#include "reactor/clock.h"

/*
 * Asks trackers for the peers of a torrent, before they are probed, and takes leave of them behind that:
 *
 *     announce_open(&settings, &announce);
 *     announce_run(announce, &peers);
 *     ... probe them ...
 *     announce_stop(announce);
 *     announce_close(announce);
 *
 * Each of the two runs has a loop of its own, so that no descriptor but the port's stays open in between.
 *
 * The trackers of the torrent are asked in the order of BEP 12: tier by tier, those of a tier in an order of chance. The
 * next one is asked as soon as the last one fails, or beside it once that has been silent for ANNOUNCE_OVERDUE; the
 * first that answers ends it, and those that are still silent are abandoned. That deviates from BEP 12, which waits for
 * a tier to its end before the next: in a magnet link each tracker is a tier, and each dead one would cost a whole
 * time-out. Those that were given by hand are all asked, at the same time; if they are in the tiers too, or there twice
 * (the same text), once. A failure reason is a failure.
 *
 * A tracker takes whoever asks it for a peer. We announce a port that this process has bound, TCP, IPv4 and IPv6, and
 * on which it does not listen: nobody else on this host can have it, and who comes is refused. An entry of an answer
 * with that port, and an address of this host or the one that the tracker sees us by (BEP 24), is ourselves and is left
 * out. Bytes left are never told to be 0: we are no seed.
 */
struct announce;

#define ANNOUNCE_TIMEOUT      (15 * RDY_SECOND)
#define ANNOUNCE_OVERDUE      (2 * RDY_SECOND) /* of silence: then the next tracker is asked, too */
#define ANNOUNCE_STOP_TIMEOUT (3 * RDY_SECOND)
#define ANNOUNCE_NUMWANT      200

struct tracker_tiers;

/*
 * What is pointed to is borrowed until announce_close. Without a ca_file the variables CURL_CA_BUNDLE and SSL_CERT_FILE
 * are asked for one.
 */
struct announce_settings {
    const uint8_t *info_hash;          /* 20 bytes */
    const uint8_t *peer_id;            /* 20 bytes, the same as in our handshakes */
    const struct tracker_tiers *tiers; /* of the torrent; NULL for none */
    const char *const *urls;           /* given by hand */
    size_t url_count;
    uint64_t left;       /* bytes of the torrent; 0 if that is not known */
    size_t numwant;      /* peers wanted of each tracker; 0 is ANNOUNCE_NUMWANT */
    int64_t timeout_ns;  /* for each tracker, its lookup included; 0 is ANNOUNCE_TIMEOUT */
    int family;          /* AF_INET or AF_INET6: no tracker and no peer of the other; AF_UNSPEC for both */
    const char *ca_file; /* certificates to trust in place of the system's; NULL: as the environment says */
    const char *backend; /* as in rdy_poll_options */
    bool quiet;          /* no note of a tracker that answered; failures are told all the same */
};

/*
 * Binds the port and puts the trackers in order; asks none. 0, or a negative errno that has been reported on stderr.
 */
int announce_open(const struct announce_settings *settings, struct announce **out);

/*
 * Asks the trackers and adds the peers that they name to `peers`, each once. May be called once. Says on stderr, in a
 * line for each tracker that was asked and not abandoned, how many it named, or why it gave no answer. While it runs
 * SIGINT and SIGTERM end it, SIGQUIT and, where there is one, SIGINFO have it say how far it is; when it returns, these
 * do again what they did before.
 *
 * How many trackers have answered, 0 if none did; -ECANCELED after a signal, when the peers named before have been
 * added; another negative errno, which has been reported, if this machine failed.
 */
int announce_run(struct announce *announce, peer_list *peers);

/*
 * Tells those that may name us to others that we stop (event=stopped): who got our announce and has not refused it,
 * be it that it answered, kept silent until its time-out, was abandoned or was broken off by a signal. Takes
 * ANNOUNCE_STOP_TIMEOUT or the time-out of the settings at most, whichever is shorter. SIGINT and SIGTERM end it at once.
 * What fails is of no interest any more, and is not told.
 */
void announce_stop(struct announce *announce);

/* NULL is fine. */
void announce_close(struct announce *announce);

#endif
