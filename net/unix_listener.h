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
 * A Unix stream socket that accepts. Owned by the caller, may be moved, one thread at a time. A zeroed one is
 * closed.
 */
typedef struct rdy_unix_listener {
    rdy_source source;
} rdy_unix_listener;

/*
 * Binds and listens, with a queue of 4096 cut by the system's limit. The file is made by bind(2) and stays:
 * removing it, before and after, is the caller's business. 0 on success; -EADDRINUSE if the file is there,
 * -EACCES, -ENOENT, -EAFNOSUPPORT for other addresses.
 */
RDY_API int rdy_unix_listener_bind(const rdy_address *address, rdy_unix_listener *listener);

/* Accepts one connection: 0, -EAGAIN when none waits, else an error for rdy_accept_advise. */
RDY_API int rdy_unix_listener_accept(rdy_unix_listener *listener, rdy_unix_stream *stream);

/* Deregisters and closes; leaves a zeroed listener; the file stays. NULL and zeroed listeners are fine. */
RDY_API void rdy_unix_listener_close(rdy_unix_listener *listener);

RDY_API int rdy_unix_listener_local_address(const rdy_unix_listener *listener, rdy_address *address);

#ifdef __cplusplus
}
#endif

#endif
