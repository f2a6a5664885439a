#ifndef RDY_APPS_PROBE_REPORT_SUMMARY_H
#define RDY_APPS_PROBE_REPORT_SUMMARY_H

#include "apps/probe/report/histogram.h"
#include "apps/probe/report/report.h"

/* The peers that ended alike: with the same outcome in the same phase. */
struct summary_row {
    enum outcome outcome;
    enum phase phase;
    struct histogram times; /* that the whole of each peer took */
};

/*
 * What the peers of a run, or of several, have in common. A zeroed one is of no peer. A peer with an outcome
 * that tells nothing of it (outcome_is_of_peer) is counted in `aside` and nowhere else.
 */
struct summary {
    struct summary_row *rows; /* in the order of summary_finish; none is empty */
    size_t row_count;
    struct histogram phases[PHASE_COUNT]; /* of the peers that came through it, the time they took for it */
    uint64_t count;                       /* peers in all rows */
    int64_t total_ns;                     /* the time of all rows */
    uint64_t aside[OUTCOME_COUNT];
};

/* Adds the results of a report up. 0, or -ENOMEM with nothing to free. */
int summary_make(const struct report *report, struct summary *summary);

/* Adds another one, exactly. 0, or -ENOMEM: then it is to be freed. */
int summary_merge(struct summary *summary, const struct summary *other);

/* The row of that outcome in that phase, a new empty one if there is none; NULL for want of memory. */
struct summary_row *summary_row(struct summary *summary, enum outcome outcome, enum phase phase);

/* Puts the rows in their order: most time first, then most peers, then by outcome and phase; and counts them. */
void summary_finish(struct summary *summary);

/* Leaves one of no peer. */
void summary_free(struct summary *summary);

#endif
