#include "apps/common/peer_network.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/common/address_bytes.h"
#include "apps/common/peer_parse.h"

enum {
    HOST_BITS_MAX = 20, /* of PEER_NETWORK_MAX */
    MAPPED_BITS = 96,   /* of an IPv6 prefix are in front of an IPv4 address (RFC 4291, 2.5.5.2) */
};

/* The length of a prefix: up to three digits. Moves behind them; false if there are none. */
static bool read_bits(const char **text, unsigned *bits)
{
    const size_t count = strspn(*text, "0123456789");
    if (count == 0 || count > 3)
        return false;
    *bits = (unsigned)strtoul(*text, NULL, 10);
    *text += count;
    return true;
}

/* IPv6 has two colons at least; one would be that of a port in front of the prefix. */
static bool has_port(const char *text, size_t length)
{
    const char *colon = memchr(text, ':', length);
    return colon != NULL && memchr(colon + 1, ':', length - (size_t)(colon + 1 - text)) == NULL;
}

/* What may follow the length: the port behind IPv4, the bracket behind IPv6 that has one. */
static bool may_follow(const char *behind, bool is_ipv6, bool has_bracket)
{
    if (has_bracket)
        return *behind == ']';
    return *behind == '\0' || (*behind == ':' && !is_ipv6);
}

/* The address with its port, and how many bits of it are the network's; false if the text is another. */
static bool parse_parts(const char *text, uint16_t default_port, rdy_address *address, unsigned *bits)
{
    char rest[RDY_ADDRESS_TEXT_MAX];
    const char *slash = strchr(text, '/');
    const size_t length = slash == NULL ? sizeof rest : (size_t)(slash - text);
    if (length >= sizeof rest || has_port(text, length))
        return false;
    const char *behind = slash + 1;
    const bool is_ipv6 = memchr(text, ':', length) != NULL;
    if (!read_bits(&behind, bits) || !may_follow(behind, is_ipv6, text[0] == '['))
        return false;
    const int whole = snprintf(rest, sizeof rest, "%.*s%s", (int)length, text, behind);
    if (whole >= (int)sizeof rest || !peer_parse_address(rest, default_port, address))
        return false;
    if (is_ipv6 && rdy_address_family(address) == AF_INET)
        *bits = *bits > MAPPED_BITS ? *bits - MAPPED_BITS : 0;
    return true;
}

static void clear_host_bits(rdy_address *address, unsigned host_bits)
{
    uint8_t bytes[ADDRESS_BYTES_MAX];
    size_t place = address_get_bytes(address, bytes);
    for (; host_bits >= 8; host_bits -= 8)
        bytes[--place] = 0;
    if (host_bits > 0)
        bytes[place - 1] &= (uint8_t)(0xff << host_bits);
    address_set_bytes(address, bytes);
}

int peer_network_parse(const char *text, uint16_t default_port, peer_network *network)
{
    rdy_address address;
    unsigned bits;
    if (peer_parse_is_port_out_of_range(text))
        return -ERANGE;
    if (!parse_parts(text, default_port, &address, &bits))
        return -EINVAL;
    uint8_t bytes[ADDRESS_BYTES_MAX];
    const unsigned all_bits = 8 * (unsigned)address_get_bytes(&address, bytes);
    if (bits > all_bits)
        return -EINVAL;
    const unsigned host_bits = all_bits - bits;
    if (host_bits > HOST_BITS_MAX)
        return -E2BIG;
    clear_host_bits(&address, host_bits);
    *network = (peer_network){.first = address, .count = (size_t)1 << host_bits};
    return 0;
}

rdy_address peer_network_address(const peer_network *network, size_t index)
{
    rdy_address address = network->first;
    uint8_t bytes[ADDRESS_BYTES_MAX];
    for (size_t place = address_get_bytes(&address, bytes); index > 0; index >>= 8)
        bytes[--place] |= (uint8_t)(index & 0xff);
    address_set_bytes(&address, bytes);
    return address;
}
