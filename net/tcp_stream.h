#ifndef RDY_NET_TCP_STREAM_H
#define RDY_NET_TCP_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "net/address.h"
#include "reactor/export.h"
#include "reactor/source.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A TCP connection. Owned by the caller, may be moved, one thread at a time. Register `source`. A zeroed
 * stream is closed. The descriptor is non-blocking and close-on-exec from birth.
 */
typedef struct rdy_tcp_stream {
    rdy_source source;
} rdy_tcp_stream;

/*
 * Starts to connect and does not wait. 0 when it has begun (or is done already): register the stream with
 * RDY_WRITABLE and ask rdy_tcp_stream_finish_connect at each writable event. Else the error that the system
 * gave at once (-ENETUNREACH, -EADDRNOTAVAIL, -EMFILE, ...), -EAFNOSUPPORT for an address that is neither
 * IPv4 nor IPv6. `stream` is written on success only and belongs to the caller.
 */
RDY_API int rdy_tcp_stream_connect(const rdy_address *peer, rdy_tcp_stream *stream);

/* As rdy_tcp_stream_connect, from the local address `from` (its port may be 0): -EADDRINUSE, -EADDRNOTAVAIL.
 */
RDY_API int rdy_tcp_stream_connect_from(const rdy_address *from, const rdy_address *peer,
                                        rdy_tcp_stream *stream);

/*
 * How the connect stands: 0 it is done, -EAGAIN not yet (wait for writable again), else why it failed
 * (-ECONNREFUSED, -ETIMEDOUT, -EHOSTUNREACH, ...). It may be asked at any time and any number of times, and
 * gives the same answer again: a failure is kept, and a read shows it too, although the kernel tells SO_ERROR
 * only once (socket(7)). -ENOTCONN if it failed and a read, a write or take_error was told why.
 */
RDY_API int rdy_tcp_stream_finish_connect(rdy_tcp_stream *stream);

/*
 * Makes a stream of a connected or connecting socket and takes it over; sets it non-blocking and
 * close-on-exec. 0 on success; -EBADF, -ENOTSOCK, -EINVAL if it is no TCP socket: then it is still the
 * caller's, as it was.
 */
RDY_API int rdy_tcp_stream_from_fd(int fd, rdy_tcp_stream *stream);

/*
 * Deregisters, gives the descriptor to the caller, leaves a zeroed stream. -EBADF if it is closed. Another error, such
 * as -ENOMEM, says that it could not be deregistered: then nothing was given up.
 */
RDY_API int rdy_tcp_stream_into_fd(rdy_tcp_stream *stream);

/* Deregisters and closes; leaves a zeroed stream. NULL and zeroed streams are fine. */
RDY_API void rdy_tcp_stream_close(rdy_tcp_stream *stream);

/* These seven are rdy_stream_read ... rdy_stream_shutdown: their contract is in net/stream.h. */
RDY_API ptrdiff_t rdy_tcp_stream_read(rdy_tcp_stream *stream, void *bytes, size_t size);
RDY_API ptrdiff_t rdy_tcp_stream_readv(rdy_tcp_stream *stream, const struct iovec *pieces, int count);
RDY_API ptrdiff_t rdy_tcp_stream_peek(rdy_tcp_stream *stream, void *bytes, size_t size);
RDY_API ptrdiff_t rdy_tcp_stream_write(rdy_tcp_stream *stream, const void *bytes, size_t size);
RDY_API ptrdiff_t rdy_tcp_stream_writev(rdy_tcp_stream *stream, const struct iovec *pieces, int count);
RDY_API ptrdiff_t rdy_tcp_stream_sendfile(rdy_tcp_stream *stream, int file, int64_t *offset, size_t size);
RDY_API int rdy_tcp_stream_shutdown(rdy_tcp_stream *stream, int how);

/*
 * Takes the error that waits on the socket (SO_ERROR) and clears it: 0 for none, else a negative errno. A
 * failed connect that rdy_tcp_stream_finish_connect has told is taken too. To learn whether a connect is
 * done, use that one.
 */
RDY_API int rdy_tcp_stream_take_error(rdy_tcp_stream *stream);

/* The two ends. 0 on success; -ENOTCONN if it is not connected, -EBADF. */
RDY_API int rdy_tcp_stream_local_address(const rdy_tcp_stream *stream, rdy_address *address);
RDY_API int rdy_tcp_stream_peer_address(const rdy_tcp_stream *stream, rdy_address *address);

/*
 * Options of tcp(7), ip(7), ipv6(7) and socket(7). 0 on success, -EBADF if the stream is closed, -EINVAL for
 * a value out of range (macOS also says -EINVAL once the peer has gone).
 */

/* Whether small writes go out at once (TCP_NODELAY, off by default). */
RDY_API int rdy_tcp_stream_set_nodelay(rdy_tcp_stream *stream, bool nodelay);
RDY_API int rdy_tcp_stream_nodelay(const rdy_tcp_stream *stream, bool *nodelay);

/* When and how a silent peer is asked whether it is still there. Whole seconds; 0 leaves the system's value.
 */
typedef struct rdy_tcp_keepalive {
    bool on;
    int idle_seconds;     /* before the first probe */
    int interval_seconds; /* between probes */
    int probes;           /* unanswered ones before the connection is dropped */
} rdy_tcp_keepalive;

RDY_API int rdy_tcp_stream_set_keepalive(rdy_tcp_stream *stream, const rdy_tcp_keepalive *keepalive);
RDY_API int rdy_tcp_stream_keepalive(const rdy_tcp_stream *stream, rdy_tcp_keepalive *keepalive);

/* Hops that a packet may take, 1 to 255: IP_TTL, for IPv6 IPV6_UNICAST_HOPS. */
RDY_API int rdy_tcp_stream_set_ttl(rdy_tcp_stream *stream, int ttl);
RDY_API int rdy_tcp_stream_ttl(const rdy_tcp_stream *stream, int *ttl);

/*
 * SO_LINGER in seconds; -1, the default, is off; 0 makes close send a reset and drop what was not sent. Above 0,
 * close blocks up to that long while bytes are unsent, also on a non-blocking socket (socket(7)).
 */
RDY_API int rdy_tcp_stream_set_linger(rdy_tcp_stream *stream, int seconds);
RDY_API int rdy_tcp_stream_linger(const rdy_tcp_stream *stream, int *seconds);

/* The kernel's buffers in bytes. It may take another size than asked: Linux doubles it (socket(7)). */
RDY_API int rdy_tcp_stream_set_send_buffer_size(rdy_tcp_stream *stream, int bytes);
RDY_API int rdy_tcp_stream_send_buffer_size(const rdy_tcp_stream *stream, int *bytes);
RDY_API int rdy_tcp_stream_set_receive_buffer_size(rdy_tcp_stream *stream, int bytes);
RDY_API int rdy_tcp_stream_receive_buffer_size(const rdy_tcp_stream *stream, int *bytes);

#ifdef __cplusplus
}
#endif

#endif
