#ifndef RDY_APPS_PROBE_REPORT_REPORT_H
#define RDY_APPS_PROBE_REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/common/peer_list.h"
#include "apps/probe/report/mode.h"
#include "apps/probe/report/outcome.h"
#include "apps/probe/report/phase.h"
#include "net/address.h"

/* How one peer's probe ended; a zeroed one is not done. */
struct result {
    rdy_address address;           /* that was connected to; of no family if there was none */
    int64_t started_ns;            /* from the begin of the run to its first step */
    int64_t spent_ns[PHASE_COUNT]; /* in each phase; 0 for one that it did not come to */
    enum outcome outcome;
    enum phase phase;  /* the one in which it was decided */
    int error;         /* the negative errno behind the outcome, or 0 */
    unsigned attempts; /* connects */
    uint32_t pieces;   /* that it sent and that were right */
    uint64_t bytes;    /* of those */
};

/* The time that all its phases took. */
int64_t result_duration_ns(const struct result *result);

/* Whether it came to a phase, and whether it also came through. An address has no lookup. */
bool result_came_to(const struct result *result, enum phase phase);
bool result_came_through(const struct result *result, enum phase phase);

/* One of the parts into which a list of peers was split. */
struct report_shard {
    size_t index;
    size_t count;
};

/* Room for a moment as RFC 3339 writes it, in UTC with milliseconds: "2026-11-21T17:00:00.000Z". */
#define REPORT_MOMENT_SIZE 25

/* What a run has found, or several that were merged. */
struct report {
    const peer_list *peers;
    struct result *results; /* one for each peer, in the order of the list */
    const char *backend;
    char begun[REPORT_MOMENT_SIZE]; /* the begin of the run, of the earliest if there were several */
    enum mode mode;
    bool sequential;
    bool interrupted;
    size_t peak; /* the most peers that were connected to or looked up at once */
    int64_t wall_ns;
    const struct report_shard
        *shards; /* of which lists the peers are; none if they are a list of their own */
    size_t shard_count;
};

/* Writes the moment that is now. */
void report_begin_now(struct report *report);

#endif
