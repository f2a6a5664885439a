#ifndef RDY_APPS_PROBE_MERGE_SHARDS_H
#define RDY_APPS_PROBE_MERGE_SHARDS_H

#include "apps/probe/report/report.h"

/*
 * Sorts the shards of a merged report, and says on stderr, in a line each, if they are not all shards of one list, each
 * once: those of lists that were split into other numbers, one that is there twice, some that are missing.
 */
void shards_check(struct report_shard *shards, size_t count);

#endif
