#include "apps/tracker/own_port.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "apps/common/unmapped.h"

/* Close-on-exec, from birth where the system can. A negative errno else. */
static int make_socket(int family)
{
#ifdef SOCK_CLOEXEC
    const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd < 0 ? -errno : fd;
#else
    const int fd = socket(family, SOCK_STREAM, 0);
    if (fd >= 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0)
        return fd;
    const int error = -errno;
    if (fd >= 0)
        close(fd);
    return error;
#endif
}

/* A plain socket: rdy has none that is bound and never listens. */
static int open_socket(const rdy_address *address, rdy_source *source)
{
    const int both = 0;
    const int fd = make_socket(rdy_address_family(address));
    if (fd < 0)
        return fd;
    rdy_source bound = rdy_source_from_fd(fd);
    if ((rdy_address_family(address) == AF_INET6 &&
         setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &both, sizeof both) < 0) ||
        bind(fd, (const struct sockaddr *)&address->storage, address->length) < 0) {
        const int error = -errno;
        rdy_source_close(&bound);
        return error;
    }
    *source = bound;
    return 0;
}

static int bind_any(const char *any, rdy_source *source)
{
    rdy_address address;
    const int error = rdy_address_parse(any, &address);
    return error < 0 ? error : open_socket(&address, source);
}

static int read_port(struct own_port *own)
{
    rdy_address address;
    struct sockaddr_storage bound;
    socklen_t length = sizeof bound;
    if (getsockname(rdy_source_fd(&own->source), (struct sockaddr *)&bound, &length) < 0)
        return -errno;
    const int error = rdy_address_from_sockaddr((const struct sockaddr *)&bound, length, &address);
    if (error == 0)
        own->port = rdy_address_port(&address);
    return error;
}

static int bind_port(struct own_port *own)
{
    int error = bind_any("[::]:0", &own->source);
    if (error < 0) /* no IPv6 here, or none that is IPv4 too */
        error = bind_any("0.0.0.0:0", &own->source);
    return error < 0 ? error : read_port(own);
}

static socklen_t length_of(const struct sockaddr *sockaddr)
{
    return sockaddr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}

static bool is_internet(const struct sockaddr *sockaddr)
{
    return sockaddr != NULL && (sockaddr->sa_family == AF_INET || sockaddr->sa_family == AF_INET6);
}

static int add_interfaces(struct own_port *own)
{
    struct ifaddrs *list;
    rdy_address address;
    int error = 0;
    if (getifaddrs(&list) < 0)
        return -errno;
    for (const struct ifaddrs *item = list; item != NULL && error == 0; item = item->ifa_next)
        if (is_internet(item->ifa_addr) &&
            rdy_address_from_sockaddr(item->ifa_addr, length_of(item->ifa_addr), &address) == 0)
            error = own_port_add(own, &address);
    freeifaddrs(list);
    return error;
}

int own_port_open(struct own_port *own)
{
    *own = (struct own_port){0};
    int error = bind_port(own);
    if (error == 0)
        error = add_interfaces(own);
    if (error < 0)
        own_port_close(own);
    return error;
}

int own_port_add(struct own_port *own, const rdy_address *address)
{
    rdy_address ours = unmapped(address);
    if (rdy_address_set_port(&ours, own->port) < 0 || own_port_is(own, &ours))
        return 0;
    rdy_address *larger = realloc(own->addresses, (own->count + 1) * sizeof *larger);
    if (larger == NULL)
        return -ENOMEM;
    own->addresses = larger;
    own->addresses[own->count++] = ours;
    return 0;
}

bool own_port_is(const struct own_port *own, const rdy_address *address)
{
    const rdy_address plain = unmapped(address);
    for (size_t i = 0; i < own->count; i++)
        if (rdy_address_compare(&own->addresses[i], &plain) == 0)
            return true;
    return false;
}

void own_port_close(struct own_port *own)
{
    rdy_source_close(&own->source);
    free(own->addresses);
    *own = (struct own_port){0};
}
