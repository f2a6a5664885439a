#ifndef RDY_APPS_COMMON_UNMAPPED_H
#define RDY_APPS_COMMON_UNMAPPED_H

#include "net/address.h"

/*
 * The IPv4 address that an IPv4-mapped IPv6 address stands for ("[::ffff:1.2.3.4]:80", RFC 4291, 2.5.5.2), for
 * they are one peer; every other address as it is.
 */
rdy_address unmapped(const rdy_address *address);

#endif
