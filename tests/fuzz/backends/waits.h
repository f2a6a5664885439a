#ifndef TESTS_FUZZ_BACKENDS_WAITS_H
#define TESTS_FUZZ_BACKENDS_WAITS_H

/* What each side has to tell, and waits that look whether it does. */

#include "tests/fuzz/backends/sides.h"

enum { MOST_EVENTS = 16 };

extern int waker_polls[WAKERS]; /* -1: its poll is closed */

/* The conditions of the end that the next wait has to tell, if there is room. */
uint32_t to_be_told(const struct side *side, int end);

/* Conditions of an end that are to be told once they hold, as far as it was asked for them. */
void arm(int end, rdy_interest conditions);

/* Something was done to the end or its peer: the last event says nothing of the next read any more. */
void touch(int end);

/* One wait of each side on one of its polls. */
void wait_on_all(int poll, size_t capacity, int64_t timeout);

/* Whoever is ready all the time is told before long, however little room there is. */
void wait_in_turn(int poll, size_t capacity);

#endif
