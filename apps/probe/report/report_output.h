#ifndef RDY_APPS_PROBE_REPORT_REPORT_OUTPUT_H
#define RDY_APPS_PROBE_REPORT_REPORT_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "apps/probe/report/report.h"
#include "apps/probe/report/summary.h"

enum report_format {
    REPORT_TABLE,
    REPORT_VERBOSE_TABLE, /* each peer before the table */
    REPORT_JSON,          /* report_json.h */
    REPORT_NDJSON,        /* peer_record.h; for what is printed at the end, too */
    REPORT_CSV,           /* peer_record.h */
};

/* Prints a report in a format. Its errors stay with the file. */
void report_print(const struct report *report, const struct summary *summary, enum report_format format,
                  FILE *file);

/*
 * Writes a report to the file of that path, whole or not at all; NULL or "-" is the standard output. Whether that
 * was done: if not, it has been said why on stderr.
 */
bool report_write(const struct report *report, enum report_format format, const char *path);

/* Likewise with its summary, which is there already. */
bool report_write_summary(const struct report *report, const struct summary *summary,
                          enum report_format format, const char *path);

/* The table of a run that goes on, on stderr, where a progress line gives way to it. */
void report_print_interim(const struct report *report);

#endif
