#include "apps/probe/talk/handshake.h"

#include <string.h>

static const char protocol[] = "\x13"
                               "BitTorrent protocol";

enum {
    PROTOCOL_SIZE = sizeof(protocol) - 1,
    EXTENDED_AT = 25, /* BEP 10 */
    EXTENDED_BIT = 0x10,
    FAST_AT = 27, /* BEP 6 */
    FAST_BIT = 0x04,
    HASH_AT = 28,
    ID_AT = HASH_AT + HANDSHAKE_HASH_SIZE,
};

void handshake_make(const uint8_t info_hash[HANDSHAKE_HASH_SIZE], const uint8_t peer_id[HANDSHAKE_ID_SIZE],
                    uint8_t bytes[HANDSHAKE_SIZE])
{
    memset(bytes, 0, HANDSHAKE_SIZE);
    memcpy(bytes, protocol, PROTOCOL_SIZE);
    memcpy(bytes + HASH_AT, info_hash, HANDSHAKE_HASH_SIZE);
    memcpy(bytes + ID_AT, peer_id, HANDSHAKE_ID_SIZE);
}

void handshake_offer_extensions(uint8_t ours[HANDSHAKE_SIZE])
{
    ours[EXTENDED_AT] |= EXTENDED_BIT;
    ours[FAST_AT] |= FAST_BIT;
}

/* What a byte at `offset` that is not ours says. */
static enum handshake_verdict judge_difference(size_t offset)
{
    if (offset < PROTOCOL_SIZE)
        return HANDSHAKE_WRONG_PROTOCOL;
    if (offset >= HASH_AT && offset < ID_AT)
        return HANDSHAKE_WRONG_INFO_HASH;
    return HANDSHAKE_INCOMPLETE;
}

static void note_extensions(struct handshake *theirs, size_t offset, uint8_t byte)
{
    if (offset == EXTENDED_AT)
        theirs->has_extended = (byte & EXTENDED_BIT) != 0;
    if (offset == FAST_AT)
        theirs->has_fast = (byte & FAST_BIT) != 0;
}

enum handshake_verdict handshake_feed(const uint8_t ours[HANDSHAKE_SIZE], struct handshake *theirs,
                                      const uint8_t *bytes, size_t size)
{
    enum handshake_verdict verdict = HANDSHAKE_INCOMPLETE;
    for (size_t i = 0; i < size && theirs->received < HANDSHAKE_SIZE && verdict == HANDSHAKE_INCOMPLETE;
         i++) {
        const size_t offset = theirs->received++;
        note_extensions(theirs, offset, bytes[i]);
        if (bytes[i] != ours[offset])
            verdict = judge_difference(offset);
    }
    return verdict == HANDSHAKE_INCOMPLETE && theirs->received == HANDSHAKE_SIZE ? HANDSHAKE_OK : verdict;
}
