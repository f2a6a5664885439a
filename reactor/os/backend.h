#ifndef RDY_REACTOR_OS_BACKEND_H
#define RDY_REACTOR_OS_BACKEND_H

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reactor/event.h"
#include "reactor/interest.h"
#include "reactor/token.h"

/* The conditions and the triggers of an interest, and the conditions of a direction. */
#define RDY_CONDITIONS (RDY_READABLE | RDY_WRITABLE | RDY_PRIORITY)
#define RDY_TRIGGERS   (RDY_LEVEL | RDY_ONESHOT)

/* The calls that are checked above the seam. */
enum rdy_call {
    RDY_CALL_REGISTER,
    RDY_CALL_REREGISTER,
    RDY_CALL_DEREGISTER,
    RDY_CALL_BLOCKED,
    RDY_CALL_WAIT,
    RDY_CALL_WAKER_OPEN,
    RDY_CALL_WAKER_WAKE,
    RDY_CALLS,
};

/*
 * Below the seam an interest may also say which directions the library itself has shut down. An event that says
 * readable or writable says so too.
 */
#define RDY_SHUT_READ  RDY_EVENT_READ_CLOSED
#define RDY_SHUT_WRITE RDY_EVENT_WRITE_CLOSED

_Static_assert(RDY_EVENT_READABLE == RDY_READABLE && RDY_EVENT_WRITABLE == RDY_WRITABLE &&
                   RDY_EVENT_PRIORITY == RDY_PRIORITY,
               "conditions are flags");
_Static_assert(((RDY_SHUT_READ | RDY_SHUT_WRITE) & (RDY_CONDITIONS | RDY_TRIGGERS)) == 0,
               "bits of their own");

/* The flags of an event that those shutdowns add to it. */
static inline uint32_t rdy_shut_flags(rdy_interest interest, uint32_t flags)
{
    uint32_t shut = 0;
    if (flags & RDY_EVENT_READABLE)
        shut |= interest & RDY_SHUT_READ;
    if (flags & RDY_EVENT_WRITABLE)
        shut |= interest & RDY_SHUT_WRITE;
    return shut;
}

/* Whether an error means that the descriptor is not the registered file's, by now or ever: nothing is watched then. */
static inline bool rdy_backend_has_lost(int error)
{
    return error == -EBADF || error == -ENOENT;
}

/*
 * The seam: what one kernel mechanism does. Everything that is the same for all of them stands above it,
 * once: checking arguments, who is registered where, locking, time-outs that go on after a wake-up, wakers,
 * spinning, fork.
 *
 * Only value headers (token, interest, event) are shared with the reactor above. Results are 0 or a count, or
 * a negative errno. `state` is zeroed memory of `state_size` bytes.
 */
struct rdy_backend {
    const char *name;
    size_t state_size;

    /* Its wait sleeps on a snapshot of what was asked, and is woken after add, change and remove to take a new one. */
    bool sleeps_on_snapshot;

    /*
     * `lock` is held by the caller around every other call but wait, and is for wait to take where it touches
     * what those calls touch.
     */
    int (*open)(void *state, pthread_mutex_t *lock);

    /* `inherited`: this is a child of fork(2) closing its parent's state. */
    void (*close)(void *state, bool inherited);

    /*
     * The interest has been checked. add says -EEXIST, change and remove say -ENOENT by themselves. A remove that fails
     * in another way than by what rdy_backend_has_lost knows has changed nothing.
     */
    int (*add)(void *state, int fd, rdy_token token, rdy_interest interest);
    int (*change)(void *state, int fd, rdy_token token, rdy_interest interest);
    int (*remove)(void *state, int fd);

    /*
     * Sleeps at most `timeout_ns` (0 looks, below 0 is for ever) and writes at most `capacity` events into an
     * array that has 16 bytes of room for each. Returns their number; 0 also when it was woken or came back
     * early: the caller knows the deadline and comes again. -EINTR when a signal arrived.
     */
    int (*wait)(void *state, rdy_event *events, int capacity, int64_t timeout_ns);

    /* Ends a wait that sleeps, or the next one. */
    void (*wake)(void *state);

    /* Optional: a descriptor that poll(2) finds readable while wait would have something to do, or -ENOTSUP. */
    int (*descriptor)(void *state);

    /*
     * Optional, for mechanisms without edges of their own: an operation in `direction` would have blocked. 1 if
     * that armed something, else 0. Where it is there, every read and write of net/ reports to it
     * (reactor/source_io.c), and a sleeping wait is woken after one that armed.
     */
    int (*rearm)(void *state, int fd, rdy_interest direction);

    /*
     * Optional, beside rearm, for a backend that watches how it is used (debug.c). Where it is there, reads, writes and
     * accepts of net/ are told to it in place of rearm, whatever they gave: a count of the `wanted` bytes or a negative
     * errno. 1 if that armed something, else 0.
     */
    int (*answered)(void *state, int fd, rdy_interest direction, ptrdiff_t result, size_t wanted);

    /* Optional: a call was refused before it came here. `fd` is -1 where there is none. In a child without the lock. */
    void (*refused)(void *state, enum rdy_call call, int fd, int error);

    /* Optional: a source gave its reference back after close. Without the lock. */
    void (*returned)(void *state, int fd);
};

/* The backends that were built in, best first, ended by NULL. */
extern const struct rdy_backend *const rdy_backend_list[];

extern const struct rdy_backend rdy_backend_epoll;
extern const struct rdy_backend rdy_backend_kqueue;
extern const struct rdy_backend rdy_backend_select;

#endif
