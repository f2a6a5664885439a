#include "apps/probe/merge/shards.h"

#include <stdlib.h>

#include "apps/common/option.h"

static int compare_shards(const void *left_item, const void *right_item)
{
    const struct report_shard *left = left_item;
    const struct report_shard *right = right_item;
    if (left->count != right->count)
        return left->count < right->count ? -1 : 1;
    return (left->index > right->index) - (left->index < right->index);
}

/* Of sorted ones the first and the last are as different as any. */
static bool are_of_one_split(const struct report_shard *first, const struct report_shard *last)
{
    if (first->count == last->count)
        return true;
    complain("shard %zu/%zu and shard %zu/%zu are not parts of one list", first->index, first->count,
             last->index, last->count);
    return false;
}

/* How often the shard at a place is there, all of which follow upon each other. */
static size_t times_of(const struct report_shard *shards, size_t count, size_t place)
{
    size_t end = place + 1;
    while (end < count && shards[end].index == shards[place].index)
        end++;
    return end - place;
}

void shards_check(struct report_shard *shards, size_t count)
{
    if (count == 0)
        return;
    qsort(shards, count, sizeof *shards, compare_shards);
    if (!are_of_one_split(&shards[0], &shards[count - 1]))
        return;
    const size_t whole = shards[0].count;
    size_t found = 0;
    size_t first_missing = 1;
    for (size_t place = 0, times; place < count; place += times, found++) {
        times = times_of(shards, count, place);
        if (times > 1)
            complain("shard %zu/%zu is there %zu times: its peers count as often", shards[place].index, whole,
                     times);
        first_missing += shards[place].index == first_missing;
    }
    if (found < whole)
        complain("%zu of %zu shards are missing, first %zu/%zu", whole - found, whole, first_missing, whole);
}
