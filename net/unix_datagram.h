#ifndef RDY_NET_UNIX_DATAGRAM_H
#define RDY_NET_UNIX_DATAGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "net/address.h"
#include "net/datagram.h"
#include "reactor/export.h"
#include "reactor/source.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A Unix datagram socket. Owned by the caller, may be moved, one thread at a time. Register `source`. A zeroed
 * socket is closed. The descriptor is non-blocking and close-on-exec from birth.
 *
 * Datagrams arrive whole, in order, and none is lost. So a sender waits for a receiver that is full, and
 * learns of room by an event only if it is connected to it. An unconnected one is writable all the time, and
 * with every trigger reported so again after each -EAGAIN: waiting for RDY_WRITABLE, it would spin. Do not
 * watch it for that, and try again by timer. macOS and the BSDs say -ENOBUFS of a full receiver, connected or
 * not, and no event tells of room: the same holds.
 */
typedef struct rdy_unix_datagram {
    rdy_source source;
} rdy_unix_datagram;

/*
 * Binds. The file is made by bind(2) and stays: removing it, before and after, is the caller's business;
 * abstract names (Linux) have none. 0 on success; -EADDRINUSE if the file is there, -EACCES, -ENOENT,
 * -EAFNOSUPPORT for other addresses. `socket` is written on success only and belongs to the caller.
 */
RDY_API int rdy_unix_datagram_bind(const rdy_address *address, rdy_unix_datagram *socket);

/* A socket without a name: it sends, and nobody can answer unless it is connected to. 0, -EMFILE, ... */
RDY_API int rdy_unix_datagram_unbound(rdy_unix_datagram *socket);

/* Two sockets connected to each other, without names. 0 on success, -EMFILE, -ENFILE, -ENOMEM. */
RDY_API int rdy_unix_datagram_pair(rdy_unix_datagram *one, rdy_unix_datagram *other);

/*
 * Takes over a Unix datagram socket that somebody else has made: it becomes non-blocking and close-on-exec,
 * and the caller's number is no longer its own. 0 on success; -EBADF, -ENOTSOCK, -EINVAL for a socket of
 * another kind: then the descriptor is still the caller's, as it was.
 */
RDY_API int rdy_unix_datagram_from_fd(int fd, rdy_unix_datagram *socket);

/*
 * Deregisters, gives the descriptor to the caller, leaves a zeroed socket. -EBADF if it is closed. Another error, such
 * as -ENOMEM, says that it could not be deregistered: then nothing was given up.
 */
RDY_API int rdy_unix_datagram_into_fd(rdy_unix_datagram *socket);

/* Deregisters and closes; leaves a zeroed socket; a file stays. NULL and zeroed sockets are fine. */
RDY_API void rdy_unix_datagram_close(rdy_unix_datagram *socket);

/*
 * From now on datagrams go to `peer` unless they name another, and only those from it arrive, after those that
 * wait already. Connecting again changes the peer. 0 on success; -ENOENT, -ECONNREFUSED if nobody is bound
 * there, -EPERM if the peer is connected to somebody else, -EACCES, -EAFNOSUPPORT for other addresses. When
 * the peer closes, no event tells; the next send says -ECONNREFUSED and the socket is connected no more; what
 * the peer had sent and was not received yet is lost then (Linux).
 */
RDY_API int rdy_unix_datagram_connect(rdy_unix_datagram *socket, const rdy_address *peer);

/* These are rdy_datagram_disconnect ... rdy_datagram_take_error: their contract is in net/datagram.h. */
RDY_API int rdy_unix_datagram_disconnect(rdy_unix_datagram *socket);
RDY_API ptrdiff_t rdy_unix_datagram_send(rdy_unix_datagram *socket, const void *bytes, size_t size);
RDY_API ptrdiff_t rdy_unix_datagram_send_to(rdy_unix_datagram *socket, const void *bytes, size_t size,
                                            const rdy_address *to);
RDY_API ptrdiff_t rdy_unix_datagram_sendv(rdy_unix_datagram *socket, const struct iovec *pieces, int count,
                                          const rdy_address *to);
RDY_API ptrdiff_t rdy_unix_datagram_send_many(rdy_unix_datagram *socket, const rdy_datagram *datagrams,
                                              size_t count);
RDY_API ptrdiff_t rdy_unix_datagram_recv(rdy_unix_datagram *socket, void *bytes, size_t size);
RDY_API ptrdiff_t rdy_unix_datagram_recv_from(rdy_unix_datagram *socket, void *bytes, size_t size,
                                              rdy_address *from);
RDY_API ptrdiff_t rdy_unix_datagram_peek(rdy_unix_datagram *socket, void *bytes, size_t size);
RDY_API ptrdiff_t rdy_unix_datagram_peek_from(rdy_unix_datagram *socket, void *bytes, size_t size,
                                              rdy_address *from);
RDY_API ptrdiff_t rdy_unix_datagram_recvv(rdy_unix_datagram *socket, const struct iovec *pieces, int count,
                                          rdy_address *from, bool *truncated);
RDY_API ptrdiff_t rdy_unix_datagram_recv_many(rdy_unix_datagram *socket, rdy_datagram *datagrams,
                                              size_t count);
RDY_API int rdy_unix_datagram_shutdown(rdy_unix_datagram *socket, int how);
RDY_API int rdy_unix_datagram_take_error(rdy_unix_datagram *socket);

/* The two ends; one without a name has an empty path. 0 on success; -ENOTCONN if there is no peer, -EBADF. */
RDY_API int rdy_unix_datagram_local_address(const rdy_unix_datagram *socket, rdy_address *address);
RDY_API int rdy_unix_datagram_peer_address(const rdy_unix_datagram *socket, rdy_address *address);

#ifdef __cplusplus
}
#endif

#endif
