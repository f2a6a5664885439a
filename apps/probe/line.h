#ifndef RDY_APPS_PROBE_LINE_H
#define RDY_APPS_PROBE_LINE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The peers that wait for their turn: first all in the order of the list, then those that were put back
 * after a local fault.
 *
 * Each peer that is through allows two of those that were put back another try: one takes its place, and one
 * more lets the number in flight grow again when the shortage is over; yet all tries together stay within
 * three for each peer. When nothing is in flight, the first one may always try: then or never.
 */
struct line {
    size_t *places; /* a ring */
    size_t capacity;
    size_t head;
    size_t count;
    size_t fresh; /* of those in the line, how many were not put back: they stand in front */
    size_t tries; /* allowed to those that were put back */
};

/* The line of peers 0 to `count` - 1. 0 or -ENOMEM. */
int line_open(struct line *line, size_t count);

/* Whether one may be taken, with `in_flight` others under way. */
bool line_may_take(const struct line *line, size_t in_flight);

/* Takes the first one. The line must not be empty. */
size_t line_take(struct line *line);

/* Puts one that was taken back to the end. */
void line_put_back(struct line *line, size_t place);

/* Says that one is through. */
void line_allow_retry(struct line *line);

void line_close(struct line *line);

#endif
