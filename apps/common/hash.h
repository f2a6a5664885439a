#ifndef RDY_APPS_COMMON_HASH_H
#define RDY_APPS_COMMON_HASH_H

#include <ctype.h>
#include <stdint.h>

/* FNV-1a over a text in small letters, from a seed. */
static inline uint32_t hash_text(uint32_t seed, const char *text)
{
    uint32_t hash = UINT32_C(2166136261) ^ seed;
    for (; *text != '\0'; text++)
        hash = (hash ^ (uint32_t)tolower((unsigned char)*text)) * UINT32_C(16777619);
    return hash;
}

#endif
