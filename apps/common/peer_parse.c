#include "apps/common/peer_parse.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "apps/common/unmapped.h"

enum {
    HOST_MAX = 253, /* RFC 1035, in text */
};

static const char digits[] = "0123456789";

/* Reads all of the text; 0, -ERANGE out of 1 to 65535, -EINVAL for no number. */
static int parse_port(const char *text, uint16_t *port)
{
    unsigned long value = 0;
    if (*text == '\0' || text[strspn(text, digits)] != '\0')
        return -EINVAL;
    for (; *text != '\0' && value <= UINT16_MAX; text++)
        value = value * 10 + (unsigned long)(*text - '0');
    if (value == 0 || value > UINT16_MAX)
        return -ERANGE;
    *port = (uint16_t)value;
    return 0;
}

/* What getaddrinfo(3) takes for a part of an IPv4 address: 4, 0x7f. */
static bool is_number(const char *label, size_t length)
{
    const bool is_hexadecimal = length >= 2 && label[0] == '0' && (label[1] == 'x' || label[1] == 'X');
    if (is_hexadecimal)
        return 2 + strspn(label + 2, "0123456789abcdefABCDEF") == length;
    return strspn(label, digits) == length;
}

/* Of a name that may end with one dot. */
static bool is_last_label_number(const char *host, size_t length)
{
    const size_t end = host[length - 1] == '.' ? length - 1 : length;
    size_t start = end;
    while (start > 0 && host[start - 1] != '.')
        start--;
    return is_number(host + start, end - start);
}

/*
 * Letters, digits, '-', '_' and '.'. A name whose last label is a number would be a mistyped IPv4 address,
 * which getaddrinfo(3) may read in ways nobody expects ("1.2.259", RFC 3696 section 2).
 */
static bool is_host_name(const char *host)
{
    const size_t length = strlen(host);
    const size_t legal = strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");
    if (length == 0 || length > HOST_MAX || legal != length)
        return false;
    if (host[0] == '.' || host[0] == '-' || strstr(host, "..") != NULL)
        return false;
    return !is_last_label_number(host, length);
}

static bool parse_address(const char *text, rdy_address *address)
{
    rdy_address parsed;
    if (rdy_address_parse(text, &parsed) < 0 || rdy_address_family(&parsed) == AF_UNIX ||
        rdy_address_port(&parsed) == 0)
        return false;
    *address = unmapped(&parsed);
    return true;
}

/* An address that came without its port; IPv6 then also without its brackets. */
static bool parse_bare_address(const char *text, uint16_t port, rdy_address *address)
{
    char whole[RDY_ADDRESS_TEXT_MAX];
    const bool wants_brackets = text[0] != '[' && strchr(text, ':') != NULL;
    const int length = snprintf(whole, sizeof whole, wants_brackets ? "[%s]:%u" : "%s:%u", text, port);
    return length < (int)sizeof whole && parse_address(whole, address);
}

bool peer_parse_address(const char *text, uint16_t default_port, rdy_address *address)
{
    return parse_address(text, address) ||
           (default_port != 0 && parse_bare_address(text, default_port, address));
}

static int parse_name(const char *text, uint16_t default_port, peer *entry)
{
    const char *colon = strchr(text, ':');
    entry->port = default_port;
    if (colon != NULL && parse_port(colon + 1, &entry->port) < 0)
        return -EINVAL;
    char *host = colon == NULL ? strdup(text) : strndup(text, (size_t)(colon - text));
    if (host == NULL)
        return -ENOMEM;
    if (entry->port == 0 || !is_host_name(host)) {
        free(host);
        return -EINVAL;
    }
    entry->host = host;
    return 0;
}

bool peer_parse_is_port_out_of_range(const char *text)
{
    uint16_t port;
    const char *colon = strrchr(text, ':');
    if (colon == NULL || colon == text || parse_port(colon + 1, &port) != -ERANGE)
        return false;
    return strchr(text, ':') == colon || colon[-1] == ']';
}

int peer_parse(const char *text, uint16_t default_port, peer *entry)
{
    if (peer_parse_is_port_out_of_range(text))
        return -ERANGE;
    if (!peer_parse_address(text, default_port, &entry->address))
        return parse_name(text, default_port, entry);
    entry->port = rdy_address_port(&entry->address);
    return 0;
}

const char *peer_parse_expected(int error, const char *text, uint16_t default_port)
{
    const bool is_network = strchr(text, '/') != NULL;
    if (error == -ERANGE)
        return "a port from 1 to 65535";
    if (error == -E2BIG)
        return "a network of at most 1048576 addresses (/12, IPv6 /108)";
    if (error != -EINVAL)
        return NULL;
    if (is_network)
        return default_port == 0 ? "ADDRESS/BITS:PORT" : "ADDRESS/BITS[:PORT]";
    return default_port == 0 ? "HOST:PORT" : "HOST[:PORT]";
}
