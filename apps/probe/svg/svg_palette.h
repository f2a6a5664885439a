#ifndef RDY_APPS_PROBE_SVG_SVG_PALETTE_H
#define RDY_APPS_PROBE_SVG_SVG_PALETTE_H

#include "apps/probe/report/outcome.h"

/* How an outcome is told from the others. The colours are seen on white and on black. */
struct svg_ink {
    const char *class; /* its word as a name: "timed-out" */
    const char *colour;
};

const struct svg_ink *svg_ink(enum outcome outcome);

#endif
