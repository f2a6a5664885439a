#ifndef RDY_NET_TCP_LISTENER_H
#define RDY_NET_TCP_LISTENER_H

#include <stdbool.h>

#include "net/address.h"
#include "net/listener.h"
#include "net/tcp_stream.h"
#include "reactor/export.h"
#include "reactor/source.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A TCP socket that accepts. Owned by the caller, may be moved, one thread at a time. Register `source` with
 * RDY_READABLE. A zeroed listener is closed.
 */
typedef struct rdy_tcp_listener {
    rdy_source source;
} rdy_tcp_listener;

/* A zeroed one, or NULL in its place, is the default. */
typedef struct rdy_tcp_listener_options {
    bool no_reuse_address; /* do not set SO_REUSEADDR: a restart then has to wait for TIME_WAIT */
    bool reuse_port;       /* several listeners on one port, all of which ask so (SO_REUSEPORT) */
    bool reuse_port_lb;    /* the same, and the kernel spreads the connections among them */
    bool v4_mapped;        /* an IPv6 listener also takes IPv4 (IPV6_V6ONLY off); by default it never does */
    bool nodelay;          /* TCP_NODELAY, which accepted streams inherit (Linux and the BSDs) */
    int backlog;           /* connections that may wait; 0 is 4096, cut by the system's limit (listen(2)) */
} rdy_tcp_listener_options;

/*
 * Binds and listens; port 0 takes a free one (rdy_tcp_listener_local_address names it). 0 on success;
 * -EADDRINUSE, -EADDRNOTAVAIL, -EACCES, -EAFNOSUPPORT, -EINVAL for a negative backlog, -EMFILE, ...; -ENOTSUP for
 * v4_mapped or reuse_port where the system has none, and for reuse_port_lb where it would give all connections to one
 * listener (macOS, NetBSD, OpenBSD). `listener` is written on success only.
 */
RDY_API int rdy_tcp_listener_bind(const rdy_address *address, const rdy_tcp_listener_options *options,
                                  rdy_tcp_listener *listener);

/*
 * Accepts one connection; `peer` may be NULL. 0 on success, -EAGAIN when none waits (accept until then), else
 * an error for rdy_accept_advise. The stream is non-blocking and close-on-exec from birth.
 */
RDY_API int rdy_tcp_listener_accept(rdy_tcp_listener *listener, rdy_tcp_stream *stream, rdy_address *peer);

/* Takes over a listening socket, as rdy_tcp_stream_from_fd. */
RDY_API int rdy_tcp_listener_from_fd(int fd, rdy_tcp_listener *listener);

/*
 * Deregisters, gives the descriptor to the caller, leaves a zeroed listener. -EBADF if it is closed. Another error, such
 * as -ENOMEM, says that it could not be deregistered: then nothing was given up.
 */
RDY_API int rdy_tcp_listener_into_fd(rdy_tcp_listener *listener);

/* Deregisters and closes; leaves a zeroed listener. NULL and zeroed listeners are fine. */
RDY_API void rdy_tcp_listener_close(rdy_tcp_listener *listener);

RDY_API int rdy_tcp_listener_local_address(const rdy_tcp_listener *listener, rdy_address *address);

/* As the functions of the same names of rdy_tcp_stream. */
RDY_API int rdy_tcp_listener_take_error(rdy_tcp_listener *listener);
RDY_API int rdy_tcp_listener_set_ttl(rdy_tcp_listener *listener, int ttl);
RDY_API int rdy_tcp_listener_ttl(const rdy_tcp_listener *listener, int *ttl);

#ifdef __cplusplus
}
#endif

#endif
