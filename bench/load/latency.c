#include "bench/load/latency.h"

#include <math.h>

static int64_t middle_of(unsigned place)
{
    if (place < 2U << LATENCY_PART_BITS)
        return place;
    const unsigned shift = (place >> LATENCY_PART_BITS) - 1;
    const int64_t least = (int64_t)(place - (shift << LATENCY_PART_BITS)) << shift;
    return least + ((INT64_C(1) << shift) - 1) / 2;
}

int64_t latency_percentile(const struct latency *latency, double part)
{
    const double rank = ceil(part * (double)latency->count);
    uint64_t seen = latency->counts[0];
    unsigned place = 0;
    if (latency->count == 0)
        return 0;
    while ((double)seen < rank || seen == 0)
        seen += latency->counts[++place];
    const int64_t ns = middle_of(place);
    return ns < latency->most_ns ? ns : latency->most_ns;
}

double latency_mean(const struct latency *latency)
{
    return latency->count == 0 ? 0 : (double)latency->total_ns / (double)latency->count;
}
