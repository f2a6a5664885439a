#ifndef RDY_APPS_PROBE_TALK_HANDSHAKE_H
#define RDY_APPS_PROBE_TALK_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/torrent/info_hash.h"

/*
 * The handshake of BitTorrent (BEP 3), which both sides send first. Pure calculation, no socket.
 *
 *      0  the length of the protocol's name, 19, and the name
 *     20  8 reserved bytes: bits for extensions, each side has its own
 *     28  the info-hash of the torrent
 *     48  the id of the sender
 */
#define HANDSHAKE_SIZE      68
#define HANDSHAKE_HASH_SIZE INFO_HASH_SIZE
#define HANDSHAKE_ID_SIZE   20

enum handshake_verdict {
    HANDSHAKE_INCOMPLETE,
    HANDSHAKE_OK,
    HANDSHAKE_WRONG_PROTOCOL,
    HANDSHAKE_WRONG_INFO_HASH,
};

/* Our side. Without a reserved bit: the peer speaks plain BEP 3 with us. */
void handshake_make(const uint8_t info_hash[HANDSHAKE_HASH_SIZE], const uint8_t peer_id[HANDSHAKE_ID_SIZE],
                    uint8_t bytes[HANDSHAKE_SIZE]);

/* Says in ours that we understand the fast extension (BEP 6) and the extension protocol (BEP 10). */
void handshake_offer_extensions(uint8_t ours[HANDSHAKE_SIZE]);

/* What came of the peer's side. Begin with a zeroed one. */
struct handshake {
    uint8_t received;  /* bytes */
    bool has_fast;     /* it offers the fast extension */
    bool has_extended; /* it offers the extension protocol */
};

/*
 * Judges the next `size` bytes of the peer's side against `ours`; theirs->received tells how many of them were
 * its handshake's. A wrong byte decides at once, whatever is still missing; bytes behind the handshake are not
 * looked at.
 */
enum handshake_verdict handshake_feed(const uint8_t ours[HANDSHAKE_SIZE], struct handshake *theirs,
                                      const uint8_t *bytes, size_t size);

#endif
