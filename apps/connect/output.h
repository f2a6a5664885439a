#ifndef RDY_APPS_CONNECT_OUTPUT_H
#define RDY_APPS_CONNECT_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "apps/common/output_file.h"
#include "apps/common/progress.h"
#include "apps/connect/arguments.h"
#include "apps/connect/peer_connector.h"
#include "apps/connect/roster.h"

/* More than there are (peer_outcome_word). */
#define OUTPUT_WORDS 16

/* What is told of a run, and where to. */
struct output {
    const connect_arguments *arguments;
    const peer_connector *connector;
    struct roster roster;
    struct output_file file;
    int64_t begun_ns;
    struct progress progress;
    struct progress_tally
        tallies[OUTPUT_WORDS]; /* the decided peers by their words; the first is of the connected */
    size_t tally_count;
};

/* Opens what the arguments name. 0, or a negative errno that has been reported. Free it in both cases. */
int output_open(const connect_arguments *arguments, const peer_connector *connector, struct output *output);

/*
 * Notes that the peer at this place was decided, and tells of those whose turn it is. False when that was not taken;
 * it was said why.
 */
bool output_peer(struct output *output, size_t place);

/* Tells of the rest, and what comes at the end; false as output_peer. `partial` is whether it was interrupted. */
bool output_end(struct output *output, bool partial);

/* The outcome of the peer at this place; NULL while it is not decided. */
const peer_outcome *output_outcome(const struct output *output, size_t place);

/* Draws how it stands, if that is due (progress.h). */
void output_draw_progress(struct output *output);

/* One line on stderr: how many connected in which time, and what became of the others. */
void output_summary(const struct output *output);

void output_free(struct output *output);

#endif
