#ifndef LOOP_H
#define LOOP_H

/*
 * A loop with callbacks, on rdy: what a program needs before it can lend its thread to a library that brings its own
 * sockets. An example to be taken as it is and changed at will; the adapters beside it (curl_on_rdy.c and the like)
 * stand on it. One thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include <reactor/poll.h>
#include <reactor/slab.h>
#include <reactor/timer_wheel.h>

struct loop {
    rdy_poll *poll;
    rdy_events events;
    rdy_slab watches; /* its tokens tell a watch that is gone from the one that took its place */
    rdy_timer_wheel wheel;
    rdy_interest trigger; /* of every watch */
    bool rearms;          /* with RDY_EDGE: after each call of `ready`; only an experiment turns it off */
    int error;            /* the first that no caller could be told, for loop_turn */
    uint64_t stale;       /* events for watches that another one of the same wait removed */
};

/* A descriptor that is watched. It stays where it is until it is removed; `context` is the caller's. */
struct loop_watch {
    rdy_source source;
    rdy_token token;
    rdy_interest conditions; /* 0: nothing for now */
    bool armed;
    void (*ready)(struct loop_watch *watch, rdy_event event);
    void *context;
};

/* Lives in the caller's object, zeroed but for the last two. */
struct loop_timer {
    rdy_timer timer;
    void (*expired)(void *context);
    void *context;
};

/* 0, or a negative errno. `trigger` is RDY_LEVEL or RDY_EDGE; README.md says which. `backend` as in rdy_poll_options. */
int loop_open(rdy_interest trigger, const char *backend, struct loop *loop);

/* All watches and timers have to be gone. */
void loop_close(struct loop *loop);

/*
 * Waits once, for `timeout_ns` at most, and calls back whatever is ready or due. The number of calls, 0 after the
 * time-out or a signal, or a negative errno.
 */
int loop_turn(struct loop *loop, int64_t timeout_ns);

/*
 * Watches a descriptor that stays the library's: `ready` is called when one of the conditions (RDY_READABLE,
 * RDY_WRITABLE, both or 0) holds, and may do anything to any watch. 0, or a negative errno.
 */
int loop_add(struct loop *loop, int fd, rdy_interest conditions,
             void (*ready)(struct loop_watch *watch, rdy_event event), void *context,
             struct loop_watch **watch);

/* Other conditions from now on. What fails here comes back from loop_turn: libraries ask in callbacks without result. */
void loop_change(struct loop *loop, struct loop_watch *watch, rdy_interest conditions);

/* Ends the watch, best before the library closes the descriptor. NULL is fine. */
void loop_remove(struct loop *loop, struct loop_watch *watch);

/* Whether the watch with this token is still there. */
bool loop_has(const struct loop *loop, rdy_token token);

/* Has loop_turn return this error from now on, or the first of several: for what fails where nobody can be told. */
void loop_fail(struct loop *loop, int error);

/* Calls `expired` once, `delay_ns` from now; a negative delay cancels. */
void loop_arm(struct loop *loop, struct loop_timer *timer, int64_t delay_ns);

#endif
