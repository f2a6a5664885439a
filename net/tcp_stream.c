#include "net/tcp_stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "net/adopt.h"
#include "net/ip_options.h"
#include "net/os/socket.h"
#include "net/stream.h"
#include "reactor/hints.h"
#include "reactor/os/sys.h"
#include "reactor/source_io.h"

int rdy_tcp_stream_connect(const rdy_address *peer, rdy_tcp_stream *stream)
{
    return rdy_tcp_stream_connect_from(NULL, peer, stream);
}

int rdy_tcp_stream_connect_from(const rdy_address *from, const rdy_address *peer, rdy_tcp_stream *stream)
{
    if (!rdy_ip_is_address(peer))
        return -EAFNOSUPPORT;
    int fd = rdy_socket_open(rdy_address_family(peer), SOCK_STREAM);
    if (fd < 0)
        return fd;
    int error = from == NULL ? 0 : rdy_socket_bind(fd, from);
    if (error == 0)
        error = rdy_socket_connect(fd, peer);
    if (error != 0) {
        rdy_sys_close(fd);
        return error;
    }
    *stream = (rdy_tcp_stream){.source = rdy_source_from_fd(fd)};
    return 0;
}

/* 0 if the connection was made, -ENOTCONN if not, not yet or no more; else a failure that says nothing of it. */
static int ask_peer(int fd)
{
    rdy_address peer;
    const int error = rdy_socket_peer_address(fd, &peer);
    return error == -EINVAL ? -ENOTCONN : error; /* macOS says so of a socket that was reset */
}

/* SO_ERROR tells once: what it said is kept. */
static int tell_failure(rdy_tcp_stream *stream)
{
    int waiting;
    const int error = rdy_socket_option(rdy_source_fd(&stream->source), SOL_SOCKET, SO_ERROR, &waiting);
    if (error != 0)
        return error;
    if (waiting == EINPROGRESS || waiting == EALREADY)
        return rdy_source_would_block(&stream->source, RDY_WRITABLE);
    const int failure = waiting == 0 ? -ENOTCONN : -waiting; /* the former: somebody else has taken why */
    rdy_source_keep_error(&stream->source, failure);
    return rdy_source_failed(&stream->source, RDY_READABLE, failure);
}

/*
 * A peer's address is proof that the connection was made, and asking for it takes no error away. Without one the
 * connection is not there yet, or no more. Once nothing is to come any more the peer is asked for again: it may have
 * answered between the two questions.
 */
int rdy_tcp_stream_finish_connect(rdy_tcp_stream *stream)
{
    const int fd = rdy_source_fd(&stream->source);
    if (rdy_source_was_connected(&stream->source))
        return 0;
    int error = rdy_source_kept_error(&stream->source);
    if (error != 0)
        return error;
    error = ask_peer(fd);
    if (error == -ENOTCONN) {
        const int connecting = rdy_socket_is_connecting(fd);
        if (connecting > 0)
            return rdy_source_would_block(&stream->source, RDY_WRITABLE);
        error = connecting < 0 ? connecting : ask_peer(fd);
    }
    if (error == 0)
        rdy_source_mark_connected(&stream->source);
    return error == -ENOTCONN ? tell_failure(stream) : error;
}

int rdy_tcp_stream_take_error(rdy_tcp_stream *stream)
{
    const int kept = rdy_source_kept_error(&stream->source);
    rdy_source_keep_error(&stream->source, 0);
    return kept != 0 ? kept : rdy_socket_take_error(rdy_source_fd(&stream->source));
}

int rdy_tcp_stream_from_fd(int fd, rdy_tcp_stream *stream)
{
    return rdy_adopt_ip(fd, SOCK_STREAM, &stream->source);
}

int rdy_tcp_stream_into_fd(rdy_tcp_stream *stream)
{
    return rdy_source_release(&stream->source);
}

void rdy_tcp_stream_close(rdy_tcp_stream *stream)
{
    if (stream != NULL)
        rdy_source_close(&stream->source);
}

RDY_WITHOUT_CANARY ptrdiff_t rdy_tcp_stream_read(rdy_tcp_stream *stream, void *bytes, size_t size)
{
    return rdy_source_recv(&stream->source, bytes, size, 0);
}

ptrdiff_t rdy_tcp_stream_readv(rdy_tcp_stream *stream, const struct iovec *pieces, int count)
{
    return rdy_stream_readv(&stream->source, pieces, count);
}

ptrdiff_t rdy_tcp_stream_peek(rdy_tcp_stream *stream, void *bytes, size_t size)
{
    return rdy_stream_peek(&stream->source, bytes, size);
}

RDY_WITHOUT_CANARY ptrdiff_t rdy_tcp_stream_write(rdy_tcp_stream *stream, const void *bytes, size_t size)
{
    return rdy_source_send(&stream->source, bytes, size, 0);
}

ptrdiff_t rdy_tcp_stream_writev(rdy_tcp_stream *stream, const struct iovec *pieces, int count)
{
    return rdy_stream_writev(&stream->source, pieces, count);
}

ptrdiff_t rdy_tcp_stream_sendfile(rdy_tcp_stream *stream, int file, int64_t *offset, size_t size)
{
    return rdy_stream_sendfile(&stream->source, file, offset, size);
}

int rdy_tcp_stream_shutdown(rdy_tcp_stream *stream, int how)
{
    return rdy_stream_shutdown(&stream->source, how);
}

int rdy_tcp_stream_local_address(const rdy_tcp_stream *stream, rdy_address *address)
{
    return rdy_socket_local_address(rdy_source_fd(&stream->source), address);
}

int rdy_tcp_stream_peer_address(const rdy_tcp_stream *stream, rdy_address *address)
{
    return rdy_socket_peer_address(rdy_source_fd(&stream->source), address);
}
