#ifndef RDY_BENCH_LOAD_MEASURE_H
#define RDY_BENCH_LOAD_MEASURE_H

#include <stdint.h>

#include "bench/load/options.h"
#include "bench/load/traffic.h"
#include "bench/load/window.h"

/* What was found; zeroed before. */
struct measured {
    struct window window;
    uint64_t answered;      /* in the window */
    struct latency latency; /* of what was released in the window, answered later too */
};

/*
 * Warms up, measures and waits for what is in flight. The window is a time in a steady state, or exactly so many
 * messages with nothing in flight at either end: --help says more. 0, or a negative errno: the server's time could
 * not be read.
 */
int measure(struct traffic *traffic, const struct options *options, int64_t limit_ns,
            struct measured *measured);

/* The members that echo and churn share: seconds, rate, latencies, processor time, faults. `what` is counted. */
void measure_report(const struct traffic *traffic, const struct measured *measured, const char *what);

/* Ends the result. The exit code; what failed is reported on stderr. `status` is what was measured with. */
int measure_end(const struct traffic *traffic, int status);

#endif
