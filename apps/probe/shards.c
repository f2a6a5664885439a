#include "apps/probe/shards.h"

#include <stdlib.h>

#include "apps/common/option.h"

static size_t times_of(const struct report *report, size_t index, size_t count)
{
    size_t times = 0;
    for (size_t i = 0; i < report->shard_count; i++)
        times += report->shards[i].index == index && report->shards[i].count == count;
    return times;
}

static bool are_of_one_split(const struct report *report)
{
    for (size_t i = 1; i < report->shard_count; i++)
        if (report->shards[i].count != report->shards[0].count) {
            complain("shard %zu/%zu and shard %zu/%zu are not parts of one list", report->shards[0].index,
                     report->shards[0].count, report->shards[i].index, report->shards[i].count);
            return false;
        }
    return true;
}

void shards_check(const struct report *report)
{
    if (report->shard_count == 0 || !are_of_one_split(report))
        return;
    const size_t count = report->shards[0].count;
    size_t missing = 0;
    size_t first_missing = 0;
    for (size_t index = count; index >= 1; index--) {
        const size_t times = times_of(report, index, count);
        if (times > 1)
            complain("shard %zu/%zu is there %zu times: its peers count as often", index, count, times);
        if (times == 0) {
            missing++;
            first_missing = index;
        }
    }
    if (missing > 0)
        complain("%zu of %zu shards are missing, first %zu/%zu", missing, count, first_missing, count);
}
