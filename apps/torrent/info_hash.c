#include "apps/torrent/info_hash.h"

#include <errno.h>
#include <string.h>

/* A way to write bytes: each digit holds `bits` bits, the highest first. */
struct notation {
    const char *digits; /* in small letters, then in capitals */
    unsigned bits;
};

static const struct notation hex = {"0123456789abcdef0123456789ABCDEF", 4};
static const struct notation base32 = {"abcdefghijklmnopqrstuvwxyz234567ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 5};

/* The value of a digit, or -1: not isxdigit(3), whose answer is the locale's business. */
static int value_of(const struct notation *notation, char digit)
{
    const char *found = digit == '\0' ? NULL : strchr(notation->digits, digit);
    return found == NULL ? -1 : (int)(found - notation->digits) % (1 << notation->bits);
}

/* Of so many digits that they hold the hash to the bit. */
static int parse(const struct notation *notation, const char *text, uint8_t info_hash[INFO_HASH_SIZE])
{
    uint8_t bytes[INFO_HASH_SIZE];
    unsigned held = 0; /* the bits that wait for a whole byte, and their number */
    unsigned count = 0;
    for (size_t i = 0; i < sizeof bytes;) {
        const int value = value_of(notation, *text++);
        if (value < 0)
            return -EINVAL;
        held = held << notation->bits | (unsigned)value;
        count += notation->bits;
        if (count >= 8)
            bytes[i++] = (uint8_t)(held >> (count -= 8));
    }
    memcpy(info_hash, bytes, sizeof bytes);
    return 0;
}

int info_hash_parse(const char *text, uint8_t info_hash[INFO_HASH_SIZE])
{
    return strlen(text) == 40 ? parse(&hex, text, info_hash) : -EINVAL;
}

int info_hash_parse_magnet(const char *text, size_t length, uint8_t info_hash[INFO_HASH_SIZE])
{
    if (length == 40)
        return parse(&hex, text, info_hash);
    return length == 32 ? parse(&base32, text, info_hash) : -EINVAL;
}
