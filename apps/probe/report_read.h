#ifndef RDY_APPS_PROBE_REPORT_READ_H
#define RDY_APPS_PROBE_REPORT_READ_H

#include <stdio.h>

#include "apps/probe/report.h"
#include "apps/probe/summary.h"

/* A report that was read, with all that it points to. */
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
 * file and the member: "a.json: outcomes[3].count: expected 12, as its histogram has". Members that are not known
 * are skipped. 0, -EINVAL for such a report, -EIO for a read error, -ENOMEM, all reported; -ENOTSUP, reported too,
 * if the program was built without jansson. Give it back with report_read_free in any case.
 */
int report_read(FILE *file, const char *name, struct read_report *read);

void report_read_free(struct read_report *read);

#endif
