#ifndef RDY_NET_STREAM_H
#define RDY_NET_STREAM_H

#include <stddef.h>
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
 * Shuts one or both directions down: SHUT_RD, SHUT_WR or SHUT_RDWR of shutdown(2). 0 on success, -ENOTCONN if
 * the stream is not connected (macOS also says so once the peer has gone), -EINVAL.
 * Events show it from then on, on every backend: read_closed beside readable, write_closed beside writable, as far as
 * the source asked for that direction. It gives an event by itself, but for a oneshot, which waits until it is
 * reregistered.
 */
RDY_API int rdy_stream_shutdown(rdy_source *source, int how);

#ifdef __cplusplus
}
#endif

#endif
