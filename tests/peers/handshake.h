#ifndef STORY_PEERS_HANDSHAKE_H
#define STORY_PEERS_HANDSHAKE_H

#include <stddef.h>

/* The handshake of BEP 3: \x13 "BitTorrent protocol", 8 reserved bytes, info-hash, peer id. */
enum {
    RESERVED_OFFSET = 20,
    INFO_HASH_SIZE = 20,
    INFO_HASH_OFFSET = 28,
    PEER_ID_OFFSET = 48,
    HANDSHAKE_SIZE = 68,
};

/* The reserved bits, as byte and mask: BEP 10, BEP 6. */
enum {
    EXTENDED_BYTE = RESERVED_OFFSET + 5,
    EXTENDED_MASK = 0x10,
    FAST_BYTE = RESERVED_OFFSET + 7,
    FAST_MASK = 0x04,
};

/* With no reserved bit set. `number` goes into the peer id, so that peers differ. */
void handshake_write(unsigned char handshake[HANDSHAKE_SIZE], const unsigned char info_hash[INFO_HASH_SIZE],
                     size_t number);

#endif
