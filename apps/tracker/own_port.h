#ifndef RDY_APPS_TRACKER_OWN_PORT_H
#define RDY_APPS_TRACKER_OWN_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/address.h"
#include "reactor/source.h"

/*
 * The port that we announce, and the addresses by which it is ours. It is bound, for IPv6 and IPv4 where a socket can
 * have both, and nobody listens on it. A zeroed one is closed.
 */
struct own_port {
    rdy_source source;
    uint16_t port;
    rdy_address *addresses; /* with the port */
    size_t count;
};

/* Binds a free port and takes in the addresses of this host. 0 or a negative errno. */
int own_port_open(struct own_port *own);

/* Takes in an address that others see us by, whatever its port. 0 or -ENOMEM. */
int own_port_add(struct own_port *own, const rdy_address *address);

/* Whether the peer at this address is ourselves. */
bool own_port_is(const struct own_port *own, const rdy_address *address);

/* Leaves a closed one. */
void own_port_close(struct own_port *own);

#endif
