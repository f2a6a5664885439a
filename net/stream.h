#ifndef RDY_NET_STREAM_H
#define RDY_NET_STREAM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "reactor/export.h"
#include "reactor/source.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What byte streams of every kind share, TCP and Unix: they work on the source inside rdy_tcp_stream and
 * rdy_unix_stream, so that code which only moves bytes need not know which it has.
 *
 * None of these calls blocks, raises SIGPIPE or fails with EINTR. A result of 0 from a read of at least one
 * byte is the end of the stream, for good. Errors: -EAGAIN would block: wait for an event; -EBADF the source
 * is closed; -ECONNRESET, -EPIPE, -ETIMEDOUT, -ENOTCONN and others of recv(2) and send(2).
 */

/* Reads up to `size` bytes. Their number, 0 at the end of the stream, or an error. */
RDY_API ptrdiff_t rdy_stream_read(rdy_source *source, void *bytes, size_t size);

/* Reads into `count` pieces in their order (readv(2)); -EINVAL for a count below 0 or above IOV_MAX. */
RDY_API ptrdiff_t rdy_stream_readv(rdy_source *source, const struct iovec *pieces, int count);

/* As read, but leaves the bytes where they are. */
RDY_API ptrdiff_t rdy_stream_peek(rdy_source *source, void *bytes, size_t size);

/* Writes up to `size` bytes: how many the kernel took, which may be fewer, or an error. */
RDY_API ptrdiff_t rdy_stream_write(rdy_source *source, const void *bytes, size_t size);

/* Writes `count` pieces in their order (writev(2)); -EINVAL for a count below 0 or above IOV_MAX. */
RDY_API ptrdiff_t rdy_stream_writev(rdy_source *source, const struct iovec *pieces, int count);

/*
 * Sends up to `size` bytes of a file from *offset on, without copying them where the system can (sendfile(2) of Linux,
 * macOS and FreeBSD), else by pread(2) and send(2). *offset moves on by what was sent, whatever the result; the
 * position of `file` stays. How many bytes were sent: fewer than asked when the stream would block or the file has
 * ended, and the next call tells which; 0 at the end of the file; or an error: those of a write, -EBADF also for
 * `file`, -ESPIPE if it cannot be read at an offset (a pipe), -EINVAL for a negative offset, -EIO. An error that comes
 * after some bytes is told at once.
 *
 * One call sends all that the socket takes, and reading may wait for the disk: ask for less where others wait for
 * their turn. Do not ask for more than the file has: Linux before 6.5 expects more then, and holds the last packet back
 * for a while. What is written to the file while its bytes are on their way may be sent in their place (sendfile(2)).
 */
RDY_API ptrdiff_t rdy_stream_sendfile(rdy_source *source, int file, int64_t *offset, size_t size);

/*
 * Shuts one or both directions down: SHUT_RD, SHUT_WR or SHUT_RDWR of shutdown(2). 0 on success, -ENOTCONN if
 * the stream is not connected (macOS also says so once the peer has gone), -EINVAL.
 * Events show it from then on, on every backend: read_closed beside readable, write_closed beside writable, as far as
 * the source asked for that direction. It gives an event by itself, but for a oneshot, which waits until it is
 * reregistered. RDY_EXCLUSIVE never shows it.
 */
RDY_API int rdy_stream_shutdown(rdy_source *source, int how);

#ifdef __cplusplus
}
#endif

#endif
