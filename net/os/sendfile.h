#ifndef RDY_NET_OS_SENDFILE_H
#define RDY_NET_OS_SENDFILE_H

/* Private: the ways to send a piece of a file over a socket. */

#include <stddef.h>
#include <stdint.h>

/*
 * Both send up to `size` bytes, which are some, from `offset` on: the count, 0 at the end of the file, or a negative
 * errno; never -EINTR, no SIGPIPE. The position of the file stays.
 */

/* sendfile(2); -ENOSYS, -EPERM, -EINVAL, -EOPNOTSUPP or -ENOTSUP where there is none, or none for such a file. */
ptrdiff_t rdy_sendfile_directly(int fd, int file, int64_t offset, size_t size);

/* pread(2) and send(2). */
ptrdiff_t rdy_sendfile_by_copy(int fd, int file, int64_t offset, size_t size);

#endif
