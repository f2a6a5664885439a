#ifndef RDY_TESTS_HOSTILE_CHANCE_H
#define RDY_TESTS_HOSTILE_CHANCE_H

#include <stdint.h>

/* Numbers that follow from a seed alone (splitmix64), the same on every machine. */
struct chance {
    uint64_t state;
};

static inline uint64_t chance_next(struct chance *chance)
{
    uint64_t number = chance->state += UINT64_C(0x9E3779B97F4A7C15);
    number = (number ^ (number >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    number = (number ^ (number >> 27)) * UINT64_C(0x94D049BB133111EB);
    return number ^ (number >> 31);
}

/* 0 to bound - 1. */
static inline uint32_t chance_below(struct chance *chance, uint32_t bound)
{
    return (uint32_t)((chance_next(chance) >> 32) * bound >> 32);
}

/* From `least` on, each power of two above it as likely as the next, up to `least` << `powers`. */
static inline uint32_t chance_scaled(struct chance *chance, uint32_t least, uint32_t powers)
{
    const uint32_t low = least << chance_below(chance, powers);
    return low + chance_below(chance, low + 1);
}

#endif
