#include "net/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "net/os/socket.h"

/* Views of the storage. The members of the union that is behind every socket address begin with the family.
 */

static struct sockaddr_in *ipv4_of(rdy_address *address)
{
    return (struct sockaddr_in *)(void *)&address->storage;
}

static struct sockaddr_in6 *ipv6_of(rdy_address *address)
{
    return (struct sockaddr_in6 *)(void *)&address->storage;
}

static const struct sockaddr_in *as_ipv4(const rdy_address *address)
{
    return (const struct sockaddr_in *)(const void *)&address->storage;
}

static const struct sockaddr_in6 *as_ipv6(const rdy_address *address)
{
    return (const struct sockaddr_in6 *)(const void *)&address->storage;
}

static const struct sockaddr_un *as_unix(const rdy_address *address)
{
    return (const struct sockaddr_un *)(const void *)&address->storage;
}

static const size_t path_offset = offsetof(struct sockaddr_un, sun_path);

/*
 * The bytes of the path or abstract name, without the NUL that ends a path. Only Linux has abstract names: the BSDs
 * and macOS fill the address of an unnamed socket up with NULs.
 */
static size_t path_length(const rdy_address *address)
{
    if (address->length <= path_offset)
        return 0;
    const size_t length = (size_t)address->length - path_offset;
    const char *path = as_unix(address)->sun_path;
#ifdef __linux__
    if (path[0] == '\0')
        return length;
#endif
    return strnlen(path, length);
}

rdy_address rdy_address_ipv4(const uint8_t bytes[4], uint16_t port)
{
    rdy_address address = {.length = sizeof(struct sockaddr_in)};
    struct sockaddr_in *ipv4 = ipv4_of(&address);
    ipv4->sin_family = AF_INET;
    ipv4->sin_port = htons(port);
    memcpy(&ipv4->sin_addr, bytes, sizeof ipv4->sin_addr);
    return address;
}

rdy_address rdy_address_ipv6(const uint8_t bytes[16], uint16_t port)
{
    rdy_address address = {.length = sizeof(struct sockaddr_in6)};
    struct sockaddr_in6 *ipv6 = ipv6_of(&address);
    ipv6->sin6_family = AF_INET6;
    ipv6->sin6_port = htons(port);
    memcpy(&ipv6->sin6_addr, bytes, sizeof ipv6->sin6_addr);
    return address;
}

static int parse_port(const char *text, uint16_t *port)
{
    unsigned long number = 0;
    size_t digits = 0;
    for (; text[digits] >= '0' && text[digits] <= '9' && digits < 6; digits++)
        number = number * 10 + (unsigned long)(text[digits] - '0');
    if (digits == 0 || text[digits] != '\0' || number > 65535)
        return -EINVAL;
    *port = (uint16_t)number;
    return 0;
}

/* Copies the text before `end` as a string; -EINVAL if it does not fit, as no address would be that long. */
static int copy_host(const char *text, const char *end, char *host, size_t size)
{
    const size_t length = (size_t)(end - text);
    if (length == 0 || length >= size)
        return -EINVAL;
    memcpy(host, text, length);
    host[length] = '\0';
    return 0;
}

static int parse_ipv4(const char *text, rdy_address *out)
{
    char host[INET_ADDRSTRLEN];
    uint8_t bytes[4];
    uint16_t port = 0;
    const char *colon = strchr(text, ':');
    if (colon == NULL || copy_host(text, colon, host, sizeof host) != 0 ||
        inet_pton(AF_INET, host, bytes) != 1 || parse_port(colon + 1, &port) != 0)
        return -EINVAL;
    *out = rdy_address_ipv4(bytes, port);
    return 0;
}

/* Looking for a name takes a socket: a lack of those says nothing about the name. */
static bool is_shortage(int error)
{
    return error == -EMFILE || error == -ENFILE || error == -ENOBUFS || error == -ENOMEM;
}

/* The scope behind '%': the name of an interface or its number. */
static int parse_scope(const char *text, uint32_t *scope)
{
    unsigned index;
    const int error = rdy_socket_interface_index(text, &index);
    if (error == 0) {
        *scope = index;
        return 0;
    }
    char *end;
    unsigned long number = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || number == 0 || number > UINT32_MAX)
        return is_shortage(error) ? error : -EINVAL;
    *scope = (uint32_t)number;
    return 0;
}

static int parse_ipv6(const char *text, rdy_address *out)
{
    char host[INET6_ADDRSTRLEN + 1 + IF_NAMESIZE]; /* "%eth0" behind it */
    uint8_t bytes[16];
    uint16_t port = 0;
    uint32_t scope = 0;
    const char *end = strchr(text, ']');
    if (end == NULL || end[1] != ':' || copy_host(text + 1, end, host, sizeof host) != 0)
        return -EINVAL;
    char *percent = strchr(host, '%');
    if (percent != NULL) {
        *percent = '\0';
        const int error = parse_scope(percent + 1, &scope);
        if (error != 0)
            return error;
    }
    if (inet_pton(AF_INET6, host, bytes) != 1 || parse_port(end + 2, &port) != 0)
        return -EINVAL;
    *out = rdy_address_ipv6(bytes, port);
    ipv6_of(out)->sin6_scope_id = scope;
    return 0;
}

static int parse_unix(const char *path, rdy_address *out)
{
    rdy_address address = {0};
    struct sockaddr_un *local = (struct sockaddr_un *)(void *)&address.storage;
    const size_t length = strlen(path);
#ifdef __linux__
    const bool is_abstract = path[0] == '@';
#else
    const bool is_abstract = false;
#endif
    if (length == 0 || (is_abstract && length == 1))
        return -EINVAL;
    if (length + !is_abstract > sizeof local->sun_path)
        return -ENAMETOOLONG;
    local->sun_family = AF_UNIX;
    memcpy(local->sun_path, path, length);
    if (is_abstract)
        local->sun_path[0] =
            '\0'; /* unix(7): an abstract name begins with NUL and has no end but its length */
    address.length = (socklen_t)(path_offset + length + !is_abstract);
    *out = address;
    return 0;
}

int rdy_address_parse(const char *text, rdy_address *address)
{
    static const char prefix[] = "unix:";
    if (strncmp(text, prefix, sizeof prefix - 1) == 0)
        return parse_unix(text + sizeof prefix - 1, address);
    return text[0] == '[' ? parse_ipv6(text, address) : parse_ipv4(text, address);
}

int rdy_address_from_sockaddr(const struct sockaddr *sockaddr, socklen_t length, rdy_address *out)
{
    rdy_address address = {.length = length};
    if (length < sizeof sockaddr->sa_family + offsetof(struct sockaddr, sa_family) ||
        length > sizeof address.storage)
        return -EINVAL;
    memcpy(&address.storage, sockaddr, length);
    const int family = address.storage.ss_family;
    const bool fits = (family == AF_INET && length >= sizeof(struct sockaddr_in)) ||
                      (family == AF_INET6 && length >= sizeof(struct sockaddr_in6)) || family == AF_UNIX;
    if (!fits)
        return -EINVAL;
    *out = address;
    return 0;
}

int rdy_address_family(const rdy_address *address)
{
    return address->storage.ss_family;
}

uint16_t rdy_address_port(const rdy_address *address)
{
    switch (rdy_address_family(address)) {
    case AF_INET:
        return ntohs(as_ipv4(address)->sin_port);
    case AF_INET6:
        return ntohs(as_ipv6(address)->sin6_port);
    default:
        return 0;
    }
}

int rdy_address_set_port(rdy_address *address, uint16_t port)
{
    switch (rdy_address_family(address)) {
    case AF_INET:
        ipv4_of(address)->sin_port = htons(port);
        return 0;
    case AF_INET6:
        ipv6_of(address)->sin6_port = htons(port);
        return 0;
    default:
        return -EAFNOSUPPORT;
    }
}

static int print_ipv6(const rdy_address *address, char *text, size_t size)
{
    char host[INET6_ADDRSTRLEN];
    const struct sockaddr_in6 *ipv6 = as_ipv6(address);
    inet_ntop(AF_INET6, &ipv6->sin6_addr, host, sizeof host);
    if (ipv6->sin6_scope_id == 0)
        return snprintf(text, size, "[%s]:%u", host, rdy_address_port(address));
    return snprintf(text, size, "[%s%%%lu]:%u", host, (unsigned long)ipv6->sin6_scope_id,
                    rdy_address_port(address));
}

static int print_unix(const rdy_address *address, char *text, size_t size)
{
    const size_t length = path_length(address);
    const char *path = as_unix(address)->sun_path;
    if (length > 0 && path[0] == '\0')
        return snprintf(text, size, "unix:@%.*s", (int)length - 1, path + 1);
    return snprintf(text, size, "unix:%.*s", (int)length, path);
}

int rdy_address_print(const rdy_address *address, char *text, size_t size)
{
    char host[INET_ADDRSTRLEN];
    switch (rdy_address_family(address)) {
    case AF_INET:
        inet_ntop(AF_INET, &as_ipv4(address)->sin_addr, host, sizeof host);
        return snprintf(text, size, "%s:%u", host, rdy_address_port(address));
    case AF_INET6:
        return print_ipv6(address, text, size);
    case AF_UNIX:
        return print_unix(address, text, size);
    default:
        return snprintf(text, size, "(none)");
    }
}

static int order(long left, long right)
{
    return (left > right) - (left < right);
}

static int compare_unix(const rdy_address *left, const rdy_address *right)
{
    const size_t left_length = path_length(left), right_length = path_length(right);
    const size_t common = left_length < right_length ? left_length : right_length;
    int result = common == 0 ? 0 : memcmp(as_unix(left)->sun_path, as_unix(right)->sun_path, common);
    return result != 0 ? result : order((long)left_length, (long)right_length);
}

static int compare_ipv6(const struct sockaddr_in6 *left, const struct sockaddr_in6 *right)
{
    int result = memcmp(&left->sin6_addr, &right->sin6_addr, sizeof left->sin6_addr);
    if (result != 0)
        return result;
    return (left->sin6_scope_id > right->sin6_scope_id) - (left->sin6_scope_id < right->sin6_scope_id);
}

int rdy_address_compare(const rdy_address *left, const rdy_address *right)
{
    const int family = rdy_address_family(left);
    int result = order(family, rdy_address_family(right));
    if (result != 0)
        return result;
    if (family == AF_UNIX)
        return compare_unix(left, right);
    if (family == AF_INET)
        result = memcmp(&as_ipv4(left)->sin_addr, &as_ipv4(right)->sin_addr, sizeof as_ipv4(left)->sin_addr);
    else if (family == AF_INET6)
        result = compare_ipv6(as_ipv6(left), as_ipv6(right));
    return result != 0 ? result : order(rdy_address_port(left), rdy_address_port(right));
}
