#ifndef RDY_APPS_PROBE_HANDSHAKE_H
#define RDY_APPS_PROBE_HANDSHAKE_H

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

/* Our side: no extension, so that the peer speaks plain BEP 3 with us. */
void handshake_make(const uint8_t info_hash[HANDSHAKE_HASH_SIZE], const uint8_t peer_id[HANDSHAKE_ID_SIZE],
                    uint8_t bytes[HANDSHAKE_SIZE]);

/*
 * Judges the next `size` bytes of the peer's side against `ours`; `received` counts those that came, from 0.
 * A wrong byte decides at once, whatever is still missing; bytes behind the handshake are not looked at.
 */
enum handshake_verdict handshake_feed(const uint8_t ours[HANDSHAKE_SIZE], size_t *received,
                                      const uint8_t *bytes, size_t size);

#endif
