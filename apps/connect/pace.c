#include "apps/connect/pace.h"

#include "reactor/clock.h"

enum { BUCKETS_IN_A_SECOND = 10 };

void pace_init(struct pace *pace, unsigned rate, int64_t now_ns)
{
    *pace = (struct pace){0};
    if (rate == 0)
        return;
    const int64_t tokens = rate < BUCKETS_IN_A_SECOND ? 1 : rate / BUCKETS_IN_A_SECOND;
    pace->interval_ns = (RDY_SECOND + rate - 1) / rate;
    pace->depth_ns = (tokens - 1) * pace->interval_ns;
    pace->full_ns = now_ns + pace->depth_ns;
}

int64_t pace_next(const struct pace *pace)
{
    return pace->full_ns - pace->depth_ns;
}

void pace_step(struct pace *pace, int64_t now_ns)
{
    if (pace->interval_ns != 0)
        pace->full_ns = (pace->full_ns > now_ns ? pace->full_ns : now_ns) + pace->interval_ns;
}
