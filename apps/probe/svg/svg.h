#ifndef RDY_APPS_PROBE_SVG_SVG_H
#define RDY_APPS_PROBE_SVG_SVG_H

#include <stdio.h>

#include "apps/probe/report/report.h"

/*
 * The report as a picture: a waterfall, one bar for each peer, and a histogram of the times to connect. It is
 * one SVG 1.1 file without script or anything from outside, light or dark as its reader prefers, under 1 MB
 * for any number of peers. 0; -ENOMEM with nothing written; -EIO if the file did not take all of it.
 */
int svg_write(const struct report *report, FILE *file);

#endif
