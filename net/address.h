#ifndef RDY_NET_ADDRESS_H
#define RDY_NET_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "reactor/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * An IPv4, IPv6 or Unix address: a value, compared and copied like one. A zeroed address is of no family
 * (AF_UNSPEC). Names are not looked up here: getaddrinfo(3) blocks.
 */
typedef struct rdy_address {
    struct sockaddr_storage storage;
    socklen_t length;
} rdy_address;

/* Room for any address that rdy_address_print writes, the final NUL included. */
#define RDY_ADDRESS_TEXT_MAX 192

/*
 * Reads "1.2.3.4:80", "[::1]:80", "[fe80::1%eth0]:80", "unix:/path" or, on Linux, "unix:@name" for an
 * abstract name. The port is decimal, 0 to 65535, and must be there; 0 means "any" to bind. 0 on success,
 * -EINVAL for other text, -ENAMETOOLONG for a path that sockaddr_un cannot hold; -EMFILE, -ENFILE, -ENOBUFS or -ENOMEM
 * if the name of an interface ("eth0" above) could not be looked for.
 */
RDY_API int rdy_address_parse(const char *text, rdy_address *address);

/* Copies `length` bytes that a system call filled in. 0 on success, -EINVAL if they are no address. */
RDY_API int rdy_address_from_sockaddr(const struct sockaddr *sockaddr, socklen_t length,
                                      rdy_address *address);

/* An IPv4 address from its 4 bytes in network order and its port in host order. */
RDY_API rdy_address rdy_address_ipv4(const uint8_t bytes[4], uint16_t port);

/* An IPv6 address from its 16 bytes in network order and its port in host order. */
RDY_API rdy_address rdy_address_ipv6(const uint8_t bytes[16], uint16_t port);

/* AF_INET, AF_INET6, AF_UNIX or AF_UNSPEC. */
RDY_API int rdy_address_family(const rdy_address *address);

/* The port in host order; 0 if the family has none. */
RDY_API uint16_t rdy_address_port(const rdy_address *address);

/* Sets the port. 0 on success, -EAFNOSUPPORT if the family has none. */
RDY_API int rdy_address_set_port(rdy_address *address, uint16_t port);

/*
 * Writes the address in the form that rdy_address_parse reads ("unix:" for an unnamed Unix socket, "(none)"
 * for no family) and returns the length of the whole text, like snprintf(3).
 */
RDY_API int rdy_address_print(const rdy_address *address, char *text, size_t size);

/* A total order: below 0, 0 or above 0. By family, host and port (and IPv6 scope); Unix addresses by path. */
RDY_API int rdy_address_compare(const rdy_address *left, const rdy_address *right);

#ifdef __cplusplus
}
#endif

#endif
