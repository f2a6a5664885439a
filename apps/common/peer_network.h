#ifndef RDY_APPS_COMMON_PEER_NETWORK_H
#define RDY_APPS_COMMON_PEER_NETWORK_H

#include <stddef.h>
#include <stdint.h>

#include "net/address.h"

/* No network of a peer list has more addresses: a /12, a /108 of IPv6. */
#define PEER_NETWORK_MAX (1 << 20)

/* The peers at all addresses of a network (RFC 4632), on one port. */
typedef struct peer_network {
    rdy_address first; /* the lowest address */
    size_t count;      /* 1 to PEER_NETWORK_MAX: all of them, as the first and the last answer too at times */
} peer_network;

/*
 * Reads "10.0.0.0/24:80" or "[2001:db8::/120]:80", or without the port if `default_port` is not 0; IPv6 then also
 * without brackets. Bits behind the prefix may be set and do not count. 0 on success; -E2BIG for a network with
 * more addresses than PEER_NETWORK_MAX, -ERANGE for a port out of 1 to 65535, -EINVAL for other text.
 */
int peer_network_parse(const char *text, uint16_t default_port, peer_network *network);

/* The address at `index`, below the count. */
rdy_address peer_network_address(const peer_network *network, size_t index);

#endif
