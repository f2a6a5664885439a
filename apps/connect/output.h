#ifndef RDY_APPS_CONNECT_OUTPUT_H
#define RDY_APPS_CONNECT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "apps/common/output_file.h"
#include "apps/common/progress.h"
#include "apps/connect/answers.h"

/* What is told of a run, and where to. */
struct output {
    struct answers answers;
    struct output_file file;
    struct progress progress;
};

/* Opens what the arguments name. 0, or a negative errno that has been reported. Free it in both cases. */
int output_open(const connect_arguments *arguments, const peer_connector *connector, struct output *output);

/*
 * Notes that the peer at this place was decided, and tells of those whose turn it is. False when that was not taken:
 * output_end says why.
 */
bool output_peer(struct output *output, size_t place);

/*
 * Tells of the rest, and what comes at the end. False when not all was taken; it was said why. `partial` is whether
 * it was interrupted.
 */
bool output_end(struct output *output, bool partial);

/* Draws how it stands, if that is due (progress.h). */
void output_draw_progress(struct output *output);

/* One line on stderr: how many connected in which time, and what became of the others. */
void output_summary(const struct output *output);

void output_free(struct output *output);

#endif
