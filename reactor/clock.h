#ifndef RDY_REACTOR_CLOCK_H
#define RDY_REACTOR_CLOCK_H

#include <stdint.h>

#include "reactor/export.h"

#ifdef __cplusplus
extern "C" {
#endif

#define RDY_MICROSECOND INT64_C(1000)
#define RDY_MILLISECOND INT64_C(1000000)
#define RDY_SECOND      INT64_C(1000000000)

/* A deadline that never comes. */
#define RDY_NEVER INT64_MAX

/* Nanoseconds of the monotonic clock (clock_gettime(2), CLOCK_MONOTONIC): only differences mean anything. */
RDY_API int64_t rdy_clock_now(void);

/*
 * The moment `delay_ns` after `now_ns`; RDY_NEVER if the delay is negative (RDY_FOREVER) or the sum is too
 * large.
 */
static inline int64_t rdy_clock_after(int64_t now_ns, int64_t delay_ns)
{
    return delay_ns < 0 || now_ns > RDY_NEVER - delay_ns ? RDY_NEVER : now_ns + delay_ns;
}

/*
 * The time-out to give to rdy_poll_wait so that it ends at `deadline_ns`: 0 if that has passed, -1 for
 * RDY_NEVER, INT64_MAX if it is further away than int64 counts.
 */
static inline int64_t rdy_clock_until(int64_t now_ns, int64_t deadline_ns)
{
    if (deadline_ns == RDY_NEVER)
        return -1;
    if (deadline_ns <= now_ns)
        return 0;
    return now_ns < 0 && deadline_ns > INT64_MAX + now_ns ? INT64_MAX : deadline_ns - now_ns;
}

#ifdef __cplusplus
}
#endif

#endif
