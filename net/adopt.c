#include "net/adopt.h"

#include <errno.h>

#include "net/ip_options.h"
#include "net/os/socket.h"

static bool is_unix_address(const rdy_address *address)
{
    return rdy_address_family(address) == AF_UNIX;
}

static int adopt(int fd, bool (*is_ours)(const rdy_address *), int type, rdy_source *source)
{
    rdy_address local;
    int error = rdy_socket_local_address(fd, &local);
    if (error == 0 && !is_ours(&local))
        error = -EINVAL;
    if (error == 0)
        error = rdy_socket_prepare(fd, type);
    if (error == 0)
        *source = rdy_source_from_fd(fd);
    return error;
}

static int adopt_listener(int fd, bool (*is_ours)(const rdy_address *), rdy_source *source)
{
    int listens;
    int error = rdy_socket_option(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens);
    if (error == 0 && !listens)
        error = -EINVAL;
    return error != 0 ? error : adopt(fd, is_ours, SOCK_STREAM, source);
}

int rdy_adopt_ip(int fd, int type, rdy_source *source)
{
    return adopt(fd, rdy_ip_is_address, type, source);
}

int rdy_adopt_ip_listener(int fd, rdy_source *source)
{
    return adopt_listener(fd, rdy_ip_is_address, source);
}

int rdy_adopt_unix(int fd, int type, rdy_source *source)
{
    return adopt(fd, is_unix_address, type, source);
}

int rdy_adopt_unix_listener(int fd, rdy_source *source)
{
    return adopt_listener(fd, is_unix_address, source);
}
