#ifndef RDY_APPS_PROBE_SVG_SVG_WATERFALL_H
#define RDY_APPS_PROBE_SVG_SVG_WATERFALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "apps/probe/report/report.h"

/*
 * A bar for each peer on one time axis, from its first step to its last, in a piece for each phase. Peers of one
 * outcome and phase stand together, in the order in which they ended; those of a sequential run stand in the order in
 * which they began. Of more than SVG_ROWS_MAX peers, so many neighbours of one outcome and phase as are needed share
 * a row: the mean of theirs.
 */
#define SVG_ROWS_MAX 1000

struct svg_waterfall {
    const struct report *report;
    struct svg_place *places; /* of the peers, in their order */
    size_t together;          /* how many neighbours share a row */
    size_t rows;
    double pitch; /* from row to row */
    bool named;   /* rows are high enough for the names of their peers */
    int64_t end_ns;
    double height; /* of all of it */
};

/* `ranks` says for each outcome where it stands among the others. 0 or -ENOMEM. */
int svg_waterfall_alloc(const struct report *report, const size_t ranks[OUTCOME_COUNT],
                        struct svg_waterfall *waterfall);

void svg_waterfall_put(const struct svg_waterfall *waterfall, double top, FILE *file);
void svg_waterfall_free(struct svg_waterfall *waterfall);

#endif
