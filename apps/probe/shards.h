#ifndef RDY_APPS_PROBE_SHARDS_H
#define RDY_APPS_PROBE_SHARDS_H

#include "apps/probe/report.h"

/*
 * Says on stderr, in a line each, if the shards of a merged report are not all shards of one list, each once: those
 * of lists that were split into other numbers, one that is there twice, some that are missing.
 */
void shards_check(const struct report *report);

#endif
