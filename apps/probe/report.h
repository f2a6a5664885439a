#ifndef RDY_APPS_PROBE_REPORT_H
#define RDY_APPS_PROBE_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/common/peer_list.h"
#include "apps/probe/mode.h"
#include "apps/probe/outcome.h"
#include "apps/probe/phase.h"

/* How one peer's probe ended; a zeroed one is not done. */
struct result {
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

/* What a run has found. */
struct report {
    const peer_list *peers;
    struct result *results; /* one for each peer, in the order of the list */
    const char *backend;
    enum mode mode;
    bool sequential;
    bool interrupted;
    size_t peak; /* the most peers that were connected to or looked up at once */
    int64_t wall_ns;
};

/* What the peers of one outcome have in common. */
struct tally {
    enum outcome outcome;
    size_t count;
    int64_t total_ns;
    int64_t least_ns;
    int64_t most_ns;
};

struct summary {
    struct tally tallies[OUTCOME_COUNT]; /* the outcomes that tell of a peer, most time first */
    size_t count;
    struct tally total;          /* of those */
    size_t aside[OUTCOME_COUNT]; /* peers with an outcome that does not tell of a peer */
};

/* Adds the results up. */
void report_summarise(const struct report *report, struct summary *summary);

/* The mean of a tally that is not empty. */
int64_t tally_mean_ns(const struct tally *tally);

#endif
