#ifndef RDY_APPS_CONNECT_PACE_H
#define RDY_APPS_CONNECT_PACE_H

#include <stdint.h>

/*
 * At most so many steps a second: a token bucket, kept as the one moment at which it will be full again (the
 * generic cell rate algorithm of ITU-T I.371). It holds a token at first and at most those of a tenth of a
 * second, at least one: whoever was late catches up on that much. So there are never more than rate * T plus a
 * tenth of the rate (or 1) steps in T seconds.
 */
struct pace {
    int64_t interval_ns; /* 0 for no limit */
    int64_t depth_ns;    /* of the bucket, beside the token of the next step */
    int64_t full_ns;
};

/* `rate` steps a second from `now_ns` of rdy_clock_now on; 0 for no limit. */
void pace_init(struct pace *pace, unsigned rate, int64_t now_ns);

/* The moment from which on the next step may be taken. */
int64_t pace_next(const struct pace *pace);

/* Counts a step that is taken at `now_ns`. */
void pace_step(struct pace *pace, int64_t now_ns);

#endif
