#include "net/udp_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "net/ip_options.h"
#include "net/os/socket.h"

/* Names that older systems have alone. */
#if !defined(IPV6_JOIN_GROUP) && defined(IPV6_ADD_MEMBERSHIP)
#define IPV6_JOIN_GROUP  IPV6_ADD_MEMBERSHIP
#define IPV6_LEAVE_GROUP IPV6_DROP_MEMBERSHIP
#endif

static int fd_of(const rdy_udp_socket *socket)
{
    return rdy_source_fd(&socket->source);
}

static int get_bool(const rdy_udp_socket *socket, int level, int name, bool *value)
{
    int found;
    int error = rdy_socket_option(fd_of(socket), level, name, &found);
    if (error == 0)
        *value = found != 0;
    return error;
}

int rdy_udp_socket_set_broadcast(rdy_udp_socket *socket, bool broadcast)
{
    return rdy_socket_set_option(fd_of(socket), SOL_SOCKET, SO_BROADCAST, broadcast);
}

int rdy_udp_socket_broadcast(const rdy_udp_socket *socket, bool *broadcast)
{
    return get_bool(socket, SOL_SOCKET, SO_BROADCAST, broadcast);
}

int rdy_udp_socket_set_ttl(rdy_udp_socket *socket, int ttl)
{
    return rdy_ip_set_ttl(&socket->source, ttl);
}

int rdy_udp_socket_ttl(const rdy_udp_socket *socket, int *ttl)
{
    return rdy_ip_ttl(&socket->source, ttl);
}

int rdy_udp_socket_only_v6(const rdy_udp_socket *socket, bool *only_v6)
{
    return get_bool(socket, IPPROTO_IPV6, IPV6_V6ONLY, only_v6);
}

/* ---- multicast groups ---- */

static struct in_addr interface_of(const uint8_t address[4])
{
    struct in_addr found = {.s_addr = htonl(INADDR_ANY)};
    if (address != NULL)
        memcpy(&found, address, sizeof found);
    return found;
}

static int change_v4(int fd, int name, const uint8_t group[4], const uint8_t interface_address[4])
{
    struct ip_mreq membership = {.imr_interface = interface_of(interface_address)};
    memcpy(&membership.imr_multiaddr, group, sizeof membership.imr_multiaddr);
    return rdy_socket_set_value(fd, IPPROTO_IP, name, &membership, sizeof membership);
}

static int change_v6(int fd, int name, const uint8_t group[16], unsigned interface_index)
{
    struct ipv6_mreq membership = {.ipv6mr_interface = interface_index};
    memcpy(&membership.ipv6mr_multiaddr, group, sizeof membership.ipv6mr_multiaddr);
    return rdy_socket_set_value(fd, IPPROTO_IPV6, name, &membership, sizeof membership);
}

int rdy_udp_socket_join_multicast_v4(rdy_udp_socket *socket, const uint8_t group[4],
                                     const uint8_t interface_address[4])
{
    return change_v4(fd_of(socket), IP_ADD_MEMBERSHIP, group, interface_address);
}

int rdy_udp_socket_leave_multicast_v4(rdy_udp_socket *socket, const uint8_t group[4],
                                      const uint8_t interface_address[4])
{
    return change_v4(fd_of(socket), IP_DROP_MEMBERSHIP, group, interface_address);
}

int rdy_udp_socket_join_multicast_v6(rdy_udp_socket *socket, const uint8_t group[16],
                                     unsigned interface_index)
{
    return change_v6(fd_of(socket), IPV6_JOIN_GROUP, group, interface_index);
}

int rdy_udp_socket_leave_multicast_v6(rdy_udp_socket *socket, const uint8_t group[16],
                                      unsigned interface_index)
{
    return change_v6(fd_of(socket), IPV6_LEAVE_GROUP, group, interface_index);
}

/* ---- what is sent to groups ---- */

int rdy_udp_socket_set_multicast_interface_v4(rdy_udp_socket *socket, const uint8_t interface_address[4])
{
    const struct in_addr address = interface_of(interface_address);
    return rdy_socket_set_value(fd_of(socket), IPPROTO_IP, IP_MULTICAST_IF, &address, sizeof address);
}

int rdy_udp_socket_multicast_interface_v4(const rdy_udp_socket *socket, uint8_t interface_address[4])
{
    struct in_addr address;
    int error = rdy_socket_value(fd_of(socket), IPPROTO_IP, IP_MULTICAST_IF, &address, sizeof address);
    if (error == 0)
        memcpy(interface_address, &address, sizeof address);
    return error;
}

int rdy_udp_socket_set_multicast_interface_v6(rdy_udp_socket *socket, unsigned interface_index)
{
    return rdy_socket_set_value(fd_of(socket), IPPROTO_IPV6, IPV6_MULTICAST_IF, &interface_index,
                                sizeof interface_index);
}

int rdy_udp_socket_multicast_interface_v6(const rdy_udp_socket *socket, unsigned *interface_index)
{
    return rdy_socket_value(fd_of(socket), IPPROTO_IPV6, IPV6_MULTICAST_IF, interface_index,
                            sizeof *interface_index);
}

/* These two options of IPv4 are of a byte: all systems take it, and some nothing else. */
static int set_byte(rdy_udp_socket *socket, int name, int value)
{
    const unsigned char byte = (unsigned char)value;
    return rdy_socket_set_value(fd_of(socket), IPPROTO_IP, name, &byte, sizeof byte);
}

static int get_byte(const rdy_udp_socket *socket, int name, int *value)
{
    unsigned char byte;
    int error = rdy_socket_value(fd_of(socket), IPPROTO_IP, name, &byte, sizeof byte);
    if (error == 0)
        *value = byte;
    return error;
}

int rdy_udp_socket_set_multicast_loop_v4(rdy_udp_socket *socket, bool loop)
{
    return set_byte(socket, IP_MULTICAST_LOOP, loop);
}

int rdy_udp_socket_multicast_loop_v4(const rdy_udp_socket *socket, bool *loop)
{
    int found;
    int error = get_byte(socket, IP_MULTICAST_LOOP, &found);
    if (error == 0)
        *loop = found != 0;
    return error;
}

int rdy_udp_socket_set_multicast_loop_v6(rdy_udp_socket *socket, bool loop)
{
    return rdy_socket_set_option(fd_of(socket), IPPROTO_IPV6, IPV6_MULTICAST_LOOP, loop);
}

int rdy_udp_socket_multicast_loop_v6(const rdy_udp_socket *socket, bool *loop)
{
    return get_bool(socket, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, loop);
}

static bool is_hop_limit(int hops)
{
    return hops >= 0 && hops <= 255;
}

int rdy_udp_socket_set_multicast_ttl_v4(rdy_udp_socket *socket, int ttl)
{
    return is_hop_limit(ttl) ? set_byte(socket, IP_MULTICAST_TTL, ttl) : -EINVAL;
}

int rdy_udp_socket_multicast_ttl_v4(const rdy_udp_socket *socket, int *ttl)
{
    return get_byte(socket, IP_MULTICAST_TTL, ttl);
}

int rdy_udp_socket_set_multicast_hops_v6(rdy_udp_socket *socket, int hops)
{
    if (!is_hop_limit(hops))
        return -EINVAL;
    return rdy_socket_set_option(fd_of(socket), IPPROTO_IPV6, IPV6_MULTICAST_HOPS, hops);
}

int rdy_udp_socket_multicast_hops_v6(const rdy_udp_socket *socket, int *hops)
{
    return rdy_socket_option(fd_of(socket), IPPROTO_IPV6, IPV6_MULTICAST_HOPS, hops);
}
