#ifndef RDY_APPS_PROBE_OUTCOME_PROGRESS_H
#define RDY_APPS_PROBE_OUTCOME_PROGRESS_H

#include "apps/common/progress.h"
#include "apps/probe/report/outcome.h"

/* The line of progress of a run, with the outcomes so far. Begin it with progress_begin; zeroed it is hidden. */
struct outcome_progress {
    struct progress line;
    struct progress_tally tallies[OUTCOME_COUNT]; /* the first one is of OUTCOME_OK */
    size_t done;
};

/* Counts one more peer that is decided. */
void outcome_progress_count(struct outcome_progress *progress, enum outcome outcome);

/* Draws it if that is due. */
void outcome_progress_draw(struct outcome_progress *progress, size_t total, size_t in_flight);

#endif
