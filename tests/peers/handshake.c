#include "tests/peers/handshake.h"

#include <stdio.h>
#include <string.h>

/* In two strings, or the B would be read as a hexadecimal digit. */
static const char protocol[] = "\x13"
                               "BitTorrent protocol";

enum { PROTOCOL_SIZE = sizeof(protocol) - 1 };

void handshake_write(unsigned char handshake[HANDSHAKE_SIZE], const unsigned char info_hash[INFO_HASH_SIZE],
                     size_t number)
{
    char peer_id[HANDSHAKE_SIZE - PEER_ID_OFFSET + 1];
    (void)snprintf(peer_id, sizeof(peer_id), "-SP0001-%012zu", number);

    memset(handshake, 0, HANDSHAKE_SIZE);
    memcpy(handshake, protocol, PROTOCOL_SIZE);
    memcpy(handshake + INFO_HASH_OFFSET, info_hash, INFO_HASH_SIZE);
    memcpy(handshake + PEER_ID_OFFSET, peer_id, HANDSHAKE_SIZE - PEER_ID_OFFSET);
}
