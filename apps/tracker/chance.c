#include "apps/tracker/chance.h"

#include <errno.h>
#include <unistd.h>
#ifdef __APPLE__
#include <sys/random.h> /* getentropy(2), which others have in <unistd.h> */
#endif

int chance_open(struct chance *chance)
{
    uint64_t state;
    if (getentropy(&state, sizeof state) < 0)
        return -errno;
    chance->state = state;
    return 0;
}

/* SplitMix64 (Steele, Lea, Flood, 2014); the upper half of each number. */
uint32_t chance_next(void *context)
{
    struct chance *chance = context;
    chance->state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t mixed = chance->state;
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94D049BB133111EB);
    return (uint32_t)((mixed ^ mixed >> 31) >> 32);
}
