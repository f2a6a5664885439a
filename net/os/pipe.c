#include "net/os/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/os/socket.h"
#include "reactor/os/sigpipe.h"
#include "reactor/os/sys.h"

int rdy_pipe_open_ends(int ends[2])
{
    int made[2];
    int error = rdy_sys_pipe(made);
    if (error != 0)
        return error;
    error = rdy_sigpipe_forgo(made[1]);
    if (error != 0) {
        rdy_sys_close(made[0]);
        rdy_sys_close(made[1]);
        return error;
    }
    ends[0] = made[0];
    ends[1] = made[1];
    return 0;
}

static bool is_stream_socket(int fd)
{
    int type, listens;
    return rdy_socket_option(fd, SOL_SOCKET, SO_TYPE, &type) == 0 && type == SOCK_STREAM &&
           rdy_socket_option(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens) == 0 && listens == 0;
}

static int check_kind(int fd)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        return -errno;
    return S_ISFIFO(status.st_mode) || is_stream_socket(fd) || isatty(fd) ? 0 : -EINVAL;
}

static int check_access(int fd, int opposite)
{
    const int flags = fcntl(fd, F_GETFL);
    if (flags < 0)
        return -errno;
    return (flags & O_ACCMODE) == opposite ? -EINVAL : 0;
}

static int prepare(int fd, int opposite)
{
    int error = check_kind(fd);
    if (error == 0)
        error = check_access(fd, opposite);
    return error != 0 ? error : rdy_sys_set_flags(fd);
}

int rdy_pipe_prepare_sender(int fd)
{
    int error = prepare(fd, O_RDONLY);
    return error != 0 ? error : rdy_sigpipe_forgo(fd);
}

int rdy_pipe_prepare_receiver(int fd)
{
    return prepare(fd, O_WRONLY);
}
