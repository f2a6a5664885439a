#ifndef RDY_BENCH_MICRO_WAKE_H
#define RDY_BENCH_MICRO_WAKE_H

/*
 * What it costs to wake a loop from another thread:
 *     latency      two loops on two threads wake each other in turn; one hop, half a round trip
 *     repeated     a wake while another one is pending, which no loop has taken yet
 *     throughput   a wake of a loop that runs, from a thread that does nothing else; how many the loop sees is up to
 *                  the library, but it is at least one
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/micro/micro.h"

struct wake_loop;

/*
 * What each library has. A loop that can be woken. With `spin_ns`, it looks for so long before it sleeps; NULL if this
 * library does not.
 */
struct wake_loop *wake_open(int64_t spin_ns);

/* From any thread. */
void wake_loop_up(struct wake_loop *loop);

/*
 * Runs the loop until it has seen `goal` wakes, or one after `over` was set (it may be NULL); returns how many. Each
 * wake is answered by one of `peer`, if that is not NULL.
 */
uint64_t wake_run(struct wake_loop *loop, struct wake_loop *peer, uint64_t goal, const atomic_bool *over);

static inline bool wake_is_over(uint64_t seen, uint64_t goal, const atomic_bool *over)
{
    return seen >= goal || (over != NULL && atomic_load_explicit(over, memory_order_acquire));
}

#endif
