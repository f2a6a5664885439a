#ifndef RDY_APPS_PROBE_MERGE_PEER_READ_H
#define RDY_APPS_PROBE_MERGE_PEER_READ_H

#include "apps/common/peer_list.h"
#include "apps/probe/merge/json_member.h"
#include "apps/probe/report/report.h"

/*
 * Reads one of a report's peers, as peer_record_put writes it: the entry's text, which is the caller's to free(3),
 * and the result. False if it is not one, which has been reported on stderr, or with errno ENOMEM, which has not.
 */
bool peer_read(const struct json_object *object, peer *entry, struct result *result);

#endif
