#ifndef RDY_BENCH_LOAD_RUNS_H
#define RDY_BENCH_LOAD_RUNS_H

#include "bench/load/options.h"

/* What the program can do; --help says what each is. The exit code: 0, or 1 if anything failed or was wrong. */
int echo_run(const struct options *options);
int churn_run(const struct options *options);
int hold_run(const struct options *options);

#endif
