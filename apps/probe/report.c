#include "apps/probe/report.h"

#include <stdlib.h>
#include <string.h>

int64_t result_duration_ns(const struct result *result)
{
    int64_t sum_ns = 0;
    for (size_t i = 0; i < PHASE_COUNT; i++)
        sum_ns += result->spent_ns[i];
    return sum_ns;
}

static void tally_add(struct tally *tally, int64_t duration_ns)
{
    if (tally->count == 0 || duration_ns < tally->least_ns)
        tally->least_ns = duration_ns;
    if (duration_ns > tally->most_ns)
        tally->most_ns = duration_ns;
    tally->total_ns += duration_ns;
    tally->count++;
}

int64_t tally_mean_ns(const struct tally *tally)
{
    return tally->total_ns / (int64_t)tally->count;
}

/* Most time first, then most peers, then the order of the outcomes. */
static int compare_tallies(const void *left_item, const void *right_item)
{
    const struct tally *left = left_item;
    const struct tally *right = right_item;
    if (left->total_ns != right->total_ns)
        return left->total_ns < right->total_ns ? 1 : -1;
    if (left->count != right->count)
        return left->count < right->count ? 1 : -1;
    return (int)left->outcome - (int)right->outcome;
}

void report_summarise(const struct report *report, struct summary *summary)
{
    memset(summary, 0, sizeof(*summary));
    struct tally all[OUTCOME_COUNT] = {{0}};
    for (size_t i = 0; i < report->peers->count; i++) {
        const struct result *result = &report->results[i];
        const int64_t duration_ns = result_duration_ns(result);
        tally_add(&all[result->outcome], duration_ns);
        if (outcome_is_of_peer(result->outcome))
            tally_add(&summary->total, duration_ns);
        else
            summary->aside[result->outcome]++;
    }
    for (size_t i = 0; i < OUTCOME_COUNT; i++) {
        all[i].outcome = (enum outcome)i;
        if (all[i].count > 0 && outcome_is_of_peer(all[i].outcome))
            summary->tallies[summary->count++] = all[i];
    }
    qsort(summary->tallies, summary->count, sizeof(summary->tallies[0]), compare_tallies);
}
