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
 * Asks for events of `source` under `token`. A source that is ready already gives an event. 0 on success,
 * else -EINVAL   the interest is empty or has unknown or contradicting bits -EEXIST   the source, or another
 * source with the same descriptor, is registered here; or the source is registered with another poll -EPERM
 * the descriptor is a regular file, a directory or a block device, which are never "not ready" -EBADF    the
 * source holds no open descriptor, or the poll is closed -EMFILE   select, where the system has a fixed
 * FD_SETSIZE: the descriptor is above it -ENOTSUP  kqueue: RDY_PRIORITY alone, where the system has no filter
 * for it -ENOMEM, -ENOSPC (epoll_ctl(2): max_user_watches) -ECHILD   this is a child of fork(2) and the poll
 * is the parent's
 */
RDY_API int rdy_registry_register(rdy_registry *registry, rdy_source *source, rdy_token token,
                                  rdy_interest interest);

/*
 * Replaces token and interest. It always re-arms: readiness that still exists is reported again, also when
 * nothing changed. Errors as for register; -ENOENT if the source is not registered, -EEXIST if it is
 * registered with another poll.
 */
RDY_API int rdy_registry_reregister(rdy_registry *registry, rdy_source *source, rdy_token token,
                                    rdy_interest interest);

/*
 * Ends the registration. After it returns, no later wait reports it. 0 on success; -ENOENT if the source is
 * not registered, -EEXIST if it is registered with another poll, -EBADF if its descriptor was closed behind
 * the library's back (the registration is gone then too), -ECHILD in a child of fork(2).
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
