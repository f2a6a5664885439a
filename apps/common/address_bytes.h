#ifndef RDY_APPS_COMMON_ADDRESS_BYTES_H
#define RDY_APPS_COMMON_ADDRESS_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "net/address.h"

#define ADDRESS_BYTES_MAX 16

/* Copies the bytes of the host out, in network order: 4 for IPv4, 16 for IPv6, 0 for another family. */
size_t address_get_bytes(const rdy_address *address, uint8_t bytes[ADDRESS_BYTES_MAX]);

/* Puts as many in their place; family, port and scope stay. */
void address_set_bytes(rdy_address *address, const uint8_t bytes[ADDRESS_BYTES_MAX]);

#endif
