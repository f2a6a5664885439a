#ifndef RDY_REACTOR_SPIN_H
#define RDY_REACTOR_SPIN_H

/*
 * Private: for how long a wait looks again before it sleeps. Waking a sleeping thread costs tens of
 * microseconds on another core; looking saves that when the next event is near and is waste when it is not.
 * So the window opens after sleeps that looking would have spared, closes by halves after longer ones, and is
 * shut after a few of those: an idle program sleeps.
 */

#include <stdbool.h>
#include <stdint.h>

struct rdy_spin {
    int64_t limit_ns;  /* the longest window; 0 never looks */
    int64_t window_ns; /* the present one */
};

/* A sleep took `slept_ns` and was `answered` by an event. */
static inline void rdy_spin_learn(struct rdy_spin *spin, int64_t slept_ns, bool answered)
{
    const int64_t least = spin->limit_ns / 8 + 1;
    if (answered && slept_ns <= 2 * spin->limit_ns)
        spin->window_ns = spin->window_ns == 0 ? least : 2 * spin->window_ns;
    else
        spin->window_ns = spin->window_ns / 2 < least ? 0 : spin->window_ns / 2;
    if (spin->window_ns > spin->limit_ns)
        spin->window_ns = spin->limit_ns;
}

#endif
