#ifndef RDY_BENCH_MICRO_MICRO_H
#define RDY_BENCH_MICRO_MICRO_H

/*
 * What the small benchmarks share. Each measures one thing: MEASURE.c is the driver, which sets the scene, takes the
 * time, checks the outcome and prints it as JSON; MEASURE_LIBRARY.c is what a user of that library would write; the
 * seam between them is MEASURE.h. The driver calls the library's half once for many events, so nothing of the seam is
 * in the loop that is measured. For Linux.
 */

#include <stdint.h>

/* The monotonic clock, and the processor time of this thread. */
int64_t micro_now_ns(void);
int64_t micro_cpu_ns(void);

/* The number in `text`; what is none, or is not within the bounds, ends the program with one line and exit code 2. */
long micro_number(const char *name, const char *text, long least, long most);

/* Prints how the program is called and ends it with exit code 2. */
_Noreturn void micro_usage(const char *program, const char *arguments);

/* Prints what failed, with the meaning of errno, and ends the program with exit code 1. */
_Noreturn void micro_fail(const char *what);

/* The same for what answers a negative errno. */
_Noreturn void micro_refused(const char *what, int answer);

static inline void micro_check(const char *what, int answer)
{
    if (answer < 0)
        micro_refused(what, answer);
}

/* Prints what was found wrong about the outcome and ends the program with exit code 1. */
_Noreturn void micro_wrong(const char *what);

/* A descriptor for each thing that is watched: raises the limit to what the system grants. */
void micro_raise_descriptor_limit(void);

#endif
