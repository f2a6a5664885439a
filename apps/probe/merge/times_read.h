#ifndef RDY_APPS_PROBE_MERGE_TIMES_READ_H
#define RDY_APPS_PROBE_MERGE_TIMES_READ_H

#include "apps/probe/merge/json_member.h"
#include "apps/probe/report/summary.h"

/*
 * Reads "outcomes", "phases" and the numbers of what was set aside from a report. Each histogram is in its order,
 * and has the count, the least and the most that stand beside it. False if not, which has been reported on stderr,
 * or with errno ENOMEM, which has not.
 */
bool times_read(const struct json_object *root, struct summary *summary);

/* Whether the outcomes and the phases count the peers of the report; if not, that has been reported. */
bool times_are_of_peers(const struct json_object *root, const struct summary *summary,
                        const struct report *report);

#endif
