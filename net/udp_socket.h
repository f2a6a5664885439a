#ifndef RDY_NET_UDP_SOCKET_H
#define RDY_NET_UDP_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "net/address.h"
#include "net/datagram.h"
#include "reactor/export.h"
#include "reactor/source.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A UDP socket. Owned by the caller, may be moved, one thread at a time. Register `source`. A zeroed socket is
 * closed. The descriptor is non-blocking and close-on-exec from birth.
 */
typedef struct rdy_udp_socket {
    rdy_source source;
} rdy_udp_socket;

/* A zeroed one, or NULL in its place, is the default. */
typedef struct rdy_udp_socket_options {
    bool reuse_address; /* SO_REUSEADDR: several sockets have one port, each gets what is multicast to it */
    bool reuse_port;    /* SO_REUSEPORT: several sockets have one port if all of them ask so */
    bool reuse_port_lb; /* the same, and the kernel spreads the senders among them */
    bool v4_mapped;     /* an IPv6 socket takes IPv4 too (IPV6_V6ONLY off); by default it takes IPv6 alone */
} rdy_udp_socket_options;

/*
 * Binds; port 0 takes a free one (rdy_udp_socket_local_address names it). 0 on success; -EADDRINUSE,
 * -EADDRNOTAVAIL, -EACCES, -EMFILE, ...; -EAFNOSUPPORT for an address that is neither IPv4 nor IPv6; -ENOTSUP
 * for an option that the system does not have, and for reuse_port_lb where all would go to one socket (it
 * spreads on Linux, FreeBSD and DragonFly). `socket` is written on success only and belongs to the caller.
 */
RDY_API int rdy_udp_socket_bind(const rdy_address *address, const rdy_udp_socket_options *options,
                                rdy_udp_socket *socket);

/*
 * Takes over a UDP socket that somebody else has made: it becomes non-blocking and close-on-exec, and the
 * caller's number is no longer its own. 0 on success; -EBADF, -ENOTSOCK, -EINVAL for a socket of another
 * kind: then the descriptor is still the caller's, as it was. Other protocols with datagrams of IP (UDP-Lite,
 * ICMP) are told from UDP where the system has SO_PROTOCOL; macOS has not.
 */
RDY_API int rdy_udp_socket_from_fd(int fd, rdy_udp_socket *socket);

/*
 * Deregisters, gives the descriptor to the caller, leaves a zeroed socket. -EBADF if it is closed. Another error, such
 * as -ENOMEM, says that it could not be deregistered: then nothing was given up.
 */
RDY_API int rdy_udp_socket_into_fd(rdy_udp_socket *socket);

/* Deregisters and closes; leaves a zeroed socket. NULL and zeroed sockets are fine. */
RDY_API void rdy_udp_socket_close(rdy_udp_socket *socket);

/*
 * From now on datagrams go to `peer` unless they name another, and only those from it arrive, after those that
 * wait already. Connecting again changes the peer. Nothing is sent: 0 says nothing about the peer, whose host
 * may refuse what comes (-ECONNREFUSED of a later call). -ENETUNREACH, -EACCES for a broadcast address without
 * rdy_udp_socket_set_broadcast, -EAFNOSUPPORT for other addresses, none included: there is
 * rdy_udp_socket_disconnect.
 */
RDY_API int rdy_udp_socket_connect(rdy_udp_socket *socket, const rdy_address *peer);

/* These are rdy_datagram_disconnect ... rdy_datagram_take_error: their contract is in net/datagram.h. */
RDY_API int rdy_udp_socket_disconnect(rdy_udp_socket *socket);
RDY_API ptrdiff_t rdy_udp_socket_send(rdy_udp_socket *socket, const void *bytes, size_t size);
RDY_API ptrdiff_t rdy_udp_socket_send_to(rdy_udp_socket *socket, const void *bytes, size_t size,
                                         const rdy_address *to);
RDY_API ptrdiff_t rdy_udp_socket_sendv(rdy_udp_socket *socket, const struct iovec *pieces, int count,
                                       const rdy_address *to);
RDY_API ptrdiff_t rdy_udp_socket_send_many(rdy_udp_socket *socket, const rdy_datagram *datagrams,
                                           size_t count);
RDY_API ptrdiff_t rdy_udp_socket_recv(rdy_udp_socket *socket, void *bytes, size_t size);
RDY_API ptrdiff_t rdy_udp_socket_recv_from(rdy_udp_socket *socket, void *bytes, size_t size,
                                           rdy_address *from);
RDY_API ptrdiff_t rdy_udp_socket_peek(rdy_udp_socket *socket, void *bytes, size_t size);
RDY_API ptrdiff_t rdy_udp_socket_peek_from(rdy_udp_socket *socket, void *bytes, size_t size,
                                           rdy_address *from);
RDY_API ptrdiff_t rdy_udp_socket_recvv(rdy_udp_socket *socket, const struct iovec *pieces, int count,
                                       rdy_address *from, bool *truncated);
RDY_API ptrdiff_t rdy_udp_socket_recv_many(rdy_udp_socket *socket, rdy_datagram *datagrams, size_t count);
RDY_API int rdy_udp_socket_shutdown(rdy_udp_socket *socket, int how);
RDY_API int rdy_udp_socket_take_error(rdy_udp_socket *socket);

/* The two ends. 0 on success; -ENOTCONN if there is no peer, -EBADF. */
RDY_API int rdy_udp_socket_local_address(const rdy_udp_socket *socket, rdy_address *address);
RDY_API int rdy_udp_socket_peer_address(const rdy_udp_socket *socket, rdy_address *address);

/*
 * Options of ip(7), ipv6(7) and socket(7). 0 on success, -EBADF if the socket is closed, -EINVAL for a value
 * out of range.
 */

/* Whether it may send to broadcast addresses (SO_BROADCAST, off by default; sending then says -EACCES). */
RDY_API int rdy_udp_socket_set_broadcast(rdy_udp_socket *socket, bool broadcast);
RDY_API int rdy_udp_socket_broadcast(const rdy_udp_socket *socket, bool *broadcast);

/* Hops that a datagram to one host may take, 1 to 255: IP_TTL, for IPv6 IPV6_UNICAST_HOPS. */
RDY_API int rdy_udp_socket_set_ttl(rdy_udp_socket *socket, int ttl);
RDY_API int rdy_udp_socket_ttl(const rdy_udp_socket *socket, int *ttl);

/* Whether an IPv6 socket is one of IPv6 alone. An error for one of IPv4 (-EOPNOTSUPP on Linux). */
RDY_API int rdy_udp_socket_only_v6(const rdy_udp_socket *socket, bool *only_v6);

/*
 * Multicast. A group is the 4 or 16 bytes of its address, in network order. IPv4 names an interface by the 4
 * bytes of an address that it has, NULL for the system's choice; IPv6 by its index (if_nametoindex(3)), 0 for
 * the system's choice. A socket of the other version of IP says so by an error of setsockopt(2).
 *
 * To receive, bind to the port on any address, or on the group's own; the latter, which not every system
 * takes, keeps out what other sockets of the host have joined (IP_MULTICAST_ALL of ip(7)). Several sockets on
 * one port need reuse_address.
 *
 * join: -EADDRINUSE if it was joined there already, -ENODEV if there is no such interface, -EINVAL for an
 * address that is no group; leave: -EADDRNOTAVAIL if it was not joined there. Closing the socket leaves all.
 */
RDY_API int rdy_udp_socket_join_multicast_v4(rdy_udp_socket *socket, const uint8_t group[4],
                                             const uint8_t interface_address[4]);
RDY_API int rdy_udp_socket_leave_multicast_v4(rdy_udp_socket *socket, const uint8_t group[4],
                                              const uint8_t interface_address[4]);
RDY_API int rdy_udp_socket_join_multicast_v6(rdy_udp_socket *socket, const uint8_t group[16],
                                             unsigned interface_index);
RDY_API int rdy_udp_socket_leave_multicast_v6(rdy_udp_socket *socket, const uint8_t group[16],
                                              unsigned interface_index);

/* The interface that datagrams to groups leave by; four zeros (or NULL) and 0 are the system's choice. */
RDY_API int rdy_udp_socket_set_multicast_interface_v4(rdy_udp_socket *socket,
                                                      const uint8_t interface_address[4]);
RDY_API int rdy_udp_socket_multicast_interface_v4(const rdy_udp_socket *socket, uint8_t interface_address[4]);
RDY_API int rdy_udp_socket_set_multicast_interface_v6(rdy_udp_socket *socket, unsigned interface_index);
RDY_API int rdy_udp_socket_multicast_interface_v6(const rdy_udp_socket *socket, unsigned *interface_index);

/* Whether members on this host get what the socket sends to a group; on by default. */
RDY_API int rdy_udp_socket_set_multicast_loop_v4(rdy_udp_socket *socket, bool loop);
RDY_API int rdy_udp_socket_multicast_loop_v4(const rdy_udp_socket *socket, bool *loop);
RDY_API int rdy_udp_socket_set_multicast_loop_v6(rdy_udp_socket *socket, bool loop);
RDY_API int rdy_udp_socket_multicast_loop_v6(const rdy_udp_socket *socket, bool *loop);

/* Hops that a datagram to a group may take, 0 to 255; 1, the default, keeps it in this network, 0 on this host. */
RDY_API int rdy_udp_socket_set_multicast_ttl_v4(rdy_udp_socket *socket, int ttl);
RDY_API int rdy_udp_socket_multicast_ttl_v4(const rdy_udp_socket *socket, int *ttl);
RDY_API int rdy_udp_socket_set_multicast_hops_v6(rdy_udp_socket *socket, int hops);
RDY_API int rdy_udp_socket_multicast_hops_v6(const rdy_udp_socket *socket, int *hops);

#ifdef __cplusplus
}
#endif

#endif
