#ifndef RDY_BENCH_LOAD_STANDING_H
#define RDY_BENCH_LOAD_STANDING_H

#include <stdint.h>

#include "bench/load/traffic.h"

/* Lanes that are connected once and stay. */
extern const struct traffic_kind standing;

/* Connects all, until `until_ns` at the latest: who is not connected then has failed. */
void standing_connect(struct traffic *traffic, int64_t until_ns);

#endif
