#include "apps/probe/handshake.h"

#include <errno.h>
#include <string.h>

static const char protocol[] = "\x13"
                               "BitTorrent protocol";

enum {
    PROTOCOL_SIZE = sizeof(protocol) - 1,
    HASH_AT = 28,
    ID_AT = HASH_AT + HANDSHAKE_HASH_SIZE,
};

/* 0 to 15, or -1: not isxdigit(3), whose answer is the locale's business. */
static int hex_digit(char digit)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *found = digit == '\0' ? NULL : strchr(digits, digit);
    return found == NULL ? -1 : (int)((found - digits) % 16);
}

int handshake_parse_info_hash(const char *text, uint8_t info_hash[HANDSHAKE_HASH_SIZE])
{
    uint8_t bytes[HANDSHAKE_HASH_SIZE];
    if (strlen(text) != 2 * sizeof(bytes))
        return -EINVAL;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        const int high = hex_digit(text[2 * i]);
        const int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return -EINVAL;
        bytes[i] = (uint8_t)(high * 16 + low);
    }
    memcpy(info_hash, bytes, sizeof(bytes));
    return 0;
}

void handshake_make(const uint8_t info_hash[HANDSHAKE_HASH_SIZE], const uint8_t peer_id[HANDSHAKE_ID_SIZE],
                    uint8_t bytes[HANDSHAKE_SIZE])
{
    memset(bytes, 0, HANDSHAKE_SIZE);
    memcpy(bytes, protocol, PROTOCOL_SIZE);
    memcpy(bytes + HASH_AT, info_hash, HANDSHAKE_HASH_SIZE);
    memcpy(bytes + ID_AT, peer_id, HANDSHAKE_ID_SIZE);
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

enum handshake_verdict handshake_feed(const uint8_t ours[HANDSHAKE_SIZE], size_t *received,
                                      const uint8_t *bytes, size_t size)
{
    enum handshake_verdict verdict = HANDSHAKE_INCOMPLETE;
    for (size_t i = 0; i < size && *received < HANDSHAKE_SIZE && verdict == HANDSHAKE_INCOMPLETE; i++) {
        const size_t offset = (*received)++;
        if (bytes[i] != ours[offset])
            verdict = judge_difference(offset);
    }
    return verdict == HANDSHAKE_INCOMPLETE && *received == HANDSHAKE_SIZE ? HANDSHAKE_OK : verdict;
}
