#include "apps/common/address_bytes.h"

#include <netinet/in.h>
#include <string.h>

/* Where they lie in the storage; their number. */
static size_t place_of_bytes(const rdy_address *address, size_t *offset)
{
    switch (rdy_address_family(address)) {
    case AF_INET:
        *offset = offsetof(struct sockaddr_in, sin_addr);
        return sizeof(struct in_addr);
    case AF_INET6:
        *offset = offsetof(struct sockaddr_in6, sin6_addr);
        return sizeof(struct in6_addr);
    default:
        *offset = 0;
        return 0;
    }
}

size_t address_get_bytes(const rdy_address *address, uint8_t bytes[ADDRESS_BYTES_MAX])
{
    size_t offset;
    const size_t count = place_of_bytes(address, &offset);
    memcpy(bytes, (const char *)&address->storage + offset, count);
    return count;
}

void address_set_bytes(rdy_address *address, const uint8_t bytes[ADDRESS_BYTES_MAX])
{
    size_t offset;
    const size_t count = place_of_bytes(address, &offset);
    memcpy((char *)&address->storage + offset, bytes, count);
}
