#include "net/ip_options.h"

#include <errno.h>
#include <netinet/in.h>

#include "net/os/socket.h"

bool rdy_ip_is_address(const rdy_address *address)
{
    return rdy_address_family(address) == AF_INET || rdy_address_family(address) == AF_INET6;
}

/* Hops are an option of IP, and each version of it has its own. */
static int hops_option(const rdy_source *source, int *level, int *name)
{
    rdy_address local;
    int error = rdy_socket_local_address(rdy_source_fd(source), &local);
    if (error != 0)
        return error;
    const bool is_ipv6 = rdy_address_family(&local) == AF_INET6;
    *level = is_ipv6 ? IPPROTO_IPV6 : IPPROTO_IP;
    *name = is_ipv6 ? IPV6_UNICAST_HOPS : IP_TTL;
    return 0;
}

int rdy_ip_set_ttl(const rdy_source *source, int ttl)
{
    int level, name;
    if (ttl < 1 || ttl > 255)
        return -EINVAL;
    int error = hops_option(source, &level, &name);
    return error != 0 ? error : rdy_socket_set_option(rdy_source_fd(source), level, name, ttl);
}

int rdy_ip_ttl(const rdy_source *source, int *ttl)
{
    int level, name;
    int error = hops_option(source, &level, &name);
    return error != 0 ? error : rdy_socket_option(rdy_source_fd(source), level, name, ttl);
}

int rdy_ip_set_v4_mapped(int fd, bool mapped)
{
    const int error = rdy_socket_set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, !mapped);
    return mapped && error == -EINVAL ? -ENOTSUP : error; /* OpenBSD knows no other */
}
