#include "net/unix_datagram.h"

#include <errno.h>

#include "net/adopt.h"
#include "net/os/socket.h"
#include "reactor/os/sys.h"
#include "reactor/source_io.h"

int rdy_unix_datagram_bind(const rdy_address *address, rdy_unix_datagram *socket)
{
    rdy_unix_datagram made;
    if (rdy_address_family(address) != AF_UNIX)
        return -EAFNOSUPPORT;
    int error = rdy_unix_datagram_unbound(&made);
    if (error != 0)
        return error;
    error = rdy_socket_bind(rdy_source_fd(&made.source), address);
    if (error != 0)
        rdy_unix_datagram_close(&made);
    else
        *socket = made;
    return error;
}

int rdy_unix_datagram_unbound(rdy_unix_datagram *socket)
{
    int fd = rdy_socket_open(AF_UNIX, SOCK_DGRAM);
    if (fd < 0)
        return fd;
    *socket = (rdy_unix_datagram){.source = rdy_source_from_fd(fd)};
    return 0;
}

int rdy_unix_datagram_pair(rdy_unix_datagram *one, rdy_unix_datagram *other)
{
    int ends[2];
    int error = rdy_socket_pair(AF_UNIX, SOCK_DGRAM, ends);
    if (error != 0)
        return error;
    *one = (rdy_unix_datagram){.source = rdy_source_from_fd(ends[0])};
    *other = (rdy_unix_datagram){.source = rdy_source_from_fd(ends[1])};
    return 0;
}

int rdy_unix_datagram_from_fd(int fd, rdy_unix_datagram *socket)
{
    return rdy_adopt_unix(fd, SOCK_DGRAM, &socket->source);
}

int rdy_unix_datagram_into_fd(rdy_unix_datagram *socket)
{
    return rdy_source_release(&socket->source);
}

void rdy_unix_datagram_close(rdy_unix_datagram *socket)
{
    if (socket != NULL)
        rdy_source_close(&socket->source);
}

int rdy_unix_datagram_connect(rdy_unix_datagram *socket, const rdy_address *peer)
{
    if (rdy_address_family(peer) != AF_UNIX)
        return -EAFNOSUPPORT;
    return rdy_socket_connect(rdy_source_fd(&socket->source), peer);
}

int rdy_unix_datagram_disconnect(rdy_unix_datagram *socket)
{
    return rdy_datagram_disconnect(&socket->source);
}

ptrdiff_t rdy_unix_datagram_send(rdy_unix_datagram *socket, const void *bytes, size_t size)
{
    return rdy_datagram_send(&socket->source, bytes, size);
}

ptrdiff_t rdy_unix_datagram_send_to(rdy_unix_datagram *socket, const void *bytes, size_t size,
                                    const rdy_address *to)
{
    return rdy_datagram_send_to(&socket->source, bytes, size, to);
}

ptrdiff_t rdy_unix_datagram_sendv(rdy_unix_datagram *socket, const struct iovec *pieces, int count,
                                  const rdy_address *to)
{
    return rdy_datagram_sendv(&socket->source, pieces, count, to);
}

ptrdiff_t rdy_unix_datagram_send_many(rdy_unix_datagram *socket, const rdy_datagram *datagrams, size_t count)
{
    return rdy_datagram_send_many(&socket->source, datagrams, count);
}

ptrdiff_t rdy_unix_datagram_recv(rdy_unix_datagram *socket, void *bytes, size_t size)
{
    return rdy_datagram_recv(&socket->source, bytes, size);
}

ptrdiff_t rdy_unix_datagram_recv_from(rdy_unix_datagram *socket, void *bytes, size_t size, rdy_address *from)
{
    return rdy_datagram_recv_from(&socket->source, bytes, size, from);
}

ptrdiff_t rdy_unix_datagram_peek(rdy_unix_datagram *socket, void *bytes, size_t size)
{
    return rdy_datagram_peek(&socket->source, bytes, size);
}

ptrdiff_t rdy_unix_datagram_peek_from(rdy_unix_datagram *socket, void *bytes, size_t size, rdy_address *from)
{
    return rdy_datagram_peek_from(&socket->source, bytes, size, from);
}

ptrdiff_t rdy_unix_datagram_recvv(rdy_unix_datagram *socket, const struct iovec *pieces, int count,
                                  rdy_address *from, bool *truncated)
{
    return rdy_datagram_recvv(&socket->source, pieces, count, from, truncated);
}

ptrdiff_t rdy_unix_datagram_recv_many(rdy_unix_datagram *socket, rdy_datagram *datagrams, size_t count)
{
    return rdy_datagram_recv_many(&socket->source, datagrams, count);
}

int rdy_unix_datagram_shutdown(rdy_unix_datagram *socket, int how)
{
    return rdy_datagram_shutdown(&socket->source, how);
}

int rdy_unix_datagram_take_error(rdy_unix_datagram *socket)
{
    return rdy_datagram_take_error(&socket->source);
}

int rdy_unix_datagram_local_address(const rdy_unix_datagram *socket, rdy_address *address)
{
    return rdy_socket_local_address(rdy_source_fd(&socket->source), address);
}

int rdy_unix_datagram_peer_address(const rdy_unix_datagram *socket, rdy_address *address)
{
    return rdy_socket_peer_address(rdy_source_fd(&socket->source), address);
}
