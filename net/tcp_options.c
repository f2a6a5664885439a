#include "net/tcp_stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "net/ip_options.h"
#include "net/os/socket.h"

/* The idle time before the first keepalive probe has another name on macOS. */
#if !defined(TCP_KEEPIDLE) && defined(TCP_KEEPALIVE)
#define TCP_KEEPIDLE TCP_KEEPALIVE
#endif

static int fd_of(const rdy_tcp_stream *stream)
{
    return rdy_source_fd(&stream->source);
}

int rdy_tcp_stream_set_ttl(rdy_tcp_stream *stream, int ttl)
{
    return rdy_ip_set_ttl(&stream->source, ttl);
}

int rdy_tcp_stream_ttl(const rdy_tcp_stream *stream, int *ttl)
{
    return rdy_ip_ttl(&stream->source, ttl);
}

int rdy_tcp_stream_set_nodelay(rdy_tcp_stream *stream, bool nodelay)
{
    return rdy_socket_set_option(fd_of(stream), IPPROTO_TCP, TCP_NODELAY, nodelay);
}

int rdy_tcp_stream_nodelay(const rdy_tcp_stream *stream, bool *nodelay)
{
    int value;
    int error = rdy_socket_option(fd_of(stream), IPPROTO_TCP, TCP_NODELAY, &value);
    if (error == 0)
        *nodelay = value != 0;
    return error;
}

static int set_unless_zero(int fd, int name, int value)
{
    return value == 0 ? 0 : rdy_socket_set_option(fd, IPPROTO_TCP, name, value);
}

#ifdef TCP_KEEPINTVL

static int set_probing(int fd, const rdy_tcp_keepalive *keepalive)
{
    int error = set_unless_zero(fd, TCP_KEEPIDLE, keepalive->idle_seconds);
    if (error == 0)
        error = set_unless_zero(fd, TCP_KEEPINTVL, keepalive->interval_seconds);
    if (error == 0)
        error = set_unless_zero(fd, TCP_KEEPCNT, keepalive->probes);
    return error;
}

static int get_probing(int fd, rdy_tcp_keepalive *keepalive)
{
    int error = rdy_socket_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, &keepalive->idle_seconds);
    if (error == 0)
        error = rdy_socket_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, &keepalive->interval_seconds);
    if (error == 0)
        error = rdy_socket_option(fd, IPPROTO_TCP, TCP_KEEPCNT, &keepalive->probes);
    return error;
}

#else

/* OpenBSD keeps these for the whole system (sysctl net.inet.tcp). */
static int set_probing(int fd, const rdy_tcp_keepalive *keepalive)
{
    (void)fd;
    return keepalive->idle_seconds || keepalive->interval_seconds || keepalive->probes ? -ENOTSUP : 0;
}

static int get_probing(int fd, rdy_tcp_keepalive *keepalive)
{
    (void)fd;
    (void)keepalive;
    return 0;
}

#endif

int rdy_tcp_stream_set_keepalive(rdy_tcp_stream *stream, const rdy_tcp_keepalive *keepalive)
{
    if (keepalive->idle_seconds < 0 || keepalive->interval_seconds < 0 || keepalive->probes < 0)
        return -EINVAL;
    int error = keepalive->on ? set_probing(fd_of(stream), keepalive) : 0;
    return error != 0 ? error : rdy_socket_set_option(fd_of(stream), SOL_SOCKET, SO_KEEPALIVE, keepalive->on);
}

int rdy_tcp_stream_keepalive(const rdy_tcp_stream *stream, rdy_tcp_keepalive *keepalive)
{
    rdy_tcp_keepalive found = {0};
    int on;
    int error = rdy_socket_option(fd_of(stream), SOL_SOCKET, SO_KEEPALIVE, &on);
    if (error == 0)
        error = get_probing(fd_of(stream), &found);
    if (error != 0)
        return error;
    found.on = on != 0;
    *keepalive = found;
    return 0;
}

int rdy_tcp_stream_set_linger(rdy_tcp_stream *stream, int seconds)
{
    return seconds < -1 ? -EINVAL : rdy_socket_set_linger(fd_of(stream), seconds);
}

int rdy_tcp_stream_linger(const rdy_tcp_stream *stream, int *seconds)
{
    return rdy_socket_linger(fd_of(stream), seconds);
}

static int set_buffer_size(rdy_tcp_stream *stream, int name, int bytes)
{
    return bytes <= 0 ? -EINVAL : rdy_socket_set_option(fd_of(stream), SOL_SOCKET, name, bytes);
}

int rdy_tcp_stream_set_send_buffer_size(rdy_tcp_stream *stream, int bytes)
{
    return set_buffer_size(stream, SO_SNDBUF, bytes);
}

int rdy_tcp_stream_send_buffer_size(const rdy_tcp_stream *stream, int *bytes)
{
    return rdy_socket_option(fd_of(stream), SOL_SOCKET, SO_SNDBUF, bytes);
}

int rdy_tcp_stream_set_receive_buffer_size(rdy_tcp_stream *stream, int bytes)
{
    return set_buffer_size(stream, SO_RCVBUF, bytes);
}

int rdy_tcp_stream_receive_buffer_size(const rdy_tcp_stream *stream, int *bytes)
{
    return rdy_socket_option(fd_of(stream), SOL_SOCKET, SO_RCVBUF, bytes);
}
