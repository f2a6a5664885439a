#ifndef RDY_REACTOR_REGISTRY_H
#define RDY_REACTOR_REGISTRY_H

#include "reactor/export.h"
#include "reactor/interest.h"
#include "reactor/source.h"
#include "reactor/token.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The half of a poll that may only register. Every function here may be called from any thread, also while
 * another thread waits on the poll; the change takes effect for the wait that is under way. (One source still
 * belongs to one thread at a time.)
 */
typedef struct rdy_registry rdy_registry;

/*
 * Asks for events of `source` under `token`. A source that is ready already gives an event, to a thread that waits
 * possibly before this returns: whoever registers a source for another thread does not touch it any more. What was
 * written before is visible to the thread that gets the event.
 * 0 on success, else
 *   -EINVAL   the interest is empty or has unknown or contradicting bits; kqueue also for a descriptor that the
 *             system cannot watch (kqueue(2))
 *   -EEXIST   the source, or another source with the same descriptor, is registered here; or the source is
 *             registered with another poll
 *   -EPERM    the descriptor is a regular file, a directory or a block device, which are never "not ready"; epoll
 *             and kqueue also for devices that cannot be waited for
 *   -EBADF    the source holds no open descriptor, or the poll is closed
 *   -EMFILE   select, where the system has a fixed FD_SETSIZE: the descriptor is above it
 *   -ENOTSUP  kqueue: RDY_PRIORITY alone, where the system has no filter for it; RDY_EXCLUSIVE elsewhere than on epoll
 *   -ENOMEM, -ENOSPC, -ELOOP   as epoll_ctl(2) says
 *   -ECHILD   this is a child of fork(2) and the poll is the parent's
 */
RDY_API int rdy_registry_register(rdy_registry *registry, rdy_source *source, rdy_token token,
                                  rdy_interest interest);

/*
 * Replaces token and interest. It always re-arms: readiness that still exists is reported again, also when
 * nothing changed. Errors as for register; -ENOENT if the source is not registered, or no more, since its descriptor
 * was closed and is another file's, or since kqueue(2) had no memory for the change, nor to put back what was there;
 * -EEXIST if it is registered with another poll; -EINVAL for what is or would be RDY_EXCLUSIVE.
 */
RDY_API int rdy_registry_reregister(rdy_registry *registry, rdy_source *source, rdy_token token,
                                    rdy_interest interest);

/*
 * Ends the registration. After it returns, no later wait reports it; one that another thread has under way may,
 * so tokens that are pointers are not safe there: take those of rdy_slab. 0 on success, else
 *   -ENOENT   the source is not registered
 *   -EEXIST   it is registered with another poll
 *   -EBADF    its descriptor was closed behind the library's back (-ENOENT if the number is another file's by
 *             now). There were no events since, of neither file, and the registration is gone, unless a
 *             duplicate of the descriptor keeps the file open (dup(2), fork(2)): epoll(7) goes on to report it, and
 *             nobody can take it off any more. Deregister before you close.
 *   -ECHILD   this is a child of fork(2) and the poll is the parent's
 * Any other failure (-ENOMEM, as epoll_ctl(2) says) leaves it registered.
 */
RDY_API int rdy_registry_deregister(rdy_registry *registry, rdy_source *source);

/*
 * Another reference to the same registry, to be given to another thread; it may outlive the poll, and then
 * answers -EBADF. Never fails. Give it back with rdy_registry_free.
 */
RDY_API rdy_registry *rdy_registry_clone(rdy_registry *registry);

/* Gives a clone back. NULL is fine. Not for the borrowed pointer that rdy_poll_registry returns. */
RDY_API void rdy_registry_free(rdy_registry *registry);

#ifdef __cplusplus
}
#endif

#endif
