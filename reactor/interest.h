#ifndef RDY_REACTOR_INTEREST_H
#define RDY_REACTOR_INTEREST_H

#include <stddef.h>
#include <stdint.h>

#include "reactor/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What a registration asks for: at least one of the three conditions, or'ed with at most one trigger and, on
 * epoll, with EXCLUSIVE. An interest without a condition, with an unknown bit or with both LEVEL and ONESHOT is
 * refused with -EINVAL.
 * PRIORITY is out-of-band data (POLLPRI of poll(2)). A kqueue without a filter for it (FreeBSD, NetBSD)
 * refuses it alone with -ENOTSUP, tells it with readable events and leaves it out beside WRITABLE alone.
 */
typedef uint32_t rdy_interest;

#define RDY_READABLE UINT32_C(1)
#define RDY_WRITABLE UINT32_C(2)
#define RDY_PRIORITY UINT32_C(16)

/*
 * The trigger.
 *   EDGE      the default: after an operation would block, the next change to ready gives at least one event. More
 *             may come.
 *   LEVEL     every wait reports the condition while it holds.
 *   ONESHOT   one event, then silence until the source is reregistered.
 */
#define RDY_EDGE    UINT32_C(0)
#define RDY_LEVEL   UINT32_C(0x100)
#define RDY_ONESHOT UINT32_C(0x200)

/*
 * For a listener that several polls wait on: a connection wakes at least one of those that sleep, not all of them
 * (EPOLLEXCLUSIVE of epoll_ctl(2)). The kernel does not spread the connections evenly; listeners of their own with
 * reuse_port_lb do (net/tcp_listener.h). -ENOTSUP on other backends. What the kernel refuses is -EINVAL: with
 * PRIORITY or ONESHOT, on the descriptor of a poll, and to reregister: deregister and register instead. Closes
 * of one direction, own ones too, do not show as read_closed or write_closed.
 */
#define RDY_EXCLUSIVE UINT32_C(0x400)

/* Room for any interest that rdy_interest_print writes, the final NUL included. */
#define RDY_INTEREST_TEXT_MAX 64

/*
 * Writes the interest as text ("READABLE | WRITABLE | LEVEL"; "(empty)" for none) and returns the length of
 * the whole text, like snprintf(3): a result of `size` or more says that it was cut. `text` may be NULL when
 * `size` is 0.
 */
RDY_API int rdy_interest_print(rdy_interest interest, char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
