#ifndef RDY_BENCH_MICRO_REGISTER_H
#define RDY_BENCH_MICRO_REGISTER_H

/*
 * What it costs to take a descriptor off a loop that watches a thousand, and to add it again. Some libraries tell the
 * kernel when they wait next, so each pair is also timed with a turn of the loop behind it and with one behind each
 * half. A turn looks at what is ready and does not sleep.
 */

#include "bench/micro/micro.h"

enum { REGISTER_WATCHED = 1000 };

enum register_turns { REGISTER_NO_TURN, REGISTER_TURN_AFTER_PAIR, REGISTER_TURN_AFTER_HALF };

/* What each library has. Watches these descriptors for reading, for as long as the program runs. */
void register_open(const int *descriptors);

/* Takes each off and adds it again, one after another. */
void register_round(enum register_turns turns);

/* One turn of the loop; returns how many descriptors were readable. It takes the byte that made them so. */
unsigned register_turn(void);

#endif
