#include "apps/common/unmapped.h"

#include <string.h>

#include "apps/common/address_bytes.h"

rdy_address unmapped(const rdy_address *address)
{
    static const uint8_t prefix[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    uint8_t bytes[ADDRESS_BYTES_MAX];
    if (address_get_bytes(address, bytes) != sizeof bytes || memcmp(bytes, prefix, sizeof prefix) != 0)
        return *address;
    return rdy_address_ipv4(bytes + sizeof prefix, rdy_address_port(address));
}
