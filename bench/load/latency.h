#ifndef RDY_BENCH_LOAD_LATENCY_H
#define RDY_BENCH_LOAD_LATENCY_H

#include <stdint.h>

/*
 * Latencies in nanoseconds, counted in log-linear buckets: each power of two from 256 on is cut into 128 equal ones,
 * and each time below has its own, so a percentile is within 0.4 % of the exact one. The prober's histogram keeps
 * only buckets in use and searches them; this one has them all, in fixed memory, and adds a latency in a few
 * instructions. Count, total and most are exact. A zeroed one is empty.
 */
enum {
    LATENCY_PART_BITS = 7,
    LATENCY_PLACES = (64 - LATENCY_PART_BITS) << LATENCY_PART_BITS,
};

struct latency {
    uint64_t count;
    int64_t total_ns;
    int64_t most_ns;
    uint64_t counts[LATENCY_PLACES];
};

static inline unsigned latency_place(int64_t ns)
{
    const int bits = 64 - __builtin_clzll((uint64_t)ns | 1);
    const int shift = bits > LATENCY_PART_BITS + 1 ? bits - (LATENCY_PART_BITS + 1) : 0;
    return ((unsigned)shift << LATENCY_PART_BITS) + (unsigned)(ns >> shift);
}

/* Adds one that is not negative. */
static inline void latency_add(struct latency *latency, int64_t ns)
{
    latency->count++;
    latency->total_ns += ns;
    latency->most_ns = ns > latency->most_ns ? ns : latency->most_ns;
    latency->counts[latency_place(ns)]++;
}

/* By nearest rank, of 0 to 1 of all: the middle of the bucket, but not above the most. 0 for an empty one. */
int64_t latency_percentile(const struct latency *latency, double part);

/* 0 for an empty one. */
double latency_mean(const struct latency *latency);

#endif
