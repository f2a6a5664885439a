#ifndef RDY_REACTOR_OS_SIGPIPE_H
#define RDY_REACTOR_OS_SIGPIPE_H

/*
 * Writing where nobody reads any more without SIGPIPE, by calls that know no MSG_NOSIGNAL. No handler is set:
 * what is done here concerns the calling thread alone.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

/* Tells the kernel that writing to the descriptor raises no SIGPIPE, where it can be told. 0 or a negative errno. */
int rdy_sigpipe_forgo(int fd);

/* writev(2) of `size` bytes in all to a descriptor that has forgone SIGPIPE; made again after EINTR. */
ptrdiff_t rdy_sigpipe_writev(int fd, const struct iovec *pieces, int count, size_t size);

/* What a thread that holds SIGPIPE back has to put right afterwards. */
struct rdy_sigpipe_hold {
    bool was_blocked;
    bool was_pending;
};

/* Holds SIGPIPE back from the calling thread. */
void rdy_sigpipe_hold(struct rdy_sigpipe_hold *hold);

/*
 * Ends that, after one or more calls to write `size` bytes in all and their result: a signal that they have raised is
 * taken back, unless one was pending before (the two cannot be told apart).
 */
void rdy_sigpipe_release(const struct rdy_sigpipe_hold *hold, ptrdiff_t result, size_t size);

#endif
