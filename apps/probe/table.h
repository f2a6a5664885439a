#ifndef RDY_APPS_PROBE_TABLE_H
#define RDY_APPS_PROBE_TABLE_H

#include <stdio.h>

#include "apps/probe/report.h"

/* One line for each peer, in the order of the list: outcome, milliseconds, error, peer. */
void table_print_peers(const struct report *report, FILE *file);

/* The outcomes with their counts and times, the total, and how long it took. */
void table_print(const struct report *report, FILE *file);

#endif
