#ifndef RDY_APPS_CONNECT_ANSWERS_H
#define RDY_APPS_CONNECT_ANSWERS_H

#include <stddef.h>
#include <stdint.h>

#include "apps/common/progress.h"
#include "apps/connect/arguments.h"
#include "apps/connect/peer_connector.h"
#include "apps/connect/roster.h"

/* More than there are (peer_outcome_word). */
#define ANSWERS_WORDS 16

/* What is known of a run. */
struct answers {
    const connect_arguments *arguments;
    const peer_connector *connector;
    struct roster roster;
    int64_t begun_ns;
    struct progress_tally tallies[ANSWERS_WORDS]; /* the decided peers by their words, the connected first */
    size_t tally_count;
};

/* The outcome of the peer at this place; NULL while it is not decided. */
static inline const peer_outcome *answers_outcome(const struct answers *answers, size_t place)
{
    return answers->roster.is_decided[place] ? peer_connector_outcome(answers->connector, place) : NULL;
}

#endif
