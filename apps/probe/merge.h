#ifndef RDY_APPS_PROBE_MERGE_H
#define RDY_APPS_PROBE_MERGE_H

#include "apps/probe/report_read.h"

/*
 * rdy-probe merge [--json|--ndjson|--csv] [-o FILE] [-v] REPORT...
 *
 * Adds reports up, as if the peers of all had been probed by one run, and prints that; "-" is the standard input.
 * argv[0] is the word "merge". Returns what the program is to exit with: 0, 2 for a wrong option, 3 for a report
 * that cannot be read or has another mode, 4 if the system fails.
 */
int merge_main(int argc, char **argv);

/*
 * Adds `other` to a report, at first a zeroed one, and takes its peers over. 0; -EINVAL if they differ in mode,
 * -ENOMEM: nothing is reported.
 */
int merge_add(struct read_report *merged, struct read_report *other);

#endif
