#include "apps/probe/report/summary.h"

#include <errno.h>
#include <stdlib.h>

struct summary_row *summary_row(struct summary *summary, enum outcome outcome, enum phase phase)
{
    for (size_t i = 0; i < summary->row_count; i++)
        if (summary->rows[i].outcome == outcome && summary->rows[i].phase == phase)
            return &summary->rows[i];
    struct summary_row *rows = realloc(summary->rows, (summary->row_count + 1) * sizeof *rows);
    if (rows == NULL)
        return NULL;
    summary->rows = rows;
    rows[summary->row_count] = (struct summary_row){.outcome = outcome, .phase = phase};
    return &rows[summary->row_count++];
}

static int add_phases(struct summary *summary, const struct result *result)
{
    for (enum phase phase = 0; phase < PHASE_COUNT; phase++)
        if (result_came_through(result, phase) &&
            histogram_add(&summary->phases[phase], result->spent_ns[phase]) < 0)
            return -ENOMEM;
    return 0;
}

static int add_result(struct summary *summary, const struct result *result)
{
    if (!outcome_is_of_peer(result->outcome)) {
        summary->aside[result->outcome]++;
        return 0;
    }
    struct summary_row *row = summary_row(summary, result->outcome, result->phase);
    if (row == NULL || histogram_add(&row->times, result_duration_ns(result)) < 0)
        return -ENOMEM;
    return add_phases(summary, result);
}

int summary_make(const struct report *report, struct summary *summary)
{
    struct summary made = {0};
    for (size_t i = 0; i < report->peers->count; i++)
        if (add_result(&made, &report->results[i]) < 0) {
            summary_free(&made);
            return -ENOMEM;
        }
    summary_finish(&made);
    *summary = made;
    return 0;
}

int summary_merge(struct summary *summary, const struct summary *other)
{
    for (size_t i = 0; i < other->row_count; i++) {
        const struct summary_row *added = &other->rows[i];
        struct summary_row *row = summary_row(summary, added->outcome, added->phase);
        if (row == NULL || histogram_merge(&row->times, &added->times) < 0)
            return -ENOMEM;
    }
    for (size_t i = 0; i < PHASE_COUNT; i++)
        if (histogram_merge(&summary->phases[i], &other->phases[i]) < 0)
            return -ENOMEM;
    for (size_t i = 0; i < OUTCOME_COUNT; i++)
        summary->aside[i] += other->aside[i];
    summary_finish(summary);
    return 0;
}

static int compare_rows(const void *left_item, const void *right_item)
{
    const struct summary_row *left = left_item;
    const struct summary_row *right = right_item;
    if (left->times.total_ns != right->times.total_ns)
        return left->times.total_ns < right->times.total_ns ? 1 : -1;
    if (left->times.count != right->times.count)
        return left->times.count < right->times.count ? 1 : -1;
    if (left->outcome != right->outcome)
        return left->outcome < right->outcome ? -1 : 1;
    return (int)left->phase - (int)right->phase;
}

void summary_finish(struct summary *summary)
{
    if (summary->row_count > 0)
        qsort(summary->rows, summary->row_count, sizeof *summary->rows, compare_rows);
    summary->count = 0;
    summary->total_ns = 0;
    for (size_t i = 0; i < summary->row_count; i++) {
        const struct histogram *times = &summary->rows[i].times;
        summary->count += times->count;
        summary->total_ns =
            times->total_ns > INT64_MAX - summary->total_ns ? INT64_MAX : summary->total_ns + times->total_ns;
    }
}

void summary_free(struct summary *summary)
{
    for (size_t i = 0; i < summary->row_count; i++)
        histogram_free(&summary->rows[i].times);
    free(summary->rows);
    for (size_t i = 0; i < PHASE_COUNT; i++)
        histogram_free(&summary->phases[i]);
    *summary = (struct summary){0};
}
