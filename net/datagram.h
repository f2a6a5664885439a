#ifndef RDY_NET_DATAGRAM_H
#define RDY_NET_DATAGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "net/address.h"
#include "reactor/export.h"
#include "reactor/source.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What datagram sockets of every kind share, UDP and Unix: they work on the source inside rdy_udp_socket and
 * rdy_unix_datagram, so that code which only moves datagrams need not know which it has.
 *
 * None of these calls blocks, raises SIGPIPE or fails with EINTR. A datagram is moved whole or not at all. 0
 * is an empty datagram and never an end (but see rdy_datagram_shutdown). Receive until -EAGAIN: unlike a
 * short read of a stream, a short datagram says nothing about the next.
 *
 * Errors of all: -EAGAIN would block: wait for an event; -EBADF the socket is closed; others of recv(2) and
 * send(2). What an earlier datagram met, told by ICMP or by the peer's end (-ECONNREFUSED, -EHOSTUNREACH,
 * ...), shows once, in any call on a connected socket, and is no harm to it: just go on.
 */

/*
 * Sends to the peer that the socket is connected to. The size of the datagram, or an error: -EMSGSIZE longer
 * than the protocol takes; -EDESTADDRREQ or -ENOTCONN (by system) if it is not connected; -ENOBUFS: macOS and
 * the BSDs say this in place of -EAGAIN when a queue is full, and no event tells when it no longer is.
 */
RDY_API ptrdiff_t rdy_datagram_send(rdy_source *source, const void *bytes, size_t size);

/*
 * Sends to that address; NULL, one of no family and an unnamed Unix address mean the connected peer. On a
 * connected socket Linux sends it there all the same; macOS and the BSDs say -EISCONN.
 */
RDY_API ptrdiff_t rdy_datagram_send_to(rdy_source *source, const void *bytes, size_t size,
                                       const rdy_address *to);

/* As send_to, one datagram of `count` pieces, 0 for an empty one; -EINVAL for a count below 0 or above IOV_MAX. */
RDY_API ptrdiff_t rdy_datagram_sendv(rdy_source *source, const struct iovec *pieces, int count,
                                     const rdy_address *to);

/*
 * Receives one datagram: how many bytes of it there are now, or an error. What does not fit into `size` bytes
 * is lost without a word: rdy_datagram_recvv and rdy_datagram_recv_many tell. A size of 0 throws one away.
 */
RDY_API ptrdiff_t rdy_datagram_recv(rdy_source *source, void *bytes, size_t size);

/* As recv, and says who sent it; a Unix sender without a name has an empty path. `from` may be NULL. */
RDY_API ptrdiff_t rdy_datagram_recv_from(rdy_source *source, void *bytes, size_t size, rdy_address *from);

/* As the two above, but leaves the datagram where it is. */
RDY_API ptrdiff_t rdy_datagram_peek(rdy_source *source, void *bytes, size_t size);
RDY_API ptrdiff_t rdy_datagram_peek_from(rdy_source *source, void *bytes, size_t size, rdy_address *from);

/*
 * As recv_from, into `count` pieces in their order; `truncated` says whether the datagram was longer than
 * they are. -EINVAL for a count below 0 or above IOV_MAX. `from` and `truncated` may be NULL.
 */
RDY_API ptrdiff_t rdy_datagram_recvv(rdy_source *source, const struct iovec *pieces, int count,
                                     rdy_address *from, bool *truncated);

/*
 * One datagram of a batch. The bytes are the caller's. What was received can be sent back as it is; only if the
 * socket is connected and the sender has a name, macOS and the BSDs want the address zeroed (-EISCONN).
 */
typedef struct rdy_datagram {
    void *bytes;
    size_t room;         /* how many bytes may be received; not changed, and not looked at to send */
    size_t size;         /* how many bytes there are */
    rdy_address address; /* who sent it; to whom it goes, or, as for send_to, the connected peer */
    bool truncated;      /* it was longer than the room when it was received: the rest is lost */
} rdy_datagram;

/*
 * Receives up to `count` datagrams: how many, at least 1, or an error, -EAGAIN if there is none; 0 if `count`
 * is. The size, address and truncated of these are set, the others are not defined. Fewer than `count` means
 * that it would block now: wait for an event. An error behind the first datagram shows in the next call. On
 * Linux 64 come with one system call (recvmmsg(2)), elsewhere one.
 */
RDY_API ptrdiff_t rdy_datagram_recv_many(rdy_source *source, rdy_datagram *datagrams, size_t count);

/*
 * Sends up to `count` datagrams in their order: how many the kernel took, at least 1, or the error of the
 * first; 0 if `count` is. Fewer than `count` means that the one behind them was not taken: call again from
 * there and learn why (-EAGAIN, -EMSGSIZE, ...); an error that shows only once may be lost then
 * (sendmmsg(2)). On Linux 64 go with one system call, elsewhere one.
 */
RDY_API ptrdiff_t rdy_datagram_send_many(rdy_source *source, const rdy_datagram *datagrams, size_t count);

/*
 * Ends the association that connect made: datagrams come from anywhere again. Keeps the port, also where the
 * system would not (Linux forgets one that it chose itself): -EADDRINUSE if somebody took it in that moment.
 * 0 on success, also if there was no association. An error of binding (bind(2)), or -ENOBUFS, may come when the
 * association has ended and that port is lost already: rdy_udp_socket_peer_address tells.
 */
RDY_API int rdy_datagram_disconnect(rdy_source *source);

/*
 * SHUT_RD, SHUT_WR or SHUT_RDWR of shutdown(2). After SHUT_RD a receive that finds nothing is still -EAGAIN
 * on Linux and 0 on macOS and the BSDs, and on select no event tells of what still arrives (Linux lets it
 * in); after SHUT_WR a send is -EPIPE. 0 on success; -EINVAL; -ENOTCONN if a UDP socket is not connected: Linux
 * shuts it down all the same, and events show it.
 */
RDY_API int rdy_datagram_shutdown(rdy_source *source, int how);

/* Takes the error that waits on the socket (SO_ERROR) and clears it: 0 for none, else a negative errno. */
RDY_API int rdy_datagram_take_error(rdy_source *source);

#ifdef __cplusplus
}
#endif

#endif
