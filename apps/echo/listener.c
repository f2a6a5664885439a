#include "apps/echo/listener.h"

#include <errno.h>
#include <sys/socket.h>

static int open_unix(echo_listener *listener, const rdy_address *address)
{
    int error = rdy_unix_listener_bind(address, &listener->local);
    if (error == -EADDRINUSE && socket_file_remove_stale(address))
        error = rdy_unix_listener_bind(address, &listener->local);
    if (error == 0)
        listener->file = socket_file_of(address);
    return error;
}

static int open_tcp(echo_listener *listener, rdy_address *address, bool shared)
{
    const rdy_tcp_listener_options options = {.reuse_port_lb = shared, .nodelay = true};
    const int error = rdy_tcp_listener_bind(address, &options, &listener->tcp);
    return error != 0 ? error : rdy_tcp_listener_local_address(&listener->tcp, address);
}

int echo_listener_try(const rdy_address *address)
{
    rdy_tcp_listener trial;
    const int error = rdy_tcp_listener_bind(address, NULL, &trial);
    if (error == 0)
        rdy_tcp_listener_close(&trial);
    return error;
}

static rdy_source *source_of(echo_listener *listener)
{
    const bool is_tcp = rdy_source_fd(&listener->tcp.source) >= 0;
    return is_tcp ? &listener->tcp.source : &listener->local.source;
}

int echo_listener_open(echo_listener *listener, rdy_address *address, bool shared, rdy_registry *registry,
                       rdy_token token)
{
    *listener = (echo_listener){.state = LISTENER_WAITING};
    const bool is_unix = rdy_address_family(address) == AF_UNIX;
    int error = is_unix ? open_unix(listener, address) : open_tcp(listener, address, shared);
    if (error == 0)
        error = rdy_registry_register(registry, source_of(listener), token, RDY_READABLE);
    if (error != 0)
        echo_listener_close(listener);
    return error;
}

static int accept_next(echo_listener *listener, rdy_source *stream)
{
    rdy_tcp_stream tcp;
    rdy_unix_stream local;
    const bool is_tcp = rdy_source_fd(&listener->tcp.source) >= 0;
    const int error = is_tcp ? rdy_tcp_listener_accept(&listener->tcp, &tcp, NULL)
                             : rdy_unix_listener_accept(&listener->local, &local, NULL);
    if (error == 0)
        *stream = is_tcp ? tcp.source : local.source;
    return error;
}

int echo_listener_accept(echo_listener *listener, rdy_source *stream)
{
    if (rdy_source_fd(&listener->kept) < 0)
        return accept_next(listener, stream);
    *stream = listener->kept;
    listener->kept = (rdy_source){0};
    return 0;
}

void echo_listener_keep(echo_listener *listener, rdy_source stream)
{
    listener->kept = stream;
}

void echo_listener_defer(echo_listener *listener)
{
    rdy_source_defer(source_of(listener));
}

void echo_listener_close(echo_listener *listener)
{
    socket_file_remove(&listener->file);
    rdy_source_close(&listener->kept);
    rdy_tcp_listener_close(&listener->tcp);
    rdy_unix_listener_close(&listener->local);
    listener->state = LISTENER_CLOSED;
}
