#ifndef TESTS_FUZZ_CHOICES_H
#define TESTS_FUZZ_CHOICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an input decides, a byte at a time. Behind its end every choice is 0. */
struct choices {
    const uint8_t *next;
    size_t left;
};

static inline bool has_choices(const struct choices *choices)
{
    return choices->left > 0;
}

static inline uint8_t choose_byte(struct choices *choices)
{
    if (!has_choices(choices))
        return 0;
    choices->left--;
    return *choices->next++;
}

/* One of `count`, at most 256. */
static inline uint32_t choose(struct choices *choices, uint32_t count)
{
    return choose_byte(choices) % count;
}

/* A number of up to `bytes` bytes. */
static inline uint64_t choose_number(struct choices *choices, int bytes)
{
    uint64_t number = 0;
    for (int i = 0; i < bytes; i++)
        number = number << 8 | choose_byte(choices);
    return number;
}

#endif
