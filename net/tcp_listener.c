#include "net/tcp_listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "net/adopt.h"
#include "net/ip_options.h"
#include "net/os/socket.h"
#include "reactor/os/sys.h"
#include "reactor/source_io.h"

enum { DEFAULT_BACKLOG = 4096 };

static int set_options(int fd, int family, const rdy_tcp_listener_options *options)
{
    int error = 0;
    if (!options->no_reuse_address)
        error = rdy_socket_set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (error == 0 && options->reuse_port)
        error = rdy_socket_set_reuse_port(fd);
    if (error == 0 && options->reuse_port_lb)
        error = rdy_socket_set_reuse_port_lb(fd);
    if (error == 0 && family == AF_INET6)
        error = rdy_ip_set_v4_mapped(fd, options->v4_mapped);
    if (error == 0 && options->nodelay)
        error = rdy_socket_set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    return error;
}

int rdy_tcp_listener_bind(const rdy_address *address, const rdy_tcp_listener_options *options,
                          rdy_tcp_listener *listener)
{
    static const rdy_tcp_listener_options defaults;
    if (options == NULL)
        options = &defaults;
    const int family = rdy_address_family(address);
    if (!rdy_ip_is_address(address))
        return -EAFNOSUPPORT;
    if (options->backlog < 0)
        return -EINVAL;
    int fd = rdy_socket_open(family, SOCK_STREAM);
    if (fd < 0)
        return fd;
    int error = set_options(fd, family, options);
    if (error == 0)
        error = rdy_socket_bind(fd, address);
    if (error == 0)
        error = rdy_socket_listen(fd, options->backlog != 0 ? options->backlog : DEFAULT_BACKLOG);
    if (error != 0)
        rdy_sys_close(fd);
    else
        *listener = (rdy_tcp_listener){.source = rdy_source_from_fd(fd)};
    return error;
}

int rdy_tcp_listener_accept(rdy_tcp_listener *listener, rdy_tcp_stream *stream, rdy_address *peer)
{
    int fd = rdy_socket_accept(rdy_source_fd(&listener->source), peer);
    if (fd < 0)
        return rdy_source_failed(&listener->source, RDY_READABLE, fd);
    *stream = (rdy_tcp_stream){.source = rdy_source_from_fd(fd)};
    rdy_source_mark_connected(&stream->source);
    return 0;
}

int rdy_tcp_listener_from_fd(int fd, rdy_tcp_listener *listener)
{
    return rdy_adopt_ip_listener(fd, &listener->source);
}

int rdy_tcp_listener_into_fd(rdy_tcp_listener *listener)
{
    return rdy_source_release(&listener->source);
}

void rdy_tcp_listener_close(rdy_tcp_listener *listener)
{
    if (listener != NULL)
        rdy_source_close(&listener->source);
}

int rdy_tcp_listener_local_address(const rdy_tcp_listener *listener, rdy_address *address)
{
    return rdy_socket_local_address(rdy_source_fd(&listener->source), address);
}

int rdy_tcp_listener_take_error(rdy_tcp_listener *listener)
{
    return rdy_socket_take_error(rdy_source_fd(&listener->source));
}

int rdy_tcp_listener_set_ttl(rdy_tcp_listener *listener, int ttl)
{
    return rdy_ip_set_ttl(&listener->source, ttl);
}

int rdy_tcp_listener_ttl(const rdy_tcp_listener *listener, int *ttl)
{
    return rdy_ip_ttl(&listener->source, ttl);
}
