#ifndef RDY_APPS_COMMON_HASH_H
#define RDY_APPS_COMMON_HASH_H

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>

/* FNV-1a: begins with a seed, and takes a byte. */
static inline uint32_t hash_begin(uint32_t seed)
{
    return UINT32_C(2166136261) ^ seed;
}

static inline uint32_t hash_byte(uint32_t hash, uint8_t byte)
{
    return (hash ^ byte) * UINT32_C(16777619);
}

/* Over bytes. */
static inline uint32_t hash_bytes(uint32_t seed, const uint8_t *bytes, size_t size)
{
    uint32_t hash = hash_begin(seed);
    for (size_t i = 0; i < size; i++)
        hash = hash_byte(hash, bytes[i]);
    return hash;
}

/* Over a text in small letters. */
static inline uint32_t hash_text(uint32_t seed, const char *text)
{
    uint32_t hash = hash_begin(seed);
    for (; *text != '\0'; text++)
        hash = hash_byte(hash, (uint8_t)tolower((unsigned char)*text));
    return hash;
}

#endif
