#ifndef RDY_APPS_PROBE_REPORT_TABLE_H
#define RDY_APPS_PROBE_REPORT_TABLE_H

#include <stdio.h>

#include "apps/probe/report/report.h"
#include "apps/probe/report/summary.h"

/* One line for each peer, in the order of the list: outcome, milliseconds, peer, error; and an empty one. */
void table_print_peers(const struct report *report, FILE *file);

/*
 * The outcomes with their counts and times, the total, the phases with theirs, and how long it took; no line is
 * longer than 100 columns.
 */
void table_print(const struct report *report, const struct summary *summary, FILE *file);

#endif
