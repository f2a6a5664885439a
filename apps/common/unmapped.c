#include "apps/common/unmapped.h"

#include <netinet/in.h>
#include <string.h>

enum { IPV4_AT = 12 }; /* in the 16 bytes, behind ::ffff */

rdy_address unmapped(const rdy_address *address)
{
    if (rdy_address_family(address) != AF_INET6)
        return *address;
    struct sockaddr_in6 v6;
    memcpy(&v6, &address->storage, sizeof v6);
    if (!IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr))
        return *address;
    return rdy_address_ipv4(v6.sin6_addr.s6_addr + IPV4_AT, rdy_address_port(address));
}
