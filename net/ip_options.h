#ifndef RDY_NET_IP_OPTIONS_H
#define RDY_NET_IP_OPTIONS_H

/* Private: what sockets of IP share, TCP and UDP. */

#include <stdbool.h>

#include "net/address.h"
#include "reactor/source.h"

/* Whether the address is of IPv4 or IPv6. */
bool rdy_ip_is_address(const rdy_address *address);

/* Hops that a packet may take, 1 to 255, by the option of the socket's version of IP. */
int rdy_ip_set_ttl(const rdy_source *source, int ttl);
int rdy_ip_ttl(const rdy_source *source, int *ttl);

/* Whether an IPv6 socket is one of IPv4 too; -ENOTSUP where it cannot be. */
int rdy_ip_set_v4_mapped(int fd, bool mapped);

#endif
