#ifndef RDY_NET_OS_SOCKET_H
#define RDY_NET_OS_SOCKET_H

/*
 * Private: the system calls of sockets, returning 0, a descriptor or a negative errno; those that can be are
 * retried.
 */

#include <stdbool.h>
#include <sys/socket.h>

#include "net/address.h"

/*
 * A socket that is non-blocking and close-on-exec from birth and never raises SIGPIPE, also where the kernel
 * has no flags for that.
 */
int rdy_socket_open(int family, int type);

/* Two of them, connected. */
int rdy_socket_pair(int family, int type, int ends[2]);

/* The same for a socket that somebody else has made: -EINVAL if it is not of `type`, -ENOTSOCK, -EBADF. */
int rdy_socket_prepare(int fd, int type);

int rdy_socket_bind(int fd, const rdy_address *address);
int rdy_socket_listen(int fd, int backlog);

/* Removes the file that bind made of an address of a Unix socket; one without a path has none. */
void rdy_socket_remove_file(const rdy_address *address);

/* Starts to connect: 0 when it has begun or is done. -EINTR counts as begun (connect(2)). */
int rdy_socket_connect(int fd, const rdy_address *peer);

/* Ends the association that connect made on a datagram socket, if there is one. */
int rdy_socket_disconnect(int fd);

/* A descriptor like those of rdy_socket_open; `peer` may be NULL. */
int rdy_socket_accept(int fd, rdy_address *peer);

/* 1 if an answer to connect is still to come, 0 if not: a failed attempt is ready for everything (poll(2)). */
int rdy_socket_is_connecting(int fd);

int rdy_socket_shutdown(int fd, int how);

int rdy_socket_local_address(int fd, rdy_address *address);
int rdy_socket_peer_address(int fd, rdy_address *address);

/* Options of any type, and of type int. */
int rdy_socket_set_value(int fd, int level, int name, const void *value, size_t size);
int rdy_socket_value(int fd, int level, int name, void *value, size_t size);
int rdy_socket_set_option(int fd, int level, int name, int value);
int rdy_socket_option(int fd, int level, int name, int *value);

/* Lets several sockets have one address if all of them ask so (SO_REUSEPORT); -ENOTSUP where there is none. */
int rdy_socket_set_reuse_port(int fd);

/*
 * The same, and the kernel spreads connections or datagrams among them by the addresses of both ends;
 * -ENOTSUP where it would give all to one.
 */
int rdy_socket_set_reuse_port_lb(int fd);

/* SO_LINGER in seconds, -1 for off. */
int rdy_socket_set_linger(int fd, int seconds);
int rdy_socket_linger(int fd, int *seconds);

/* Takes and clears SO_ERROR: 0 or a negative errno; errors of the call itself are told in the same way. */
int rdy_socket_take_error(int fd);

/* The index of a network interface, for the scope of an IPv6 address; -ENODEV or -ENXIO if there is none of that name. */
int rdy_socket_interface_index(const char *name, unsigned *index);

#endif
