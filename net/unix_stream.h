#ifndef RDY_NET_UNIX_STREAM_H
#define RDY_NET_UNIX_STREAM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "net/address.h"
#include "net/stream.h"
#include "reactor/export.h"
#include "reactor/source.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A Unix stream connection. Owned by the caller, may be moved, one thread at a time. Register `source`. A
 * zeroed stream is closed. The descriptor is non-blocking and close-on-exec from birth.
 */
typedef struct rdy_unix_stream {
    rdy_source source;
} rdy_unix_stream;

/*
 * Connects; a Unix connect is done at once or fails, and the listener need not have accepted. 0 on success;
 * -ENOENT no such file, -ECONNREFUSED nobody listens there, -EACCES, -EMFILE, -EAFNOSUPPORT for an address that is
 * no Unix one. -EAGAIN when the listener's queue is full (Linux, unix(7); others say -ECONNREFUSED): no event will
 * tell of room, so try again by timer. `stream` is written on success only and belongs to the caller.
 */
RDY_API int rdy_unix_stream_connect(const rdy_address *peer, rdy_unix_stream *stream);

/* Two streams connected to each other. 0 on success, -EMFILE, -ENFILE, -ENOMEM. */
RDY_API int rdy_unix_stream_pair(rdy_unix_stream *one, rdy_unix_stream *other);

/*
 * Makes a stream of a Unix stream socket and takes it over; sets it non-blocking and close-on-exec. 0 on
 * success; -EBADF, -ENOTSOCK, -EINVAL if it is no such socket: then it is still the caller's, as it was.
 */
RDY_API int rdy_unix_stream_from_fd(int fd, rdy_unix_stream *stream);

/*
 * Deregisters, gives the descriptor to the caller, leaves a zeroed stream. -EBADF if it is closed. Another error, such
 * as -ENOMEM, says that it could not be deregistered: then nothing was given up.
 */
RDY_API int rdy_unix_stream_into_fd(rdy_unix_stream *stream);

/* Deregisters and closes; leaves a zeroed stream. NULL and zeroed streams are fine. */
RDY_API void rdy_unix_stream_close(rdy_unix_stream *stream);

/* These seven are rdy_stream_read ... rdy_stream_shutdown: their contract is in net/stream.h. */
RDY_API ptrdiff_t rdy_unix_stream_read(rdy_unix_stream *stream, void *bytes, size_t size);
RDY_API ptrdiff_t rdy_unix_stream_readv(rdy_unix_stream *stream, const struct iovec *pieces, int count);
RDY_API ptrdiff_t rdy_unix_stream_peek(rdy_unix_stream *stream, void *bytes, size_t size);
RDY_API ptrdiff_t rdy_unix_stream_write(rdy_unix_stream *stream, const void *bytes, size_t size);
RDY_API ptrdiff_t rdy_unix_stream_writev(rdy_unix_stream *stream, const struct iovec *pieces, int count);
RDY_API ptrdiff_t rdy_unix_stream_sendfile(rdy_unix_stream *stream, int file, int64_t *offset, size_t size);
RDY_API int rdy_unix_stream_shutdown(rdy_unix_stream *stream, int how);

/* Takes the error that waits on the socket (SO_ERROR) and clears it: 0 for none, else a negative errno. */
RDY_API int rdy_unix_stream_take_error(rdy_unix_stream *stream);

/*
 * The two ends. A socket that was not bound, as those of a pair and of most clients, has an address without a
 * path ("unix:" when printed). 0 on success; -ENOTCONN if there is no peer, -EBADF.
 */
RDY_API int rdy_unix_stream_local_address(const rdy_unix_stream *stream, rdy_address *address);
RDY_API int rdy_unix_stream_peer_address(const rdy_unix_stream *stream, rdy_address *address);

#ifdef __cplusplus
}
#endif

#endif
