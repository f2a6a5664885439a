#ifndef RDY_REACTOR_TIMER_WHEEL_H
#define RDY_REACTOR_TIMER_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#include "reactor/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The resolution of a wheel in nanoseconds: a timer is never early and late by at most this. */
#define RDY_TIMER_RESOLUTION INT64_C(1000000)

#define RDY_TIMER_WHEEL_LEVELS 8
#define RDY_TIMER_WHEEL_SLOTS  64

/* A link of the wheel's rings. The fields of all three structs are the library's. */
typedef struct rdy_timer_link {
    struct rdy_timer_link *next;
    struct rdy_timer_link *previous;
} rdy_timer_link;

/*
 * A timer, embedded in the caller's own object, which stays the caller's. A zeroed timer is idle. While it is
 * armed it must not move or be freed.
 */
typedef struct rdy_timer {
    rdy_timer_link link;
    int64_t tick;
} rdy_timer;

/*
 * Many timers in hierarchical slots (Varghese and Lauck, 1987): arming, re-arming and cancelling cost the
 * same for one timer and for a million. The wheel makes no system call and no allocation; the time is passed
 * in, in nanoseconds of any monotonic clock (rdy_clock_now), and a time before an earlier one counts as that
 * one. It must not move while it is in use. One thread at a time.
 */
typedef struct rdy_timer_wheel {
    int64_t tick;                              /* all ticks up to this one are done */
    uint32_t levels;                           /* those with a bit in `occupied`; a set bit may be stale */
    uint64_t occupied[RDY_TIMER_WHEEL_LEVELS]; /* slots with a timer; likewise */
    rdy_timer_link slots[RDY_TIMER_WHEEL_LEVELS][RDY_TIMER_WHEEL_SLOTS]; /* rings */
    rdy_timer_link due; /* a ring, in the order of deadlines */
} rdy_timer_wheel;

/* Makes an empty wheel that begins at `now_ns`. */
RDY_API void rdy_timer_wheel_init(rdy_timer_wheel *wheel, int64_t now_ns);

/*
 * Arms the timer, or re-arms it if it is armed, to become due at `deadline_ns`. A deadline that has passed
 * becomes due at the wheel's next tick, so that a timer that re-arms itself while it expires is not handed
 * back again by the same round of rdy_timer_wheel_expire. RDY_NEVER (INT64_MAX) cancels.
 */
RDY_API void rdy_timer_wheel_arm(rdy_timer_wheel *wheel, rdy_timer *timer, int64_t deadline_ns);

/* Cancels the timer, also when it is due and was not handed back yet. An idle timer is fine. */
RDY_API void rdy_timer_wheel_cancel(rdy_timer_wheel *wheel, rdy_timer *timer);

/* Whether the timer is armed (or due and not handed back yet). */
static inline bool rdy_timer_is_armed(const rdy_timer *timer)
{
    return timer->link.next != 0;
}

/*
 * Hands back one timer that is due at `now_ns`, idle again, or NULL if there is none:
 *
 *     while ((timer = rdy_timer_wheel_expire(&wheel, now)) != NULL)
 *         ...
 *
 * They come in the order of their deadlines (to the resolution; equal ones in the order of arming). Between
 * two calls the caller may arm and cancel any timer. With one `now_ns` the loop ends, whatever its body
 * re-arms.
 */
RDY_API rdy_timer *rdy_timer_wheel_expire(rdy_timer_wheel *wheel, int64_t now_ns);

/*
 * When to call rdy_timer_wheel_expire next: RDY_NEVER if no timer is armed, else a moment that is never later
 * than the earliest deadline rounded up to the resolution. It is exactly that when the deadline is near or
 * few timers share its slot, and may be earlier otherwise; the wheel then only sorts itself. Never in the
 * past for ever: a wait until this moment followed by rdy_timer_wheel_expire makes progress.
 */
RDY_API int64_t rdy_timer_wheel_next(rdy_timer_wheel *wheel);

#ifdef __cplusplus
}
#endif

#endif
