#include "net/unix_stream.h"

#include <errno.h>

#include "net/adopt.h"
#include "net/os/socket.h"
#include "reactor/hints.h"
#include "reactor/os/sys.h"
#include "reactor/source_io.h"

int rdy_unix_stream_connect(const rdy_address *peer, rdy_unix_stream *stream)
{
    if (rdy_address_family(peer) != AF_UNIX)
        return -EAFNOSUPPORT;
    int fd = rdy_socket_open(AF_UNIX, SOCK_STREAM);
    if (fd < 0)
        return fd;
    int error = rdy_socket_connect(fd, peer);
    if (error != 0)
        rdy_sys_close(fd);
    else
        *stream = (rdy_unix_stream){.source = rdy_source_from_fd(fd)};
    return error;
}

int rdy_unix_stream_pair(rdy_unix_stream *one, rdy_unix_stream *other)
{
    int ends[2];
    int error = rdy_socket_pair(AF_UNIX, SOCK_STREAM, ends);
    if (error != 0)
        return error;
    *one = (rdy_unix_stream){.source = rdy_source_from_fd(ends[0])};
    *other = (rdy_unix_stream){.source = rdy_source_from_fd(ends[1])};
    return 0;
}

int rdy_unix_stream_from_fd(int fd, rdy_unix_stream *stream)
{
    return rdy_adopt_unix(fd, SOCK_STREAM, &stream->source);
}

int rdy_unix_stream_into_fd(rdy_unix_stream *stream)
{
    return rdy_source_release(&stream->source);
}

void rdy_unix_stream_close(rdy_unix_stream *stream)
{
    if (stream != NULL)
        rdy_source_close(&stream->source);
}

RDY_WITHOUT_CANARY ptrdiff_t rdy_unix_stream_read(rdy_unix_stream *stream, void *bytes, size_t size)
{
    return rdy_source_recv(&stream->source, bytes, size, 0);
}

ptrdiff_t rdy_unix_stream_readv(rdy_unix_stream *stream, const struct iovec *pieces, int count)
{
    return rdy_stream_readv(&stream->source, pieces, count);
}

ptrdiff_t rdy_unix_stream_peek(rdy_unix_stream *stream, void *bytes, size_t size)
{
    return rdy_stream_peek(&stream->source, bytes, size);
}

RDY_WITHOUT_CANARY ptrdiff_t rdy_unix_stream_write(rdy_unix_stream *stream, const void *bytes, size_t size)
{
    return rdy_source_send(&stream->source, bytes, size, 0);
}

ptrdiff_t rdy_unix_stream_writev(rdy_unix_stream *stream, const struct iovec *pieces, int count)
{
    return rdy_stream_writev(&stream->source, pieces, count);
}

ptrdiff_t rdy_unix_stream_sendfile(rdy_unix_stream *stream, int file, int64_t *offset, size_t size)
{
    return rdy_stream_sendfile(&stream->source, file, offset, size);
}

int rdy_unix_stream_shutdown(rdy_unix_stream *stream, int how)
{
    return rdy_stream_shutdown(&stream->source, how);
}

int rdy_unix_stream_take_error(rdy_unix_stream *stream)
{
    return rdy_socket_take_error(rdy_source_fd(&stream->source));
}

int rdy_unix_stream_local_address(const rdy_unix_stream *stream, rdy_address *address)
{
    return rdy_socket_local_address(rdy_source_fd(&stream->source), address);
}

int rdy_unix_stream_peer_address(const rdy_unix_stream *stream, rdy_address *address)
{
    return rdy_socket_peer_address(rdy_source_fd(&stream->source), address);
}
