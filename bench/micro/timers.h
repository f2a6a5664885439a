#ifndef RDY_BENCH_MICRO_TIMERS_H
#define RDY_BENCH_MICRO_TIMERS_H

/*
 * What many timers cost: all are armed, half are cancelled in random order, the rest expire in turns of the loop, one
 * every 10 ms. The clock is the benchmark's own: it stands in front of clock_gettime(2), which all libraries ask, and
 * stands still but for a step before each turn. So nobody sleeps, every library has the same work in each turn, and
 * what expires too early or more than a millisecond late is found.
 */

#include <stdint.h>

#include "bench/micro/micro.h"

struct timers_expired {
    uint64_t count;
    uint64_t places; /* the sum of their places, which tells that they were the right ones */
};

extern struct timers_expired timers_expired;

/* To be called by what a timer calls when it expires. */
static inline void timers_expire(uint64_t place)
{
    timers_expired.count++;
    timers_expired.places += place;
}

/* What each library has. Makes `count` timers that are not armed. */
void timers_open(unsigned count);

/* Arms them all. A delay is in nanoseconds from now, and the loop runs as long as there are timers. */
void timers_insert(const int64_t *delays, unsigned count);

/* Cancels those whose places are listed. */
void timers_cancel(const unsigned *places, unsigned count);

/* One turn of the loop, which asks the clock, looks at its descriptors and does not sleep. */
void timers_turn(void);

#endif
