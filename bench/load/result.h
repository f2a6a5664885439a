#ifndef RDY_BENCH_LOAD_RESULT_H
#define RDY_BENCH_LOAD_RESULT_H

#include <stdint.h>

#include "bench/load/latency.h"
#include "bench/load/window.h"

/* The one JSON object on stdout. Names need no escapes. */
void result_open(void);
void result_count(const char *name, int64_t count);
void result_number(const char *name, double number);
/* null for a negative time. */
void result_seconds(const char *name, int64_t ns);
void result_microseconds(const char *name, int64_t ns);
/* mean_us, p50_us, p99_us, p999_us and max_us. */
void result_latency(const struct latency *latency);
/* server_cpu_s, server_user_s, server_system_s and load_cpu_s. */
void result_processor(const struct window *window);
/* 0, or -EIO: it could not be written. */
int result_close(void);

#endif
