#ifndef RDY_APPS_TRACKER_CHANCE_H
#define RDY_APPS_TRACKER_CHANCE_H

#include <stdint.h>

/* Numbers that nobody guesses who has not seen where they began. */
struct chance {
    uint64_t state;
};

/* Begins at random. 0, or the negative errno of getentropy(2). */
int chance_open(struct chance *chance);

/* The next number of a struct chance; so typed for tracker_tiers_shuffle. */
uint32_t chance_next(void *chance);

#endif
