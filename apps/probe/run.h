#ifndef RDY_APPS_PROBE_RUN_H
#define RDY_APPS_PROBE_RUN_H

#include "apps/probe/options.h"

/*
 * What rdy-probe does: finds out what to ask for, asks the trackers who may have it, probes them, tells what came of
 * it, and takes leave of the trackers. Adds the peers that were found to those of the options. SIGQUIT never ends it, and
 * is ignored from then on. Returns what the program is to exit with.
 */
int run_probe(struct options *options);

#endif
