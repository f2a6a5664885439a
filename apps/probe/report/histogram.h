#ifndef RDY_APPS_PROBE_REPORT_HISTOGRAM_H
#define RDY_APPS_PROBE_REPORT_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

/*
 * Times in nanoseconds, counted in log-linear buckets: each power of two from 256 on is cut into 128 equal
 * ones, and each time below has its own. A bucket is narrower than 1/128 of what it holds, so a percentile
 * is within 0.4 % of the exact one. Count, total, least and most are exact.
 *
 * Histograms add up exactly: that of two sets is that of their union, in whatever order it was made. A zeroed
 * one is empty.
 */
struct histogram {
    struct histogram_bucket *buckets; /* those that hold something, in ascending order */
    size_t bucket_count;
    size_t capacity;
    uint64_t count;
    int64_t total_ns; /* INT64_MAX if it is more: 292 years */
    int64_t least_ns;
    int64_t most_ns;
};

struct histogram_bucket {
    uint64_t count;
    uint32_t place; /* below HISTOGRAM_PLACES */
};

/* There are so many buckets: up to INT64_MAX. */
#define HISTOGRAM_PLACES 7296

/* The bucket of a time, which is not negative. */
uint32_t histogram_place(int64_t ns);

/* Adds one time; a negative one counts as 0. 0, or -ENOMEM and nothing has changed. */
int histogram_add(struct histogram *histogram, int64_t ns);

/* Adds all of another one. 0, or -ENOMEM: then it is to be freed. */
int histogram_merge(struct histogram *histogram, const struct histogram *other);

/*
 * The percentile by nearest rank, 0 to 100: the middle of the bucket that holds the time of that rank, but not
 * below the least nor above the most. 0 for an empty histogram.
 */
int64_t histogram_percentile(const struct histogram *histogram, double percent);

/* Leaves an empty one. */
void histogram_free(struct histogram *histogram);

#endif
