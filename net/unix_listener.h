#ifndef RDY_NET_UNIX_LISTENER_H
#define RDY_NET_UNIX_LISTENER_H

#include "net/address.h"
#include "net/listener.h"
#include "net/unix_stream.h"
#include "reactor/export.h"
#include "reactor/source.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A Unix stream socket that accepts. Owned by the caller, may be moved, one thread at a time. Register `source`
 * with RDY_READABLE. A zeroed listener is closed.
 */
typedef struct rdy_unix_listener {
    rdy_source source;
} rdy_unix_listener;

/*
 * Binds and listens, with a queue of 4096 cut by the system's limit. The file is made by bind(2) and stays:
 * removing it, before and after, is the caller's business. An abstract name (Linux, unix(7)) makes no file and is
 * free again with the last descriptor of the socket. 0 on success; -EADDRINUSE if the file or the name is there,
 * -EACCES, -ENOENT, -EAFNOSUPPORT for other addresses. After an error there is no file that was not there before, and
 * `listener` is not written.
 */
RDY_API int rdy_unix_listener_bind(const rdy_address *address, rdy_unix_listener *listener);

/*
 * Accepts one connection; `peer` may be NULL, and has no path unless the client bound its socket. 0 on success,
 * -EAGAIN when none waits (accept until then), else an error for rdy_accept_advise. The stream is non-blocking and
 * close-on-exec from birth.
 */
RDY_API int rdy_unix_listener_accept(rdy_unix_listener *listener, rdy_unix_stream *stream, rdy_address *peer);

/* Takes over a listening socket, as rdy_unix_stream_from_fd. */
RDY_API int rdy_unix_listener_from_fd(int fd, rdy_unix_listener *listener);

/*
 * Deregisters, gives the descriptor to the caller, leaves a zeroed listener. -EBADF if it is closed. Another error, such
 * as -ENOMEM, says that it could not be deregistered: then nothing was given up.
 */
RDY_API int rdy_unix_listener_into_fd(rdy_unix_listener *listener);

/* Deregisters and closes; leaves a zeroed listener; the file stays. NULL and zeroed listeners are fine. */
RDY_API void rdy_unix_listener_close(rdy_unix_listener *listener);

RDY_API int rdy_unix_listener_local_address(const rdy_unix_listener *listener, rdy_address *address);

/* As rdy_unix_stream_take_error. */
RDY_API int rdy_unix_listener_take_error(rdy_unix_listener *listener);

#ifdef __cplusplus
}
#endif

#endif
