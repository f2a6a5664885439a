#include "apps/common/hash.h"

#include <ctype.h>
#include <stdbool.h>
#include <unistd.h>
#ifdef __APPLE__
#include <sys/random.h> /* getentropy(2), which others have in <unistd.h> */
#endif

#include "reactor/clock.h"

struct hash {
    uint64_t state[4];
    uint64_t word; /* the bytes since the last whole one */
    size_t size;
};

static uint64_t rotated(uint64_t word, unsigned bits)
{
    return word << bits | word >> (64 - bits);
}

static void mix(uint64_t state[4], int rounds)
{
    for (int i = 0; i < rounds; i++) {
        state[0] += state[1];
        state[2] += state[3];
        state[1] = rotated(state[1], 13) ^ state[0];
        state[3] = rotated(state[3], 16) ^ state[2];
        state[0] = rotated(state[0], 32);
        state[2] += state[1];
        state[0] += state[3];
        state[1] = rotated(state[1], 17) ^ state[2];
        state[3] = rotated(state[3], 21) ^ state[0];
        state[2] = rotated(state[2], 32);
    }
}

static struct hash begin(const uint64_t key[2])
{
    return (struct hash){
        .state = {key[0] ^ UINT64_C(0x736f6d6570736575), key[1] ^ UINT64_C(0x646f72616e646f6d),
                  key[0] ^ UINT64_C(0x6c7967656e657261), key[1] ^ UINT64_C(0x7465646279746573)}};
}

static void take_word(struct hash *hash)
{
    hash->state[3] ^= hash->word;
    mix(hash->state, 2);
    hash->state[0] ^= hash->word;
    hash->word = 0;
}

static void take(struct hash *hash, uint8_t byte)
{
    hash->word |= (uint64_t)byte << 8 * (hash->size++ % 8);
    if (hash->size % 8 == 0)
        take_word(hash);
}

static uint64_t end(struct hash *hash)
{
    hash->word |= (uint64_t)hash->size << 56;
    take_word(hash);
    hash->state[2] ^= 0xff;
    mix(hash->state, 4);
    return hash->state[0] ^ hash->state[1] ^ hash->state[2] ^ hash->state[3];
}

uint64_t hash_with_key(const uint64_t key[2], const uint8_t *bytes, size_t size)
{
    struct hash hash = begin(key);
    for (size_t i = 0; i < size; i++)
        take(&hash, bytes[i]);
    return end(&hash);
}

/* Without the system's chance the time will do: it only makes the tables slower to attack. */
static struct hash begin_with_number(uint64_t number)
{
    static uint64_t key[2];
    static bool is_drawn;
    if (!is_drawn && getentropy(key, sizeof key) < 0)
        key[0] = (uint64_t)rdy_clock_now();
    is_drawn = true;
    struct hash hash = begin(key);
    hash.word = number;
    hash.size = sizeof number;
    take_word(&hash);
    return hash;
}

uint32_t hash_bytes(uint64_t number, const uint8_t *bytes, size_t size)
{
    struct hash hash = begin_with_number(number);
    for (size_t i = 0; i < size; i++)
        take(&hash, bytes[i]);
    return (uint32_t)end(&hash);
}

uint32_t hash_text(uint64_t number, const char *text)
{
    struct hash hash = begin_with_number(number);
    for (; *text != '\0'; text++)
        take(&hash, (uint8_t)tolower((unsigned char)*text));
    return (uint32_t)end(&hash);
}
