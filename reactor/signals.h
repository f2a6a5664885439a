#ifndef RDY_REACTOR_SIGNALS_H
#define RDY_REACTOR_SIGNALS_H

#include <stddef.h>

#include "reactor/export.h"
#include "reactor/source.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The most signals that one rdy_signals takes. */
#define RDY_SIGNALS_MAX 16

/*
 * Signals as an ordinary source: while it is open, each of its signals makes the source readable and has no
 * other effect. Owned by the caller, used by one thread; do not copy it while it is open. In a child of fork(2) its
 * signals do what they did before it was opened.
 */
typedef struct rdy_signals {
    rdy_source source; /* register it with RDY_READABLE; never read from its descriptor */
    int writer; /* the other end, for the handler; the source's own descriptor where that is an eventfd(2) */
    int numbers[RDY_SIGNALS_MAX];
    size_t count;
} rdy_signals;

/*
 * Takes over `count` signals. 0 on success; -EINVAL for no signal, too many, one twice, or one that cannot be
 * caught (sigaction(2)); -EBUSY if another rdy_signals has one of them; -EMFILE, -ENFILE. On failure nothing
 * has changed. The handlers run on the alternate stack if the calling thread has one (sigaltstack(2)): where
 * threads have to, as in a process with Go in it, call it from one of those.
 */
RDY_API int rdy_signals_open(const int *numbers, size_t count, rdy_signals *signals);

/*
 * The number of a signal that arrived since it was last returned, or -EAGAIN when there is none: call it
 * until it says that. Signals of one number that were not yet seen merge, as pending signals do (signal(7)).
 */
RDY_API int rdy_signals_next(rdy_signals *signals);

/*
 * Restores the handlers that were there before, deregisters, and leaves a zeroed object; signals not yet seen
 * are lost. NULL and zeroed objects are fine.
 */
RDY_API void rdy_signals_close(rdy_signals *signals);

#ifdef __cplusplus
}
#endif

#endif
