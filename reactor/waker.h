#ifndef RDY_REACTOR_WAKER_H
#define RDY_REACTOR_WAKER_H

#include "reactor/export.h"
#include "reactor/registry.h"
#include "reactor/token.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Wakes a poll from any thread. A wake gives a readable event with the waker's token: a wake before the wait
 * is kept, two wakes with a wait's event between them give two events, wakes that were not yet seen merge,
 * and after the event there is silence. A poll may have any number of wakers; a waker costs no descriptor.
 */
typedef struct rdy_waker rdy_waker;

/*
 * Opens a waker of the registry's poll. 0 on success; -EBADF if the poll is closed, -ENOMEM, -ECHILD in a
 * child of fork(2). Close it with rdy_waker_close; it may outlive the poll.
 */
RDY_API int rdy_waker_open(rdy_registry *registry, rdy_token token, rdy_waker **waker);

/*
 * Wakes the poll. What this thread wrote before is visible to the thread that gets the event. No system call
 * unless the poll sleeps and no wake is pending, and then it waits at most while another thread registers, or while
 * select looks at what is ready. Any thread, but not a signal handler
 * (rdy_signals is for those). 0 on success, also when the poll is closed: nothing happens then. -ECHILD in a
 * child of fork(2).
 */
RDY_API int rdy_waker_wake(rdy_waker *waker);

/* Closes the waker; a wake that was not yet seen is lost. No other thread may be using it. NULL is fine. */
RDY_API void rdy_waker_close(rdy_waker *waker);

#ifdef __cplusplus
}
#endif

#endif
