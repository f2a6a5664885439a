#ifndef RDY_APPS_PROBE_SVG_SVG_HISTOGRAM_H
#define RDY_APPS_PROBE_SVG_SVG_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "apps/probe/report/report.h"

#define SVG_BINS_IN_DECADE 10
#define SVG_BINS           100 /* from 1 us to 10^10 us */

/* How many peers took how long to be connected to, of those that were: ten bars for each power of ten. */
struct svg_histogram {
    int64_t *times_ns; /* of those peers, sorted */
    size_t count;
    size_t bins[SVG_BINS];
    size_t most;       /* in a bin */
    size_t first, end; /* the bins that are shown */
    double height;
};

/* 0 or -ENOMEM. */
int svg_histogram_alloc(const struct report *report, struct svg_histogram *histogram);

void svg_histogram_put(const struct svg_histogram *histogram, double top, FILE *file);
void svg_histogram_free(struct svg_histogram *histogram);

#endif
