#include "apps/probe/report/histogram.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    PART_BITS = 7, /* a power of two is cut into so many parts, as bits */
    PARTS = 1 << PART_BITS,
    CAPACITY_AT_FIRST = 8,
};

uint32_t histogram_place(int64_t ns)
{
    uint32_t shift = 0;
    while (ns >> shift >= INT64_C(2) * PARTS)
        shift++;
    return shift * PARTS + (uint32_t)(ns >> shift);
}

/* The middle of what a bucket holds. */
static int64_t middle_of(uint32_t place)
{
    if (place < 2 * PARTS)
        return place;
    const uint32_t shift = place / PARTS - 1;
    const int64_t least = (int64_t)(place - shift * PARTS) << shift;
    return least + ((INT64_C(1) << shift) - 1) / 2;
}

/* Where the bucket stands, or is to stand. */
static size_t find(const struct histogram *histogram, uint32_t place)
{
    size_t low = 0;
    size_t high = histogram->bucket_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (histogram->buckets[middle].place < place)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int grow(struct histogram *histogram)
{
    if (histogram->bucket_count < histogram->capacity)
        return 0;
    const size_t capacity = histogram->capacity == 0 ? CAPACITY_AT_FIRST : 2 * histogram->capacity;
    struct histogram_bucket *buckets = realloc(histogram->buckets, capacity * sizeof *buckets);
    if (buckets == NULL)
        return -ENOMEM;
    histogram->buckets = buckets;
    histogram->capacity = capacity;
    return 0;
}

static int count_in(struct histogram *histogram, uint32_t place, uint64_t count)
{
    const size_t index = find(histogram, place);
    if (index == histogram->bucket_count || histogram->buckets[index].place != place) {
        if (grow(histogram) < 0)
            return -ENOMEM;
        struct histogram_bucket *bucket = &histogram->buckets[index];
        memmove(bucket + 1, bucket, (histogram->bucket_count - index) * sizeof *bucket);
        *bucket = (struct histogram_bucket){.place = place};
        histogram->bucket_count++;
    }
    histogram->buckets[index].count += count;
    return 0;
}

static void widen(struct histogram *histogram, uint64_t count, int64_t total_ns, int64_t least_ns,
                  int64_t most_ns)
{
    if (histogram->count == 0 || least_ns < histogram->least_ns)
        histogram->least_ns = least_ns;
    if (most_ns > histogram->most_ns)
        histogram->most_ns = most_ns;
    histogram->total_ns =
        total_ns > INT64_MAX - histogram->total_ns ? INT64_MAX : histogram->total_ns + total_ns;
    histogram->count += count;
}

int histogram_add(struct histogram *histogram, int64_t ns)
{
    const int64_t time_ns = ns < 0 ? 0 : ns;
    if (count_in(histogram, histogram_place(time_ns), 1) < 0)
        return -ENOMEM;
    widen(histogram, 1, time_ns, time_ns, time_ns);
    return 0;
}

int histogram_merge(struct histogram *histogram, const struct histogram *other)
{
    for (size_t i = 0; i < other->bucket_count; i++)
        if (count_in(histogram, other->buckets[i].place, other->buckets[i].count) < 0)
            return -ENOMEM;
    if (other->count > 0)
        widen(histogram, other->count, other->total_ns, other->least_ns, other->most_ns);
    return 0;
}

/* The smallest number of times that are at least that part of all, from 1 to all. */
static uint64_t rank_of(uint64_t count, double percent)
{
    const double part = percent / 100 * (double)count;
    uint64_t rank = part <= 0 ? 0 : part >= (double)count ? count : (uint64_t)part;
    if ((double)rank < part)
        rank++;
    return rank == 0 ? 1 : rank;
}

int64_t histogram_percentile(const struct histogram *histogram, double percent)
{
    if (histogram->count == 0)
        return 0;
    const uint64_t rank = rank_of(histogram->count, percent);
    uint64_t seen = 0;
    size_t i = 0;
    while (seen + histogram->buckets[i].count < rank)
        seen += histogram->buckets[i++].count;
    const int64_t middle_ns = middle_of(histogram->buckets[i].place);
    if (middle_ns < histogram->least_ns)
        return histogram->least_ns;
    return middle_ns > histogram->most_ns ? histogram->most_ns : middle_ns;
}

void histogram_free(struct histogram *histogram)
{
    free(histogram->buckets);
    *histogram = (struct histogram){0};
}
