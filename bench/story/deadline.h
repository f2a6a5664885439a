#ifndef RDY_BENCH_STORY_DEADLINE_H
#define RDY_BENCH_STORY_DEADLINE_H

#include <stdint.h>

/*
 * The deadline of an exchange, in nanoseconds: STORY_DEADLINE_NS, or the only argument of the server ("500ms"), which
 * is for its tests. A wrong one is reported on stderr and ends the program with 2.
 */
int64_t story_deadline(int argc, char **argv);

#endif
