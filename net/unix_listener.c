#include "net/unix_listener.h"

#include <errno.h>

#include "net/adopt.h"
#include "net/os/socket.h"
#include "reactor/os/sys.h"
#include "reactor/source_io.h"

enum { BACKLOG = 4096 };

/* What failed leaves no file, which the caller could not tell from somebody else's. */
static int listen_or_undo(int fd, const rdy_address *address)
{
    const int error = rdy_socket_listen(fd, BACKLOG);
    if (error != 0)
        rdy_socket_remove_file(address);
    return error;
}

int rdy_unix_listener_bind(const rdy_address *address, rdy_unix_listener *listener)
{
    if (rdy_address_family(address) != AF_UNIX)
        return -EAFNOSUPPORT;
    int fd = rdy_socket_open(AF_UNIX, SOCK_STREAM);
    if (fd < 0)
        return fd;
    int error = rdy_socket_bind(fd, address);
    if (error == 0)
        error = listen_or_undo(fd, address);
    if (error != 0)
        rdy_sys_close(fd);
    else
        *listener = (rdy_unix_listener){.source = rdy_source_from_fd(fd)};
    return error;
}

int rdy_unix_listener_accept(rdy_unix_listener *listener, rdy_unix_stream *stream, rdy_address *peer)
{
    int fd = rdy_socket_accept(rdy_source_fd(&listener->source), peer);
    if (fd < 0)
        return rdy_source_failed(&listener->source, RDY_READABLE, fd);
    *stream = (rdy_unix_stream){.source = rdy_source_from_fd(fd)};
    return 0;
}

int rdy_unix_listener_from_fd(int fd, rdy_unix_listener *listener)
{
    return rdy_adopt_unix_listener(fd, &listener->source);
}

int rdy_unix_listener_into_fd(rdy_unix_listener *listener)
{
    return rdy_source_release(&listener->source);
}

void rdy_unix_listener_close(rdy_unix_listener *listener)
{
    if (listener != NULL)
        rdy_source_close(&listener->source);
}

int rdy_unix_listener_local_address(const rdy_unix_listener *listener, rdy_address *address)
{
    return rdy_socket_local_address(rdy_source_fd(&listener->source), address);
}

int rdy_unix_listener_take_error(rdy_unix_listener *listener)
{
    return rdy_socket_take_error(rdy_source_fd(&listener->source));
}
