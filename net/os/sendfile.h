#ifndef RDY_NET_OS_SENDFILE_H
#define RDY_NET_OS_SENDFILE_H

/* Private: the ways to send a piece of a file over a socket. */

#include <stddef.h>
#include <stdint.h>

#include "reactor/os/sigpipe.h"

/*
 * Both send up to `size` bytes, which are some, from `offset` on: the count, 0 at the end of the file, or a negative
 * errno; never -EINTR. The position of the file stays.
 */

/*
 * sendfile(2); -ENOSYS, -EPERM, -EINVAL, -EOPNOTSUPP or -ENOTSUP where there is none, or none for such a file. May raise
 * SIGPIPE, with -EPIPE or a count below `size`, unless it is held back by the two below.
 */
ptrdiff_t rdy_sendfile_directly(int fd, int file, int64_t offset, size_t size);

/* pread(2) and send(2), which raises none. */
ptrdiff_t rdy_sendfile_by_copy(int fd, int file, int64_t offset, size_t size);

/*
 * Before and after any number of parts that were to send `size` bytes together: holds SIGPIPE back, where the socket was
 * not told at its birth to raise none. `sent` of them were sent, and `last` is what the last part said.
 */
void rdy_sendfile_hold(struct rdy_sigpipe_hold *hold);
void rdy_sendfile_release(const struct rdy_sigpipe_hold *hold, ptrdiff_t last, ptrdiff_t sent, size_t size);

#endif
