#include "net/unix_stream.h"

#include <errno.h>

#include "net/os/socket.h"
#include "reactor/os/sys.h"

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

void rdy_unix_stream_close(rdy_unix_stream *stream)
{
    if (stream != NULL)
        rdy_source_close(&stream->source);
}
