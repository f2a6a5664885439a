#ifndef RDY_REACTOR_SPIN_H
#define RDY_REACTOR_SPIN_H

/*
 * Private: for how long a wait looks again before it sleeps. Waking a sleeping thread costs tens of
 * microseconds on another core; looking saves that when the next event is near and is waste when it is not.
 *
 *     looked in vain, or did not look, and the event was near     the window opens further, to its limit
 *     looked in vain and it was far, or there was none            the window is halved, and after a few times shut
 *     looked in vain for the whole limit and yet it was near      a miss: looking may never reach it
 *     gave the processor away and got it back late                shut: others need it
 *
 * A few misses in a row are a trial, for whoever answers may need some quick questions before the answers are quick: it
 * sleeps itself. A trial that fails shuts the window and lets as many near events pass before the next one as `penalty`
 * says, which doubles with each failure and shrinks with each event that looking finds. So a pattern for which looking
 * never pays costs nearly nothing, one for which it pays mostly is looked for, and an idle program sleeps.
 */

#include <stdbool.h>
#include <stdint.h>

struct rdy_spin {
    int64_t limit_ns;  /* the longest window; 0 never looks */
    int64_t window_ns; /* the present one */
    unsigned misses;   /* in a row */
    unsigned rest;     /* near events to let pass */
    unsigned penalty;  /* the next rest */
};

enum {
    RDY_SPIN_TRIAL = 8,
    RDY_SPIN_PENALTY_MAX = 1023,
    RDY_SPIN_PENALTY_OTHERS =
        63, /* the least when others need the processor: they keep it for milliseconds */
};

/* Looking has found an event. */
static inline void rdy_spin_found(struct rdy_spin *spin)
{
    spin->misses = 0;
    if (spin->penalty > 0)
        spin->penalty--;
}

static inline void rdy_spin_widen(struct rdy_spin *spin)
{
    const int64_t wider = spin->window_ns == 0 ? spin->limit_ns / 8 + 1 : 2 * spin->window_ns;
    spin->window_ns = wider < spin->limit_ns ? wider : spin->limit_ns;
}

static inline void rdy_spin_narrow(struct rdy_spin *spin)
{
    const int64_t half = spin->window_ns / 2;
    spin->window_ns = half < spin->limit_ns / 8 + 1 ? 0 : half;
}

static inline void rdy_spin_give_up(struct rdy_spin *spin)
{
    const unsigned doubled = 2 * spin->penalty + 1;
    spin->rest = spin->penalty;
    spin->penalty = doubled < RDY_SPIN_PENALTY_MAX ? doubled : RDY_SPIN_PENALTY_MAX;
    spin->misses = 0;
    spin->window_ns = 0;
}

/* A wait of `waited_ns` looked in vain for the first `looked_ns`, slept, and was `answered` by an event or not. */
static inline void rdy_spin_slept(struct rdy_spin *spin, int64_t looked_ns, int64_t waited_ns, bool answered)
{
    const int64_t far = 4 * spin->limit_ns;
    const bool is_near = answered && waited_ns <= far;
    if (looked_ns > far) {
        if (spin->penalty < RDY_SPIN_PENALTY_OTHERS)
            spin->penalty = RDY_SPIN_PENALTY_OTHERS;
        rdy_spin_give_up(spin);
    } else if (is_near && looked_ns >= spin->limit_ns) {
        if (++spin->misses == RDY_SPIN_TRIAL)
            rdy_spin_give_up(spin);
    } else if (is_near && spin->rest == 0) {
        rdy_spin_widen(spin);
    } else {
        rdy_spin_narrow(spin);
        spin->rest -= is_near;
    }
}

#endif
