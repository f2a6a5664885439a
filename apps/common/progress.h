#ifndef RDY_APPS_COMMON_PROGRESS_H
#define RDY_APPS_COMMON_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * One line on stderr that is drawn over itself: "812/6000 done, 500 in flight, 4060/s, 0:03, 0:12 left, 30 ok, 782
 * refused". It is cut to the width of the terminal, and in colour unless NO_COLOR is set. A zeroed one is hidden.
 */
struct progress {
    int64_t begun_ns;
    int64_t next_ns; /* of rdy_clock_now: when it is to be drawn next; RDY_NEVER if it is hidden */
    bool shown;
    bool coloured;
};

/* How many ended with the same word; a count of 0 is left out. */
struct progress_tally {
    const char *word;
    size_t count;
};

struct progress_state {
    size_t done;
    size_t total;
    size_t in_flight;
    const struct progress_tally *tallies; /* the first one is the good one */
    size_t tally_count;
};

/* Begins one: hidden if it is not wanted, or stderr is no terminal, or one that cannot move its cursor. */
void progress_begin(struct progress *progress, bool wanted);

/* When it is to be drawn next, for the wait; RDY_NEVER if it is hidden. */
int64_t progress_due_ns(const struct progress *progress);

/* Draws it if that is due: ten times a second at most. */
void progress_draw(struct progress *progress, const struct progress_state *state);

/*
 * Leaves the line empty, if one stands there: before anything is printed to the terminal. complain() does so by
 * itself. To be called by the thread that draws.
 */
void progress_clear(void);

/* Likewise before something is printed to a file: if that is a terminal, else the line may stand. */
void progress_clear_for(FILE *file);

#endif
