#ifndef RDY_REACTOR_POLL_H
#define RDY_REACTOR_POLL_H

#include <stdint.h>

#include "reactor/events.h"
#include "reactor/export.h"
#include "reactor/registry.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Waits for readiness. One thread waits; any thread registers, through the poll's registry. */
typedef struct rdy_poll rdy_poll;

/* No time-out. Any negative number means the same. */
#define RDY_FOREVER INT64_C(-1)

typedef struct rdy_poll_options {
    /*
     * "epoll", "kqueue" or "select"; NULL takes the environment variable RDY_BACKEND (ignored when the
     * program is set-uid) and else the best that opens. A name that is given and not there is -ENOTSUP, never
     * another backend.
     */
    const char *backend;
    /*
     * Nanoseconds for which a wait may ask again without sleeping before it sleeps; 0, the default, never
     * does. It adapts: looking goes on only while it finds events, or recent waits were short enough for it to find
     * them, and while nobody else needs the processor, which is yielded between two looks (sched_yield(2)).
     * Signals, wakers and time-outs work the same; as with any wait, a signal that arrives while the thread does
     * not sleep runs its handler and gives no -EINTR.
     */
    int64_t spin_ns;
} rdy_poll_options;

/*
 * Opens a poll; `options` may be NULL. 0 on success; -EINVAL for a negative spin_ns, -ENOTSUP for a backend
 * that is not there, -EMFILE, -ENFILE, -ENOMEM. Its descriptors are close-on-exec. Close it with
 * rdy_poll_close.
 *
 * RDY_DEBUG=1 in the environment (ignored when the program is set-uid) makes polls that report misuse on stderr, a line
 * for each cause that begins with "rdy: debug: ". All calls answer as without it. Reported are
 *   - a descriptor that was closed, or became another file's, while it was registered: by the next wait, which looks
 *     at all registered descriptors (fstat(2)), or by the call that meets it
 *   - a source that was freed while registered: when the number of its descriptor is registered anew, and at
 *     the end of exit(3), after its handlers, if the poll was closed and the source never was
 *   - an EDGE left undrained: readable was told, and the thread goes to sleep in a wait before a read or accept met
 *     a would-block, a short read, the end or an error (after an event that told of a close or an error a short read
 *     does not count: rdy_event_is_drained). Whoever reads raw descriptors says rdy_source_blocked, whoever will read
 *     on by itself, or leaves it to another thread, rdy_source_defer. A wait that does not sleep reports none.
 *   - calls refused with -EINVAL, -EEXIST, -ENOENT or -EBADF for what the caller did, two threads that wait at
 *     once, and use of the poll in a child of fork(2)
 */
RDY_API int rdy_poll_open(const rdy_poll_options *options, rdy_poll **poll);

/*
 * Waits until a registered source is ready, a waker wakes the poll, `timeout_ns` nanoseconds have passed (0
 * only looks; RDY_FOREVER) or a signal arrives. Fills `events` and returns their number, 0 after the
 * time-out:
 *   - at most one event for each registration, at most the capacity; the rest comes with the next wait, in turn
 *   - time-outs are rounded up to what the kernel can do and clamped when absurd; they are never early
 *   -EINTR    a signal handler ran while the thread slept (signal(7)), or the kernel woke it for a signal that is
 *             ignored, as that of a child which ends while the thread that forked it blocks signals; no event is lost
 *   -EINVAL   `events` has no capacity
 *   -EBADF    descriptors of the poll itself were closed behind its back (closefrom(3), say)
 *   -ECHILD   this is a child of fork(2) and the poll is the parent's
 * After a failure `events` is empty. No allocation. Call it from one thread at a time.
 */
RDY_API int rdy_poll_wait(rdy_poll *poll, rdy_events *events, int64_t timeout_ns);

/* The registry of this poll, borrowed: valid until the poll is closed. Clone it to keep it longer. */
RDY_API rdy_registry *rdy_poll_registry(rdy_poll *poll);

/*
 * The descriptor of the poll itself, to be watched by another: register it there (rdy_source_from_fd), and call
 * rdy_poll_wait with a time-out of 0 when it is readable, until that returns 0; then, unless it was registered with
 * RDY_LEVEL, say so by rdy_source_blocked. It is readable while this poll has something to report, wakes included. From
 * this call on a wake costs a system call also while nobody sleeps. The descriptor stays the poll's: deregister it
 * before rdy_poll_close, read nothing from it and do not close it. -ENOTSUP on select, which has none; -ECHILD in a
 * child of fork(2).
 */
RDY_API int rdy_poll_fd(rdy_poll *poll);

/* The name of the backend in use. A static string. */
RDY_API const char *rdy_poll_backend(const rdy_poll *poll);

/*
 * Closes the poll and ends all its registrations; the sources themselves stay open and may be registered
 * elsewhere. Wakers and clones of the registry may outlive it. No thread may be waiting. NULL is fine. In a
 * child of fork(2) it releases the child's copy and leaves the parent's poll as it was.
 */
RDY_API void rdy_poll_close(rdy_poll *poll);

/* The backends that were built in, best first: static strings, ended by NULL. */
RDY_API const char *const *rdy_backends(void);

#ifdef __cplusplus
}
#endif

#endif
