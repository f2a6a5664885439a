#ifndef RDY_APPS_PROBE_MERGE_REPORT_READ_H
#define RDY_APPS_PROBE_MERGE_REPORT_READ_H

#include <stdio.h>

#include "apps/probe/report/report.h"
#include "apps/probe/report/summary.h"

/* A report that was read, or several that were added up, with all that it points to. Zeroed it is of no run. */
struct read_report {
    struct report report;
    struct summary summary;
    peer_list peers; /* texts alone: these are for output */
    struct report_shard *shards;
    char *backend;
};

/*
 * Reads a report as report_print_json writes it. What is missing, of another type or impossible (a count that its
 * histogram does not have, a total that its times cannot give) is reported on stderr in one line that names the
 * file and the member: "a.json: outcomes[3].count: expected the sum of the counts of its histogram". Members that
 * are not known are skipped. 0; -EINVAL for such a report, -EIO for a read error, -ENOMEM: all have been reported.
 * Give it back with report_read_free in any case.
 */
int report_read(FILE *file, const char *name, struct read_report *read);

/*
 * Adds another one up: counts, times and histograms exactly; the peers, which it takes over, behind those that are
 * there. What was read first may be zeroed. 0; -EINVAL if they are of two modes, -ENOMEM: nothing is reported, and
 * both are to be freed.
 */
int report_add(struct read_report *sum, struct read_report *other);

void report_read_free(struct read_report *read);

#endif
