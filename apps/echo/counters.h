#ifndef RDY_APPS_ECHO_COUNTERS_H
#define RDY_APPS_ECHO_COUNTERS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* What a worker counts. */
typedef enum echo_count {
    COUNT_ACCEPTED,
    COUNT_CLOSED,
    COUNT_BYTES_IN,
    COUNT_BYTES_OUT,
    COUNT_READS,   /* calls, also those that found nothing */
    COUNT_WRITES,  /* likewise */
    COUNT_WAITS,   /* turns of the loop */
    COUNT_STALLS,  /* a client's output reached the limit and its input was left alone */
    COUNT_PAUSES,  /* a listener stopped accepting, as there was no descriptor or memory */
    COUNT_LIMITED, /* a listener stopped accepting, as there were --max-connections clients */
    COUNT_IDLE,    /* closed by --idle-timeout */
    COUNT_FAILED,  /* closed by a reset or another error of the connection */
    COUNT_CUT,     /* closed by the end of the drain timeout, or in a drain, with bytes that came too late */
    COUNTS
} echo_count;

/* Written by their worker alone and read by whoever prints them, hence atomic. */
typedef struct echo_counters {
    _Alignas(8) _Atomic uint64_t values[COUNTS]; /* gcc aligned it otherwise on i386 before release 11 */
} echo_counters;

static inline void echo_counters_set(echo_counters *counters, echo_count which, uint64_t amount)
{
    atomic_store_explicit(&counters->values[which], amount, memory_order_release);
}

/* By one thread only: a load and a store cost what they cost on a plain number, an atomic addition does not.
 */
static inline void echo_counters_add(echo_counters *counters, echo_count which, uint64_t amount)
{
    _Atomic uint64_t *const value = &counters->values[which];
    atomic_store_explicit(value, atomic_load_explicit(value, memory_order_relaxed) + amount,
                          memory_order_release);
}

/* Adds all of `from` to `sum`. */
void echo_counters_sum(echo_counters *sum, echo_counters *from);

/* Prints one line on stderr: "rdy-echo: worker 0: open=3 accepted=12 closed=9 ...". */
void echo_counters_print(echo_counters *counters, const char *title);

#endif
