#include "net/udp_socket.h"

#include <errno.h>
#include <netinet/in.h>

#include "net/adopt.h"
#include "net/ip_options.h"
#include "net/os/socket.h"
#include "reactor/os/sys.h"
#include "reactor/source_io.h"

static int set_options(int fd, int family, const rdy_udp_socket_options *options)
{
    int error = 0;
    if (options->reuse_address)
        error = rdy_socket_set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (error == 0 && options->reuse_port)
        error = rdy_socket_set_reuse_port(fd);
    if (error == 0 && options->reuse_port_lb)
        error = rdy_socket_set_reuse_port_lb(fd);
    if (error == 0 && family == AF_INET6)
        error = rdy_ip_set_v4_mapped(fd, options->v4_mapped);
    return error;
}

int rdy_udp_socket_bind(const rdy_address *address, const rdy_udp_socket_options *options,
                        rdy_udp_socket *socket)
{
    static const rdy_udp_socket_options defaults;
    if (!rdy_ip_is_address(address))
        return -EAFNOSUPPORT;
    int fd = rdy_socket_open(rdy_address_family(address), SOCK_DGRAM);
    if (fd < 0)
        return fd;
    int error = set_options(fd, rdy_address_family(address), options != NULL ? options : &defaults);
    if (error == 0)
        error = rdy_socket_bind(fd, address);
    if (error != 0)
        rdy_sys_close(fd);
    else
        *socket = (rdy_udp_socket){.source = rdy_source_from_fd(fd)};
    return error;
}

/* IP has datagrams of other protocols too, such as UDP-Lite and the echoes of ICMP. */
static int check_protocol(int fd)
{
#ifdef SO_PROTOCOL
    int protocol;
    const int error = rdy_socket_option(fd, SOL_SOCKET, SO_PROTOCOL, &protocol);
    return error == 0 && protocol != IPPROTO_UDP ? -EINVAL : error;
#else
    (void)fd;
    return 0;
#endif
}

int rdy_udp_socket_from_fd(int fd, rdy_udp_socket *socket)
{
    const int error = check_protocol(fd);
    return error != 0 ? error : rdy_adopt_ip(fd, SOCK_DGRAM, &socket->source);
}

int rdy_udp_socket_into_fd(rdy_udp_socket *socket)
{
    return rdy_source_release(&socket->source);
}

void rdy_udp_socket_close(rdy_udp_socket *socket)
{
    if (socket != NULL)
        rdy_source_close(&socket->source);
}

int rdy_udp_socket_connect(rdy_udp_socket *socket, const rdy_address *peer)
{
    if (!rdy_ip_is_address(peer))
        return -EAFNOSUPPORT;
    return rdy_socket_connect(rdy_source_fd(&socket->source), peer);
}

int rdy_udp_socket_disconnect(rdy_udp_socket *socket)
{
    return rdy_datagram_disconnect(&socket->source);
}

ptrdiff_t rdy_udp_socket_send(rdy_udp_socket *socket, const void *bytes, size_t size)
{
    return rdy_datagram_send(&socket->source, bytes, size);
}

ptrdiff_t rdy_udp_socket_send_to(rdy_udp_socket *socket, const void *bytes, size_t size,
                                 const rdy_address *to)
{
    return rdy_datagram_send_to(&socket->source, bytes, size, to);
}

ptrdiff_t rdy_udp_socket_sendv(rdy_udp_socket *socket, const struct iovec *pieces, int count,
                               const rdy_address *to)
{
    return rdy_datagram_sendv(&socket->source, pieces, count, to);
}

ptrdiff_t rdy_udp_socket_send_many(rdy_udp_socket *socket, const rdy_datagram *datagrams, size_t count)
{
    return rdy_datagram_send_many(&socket->source, datagrams, count);
}

ptrdiff_t rdy_udp_socket_recv(rdy_udp_socket *socket, void *bytes, size_t size)
{
    return rdy_datagram_recv(&socket->source, bytes, size);
}

ptrdiff_t rdy_udp_socket_recv_from(rdy_udp_socket *socket, void *bytes, size_t size, rdy_address *from)
{
    return rdy_datagram_recv_from(&socket->source, bytes, size, from);
}

ptrdiff_t rdy_udp_socket_peek(rdy_udp_socket *socket, void *bytes, size_t size)
{
    return rdy_datagram_peek(&socket->source, bytes, size);
}

ptrdiff_t rdy_udp_socket_peek_from(rdy_udp_socket *socket, void *bytes, size_t size, rdy_address *from)
{
    return rdy_datagram_peek_from(&socket->source, bytes, size, from);
}

ptrdiff_t rdy_udp_socket_recvv(rdy_udp_socket *socket, const struct iovec *pieces, int count,
                               rdy_address *from, bool *truncated)
{
    return rdy_datagram_recvv(&socket->source, pieces, count, from, truncated);
}

ptrdiff_t rdy_udp_socket_recv_many(rdy_udp_socket *socket, rdy_datagram *datagrams, size_t count)
{
    return rdy_datagram_recv_many(&socket->source, datagrams, count);
}

int rdy_udp_socket_shutdown(rdy_udp_socket *socket, int how)
{
    return rdy_datagram_shutdown(&socket->source, how);
}

int rdy_udp_socket_take_error(rdy_udp_socket *socket)
{
    return rdy_datagram_take_error(&socket->source);
}

int rdy_udp_socket_local_address(const rdy_udp_socket *socket, rdy_address *address)
{
    return rdy_socket_local_address(rdy_source_fd(&socket->source), address);
}

int rdy_udp_socket_peer_address(const rdy_udp_socket *socket, rdy_address *address)
{
    return rdy_socket_peer_address(rdy_source_fd(&socket->source), address);
}
