#include "reactor/os/sys.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

void rdy_sys_close(int fd)
{
    (void)close(fd);
}

#ifdef __linux__

ptrdiff_t rdy_sys_recvmmsg(int fd, rdy_sys_message *messages, unsigned count)
{
    ptrdiff_t result;
    do
        result = rdy_sys_result(recvmmsg(fd, messages, count, 0, NULL));
    while (result == -EINTR);
    return result;
}

ptrdiff_t rdy_sys_sendmmsg(int fd, rdy_sys_message *messages, unsigned count)
{
    ptrdiff_t result;
    do
        result = rdy_sys_result(sendmmsg(fd, messages, count, MSG_NOSIGNAL));
    while (result == -EINTR);
    return result;
}

#else

ptrdiff_t rdy_sys_recvmmsg(int fd, rdy_sys_message *messages, unsigned count)
{
    (void)fd;
    (void)messages;
    (void)count;
    return -ENOSYS;
}

ptrdiff_t rdy_sys_sendmmsg(int fd, rdy_sys_message *messages, unsigned count)
{
    return rdy_sys_recvmmsg(fd, messages, count);
}

#endif

int rdy_sys_is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static int change_flag(int fd, int set, int flags, int flag, bool on)
{
    if (flags < 0)
        return -errno;
    if (((flags & flag) != 0) == on)
        return 0;
    return fcntl(fd, set, on ? flags | flag : flags & ~flag) < 0 ? -errno : 0;
}

int rdy_sys_set_close_on_exec(int fd)
{
    return change_flag(fd, F_SETFD, fcntl(fd, F_GETFD), FD_CLOEXEC, true);
}

int rdy_sys_set_nonblocking(int fd, bool nonblocking)
{
    return change_flag(fd, F_SETFL, fcntl(fd, F_GETFL), O_NONBLOCK, nonblocking);
}

int rdy_sys_set_flags(int fd)
{
    const int before = fcntl(fd, F_GETFD);
    int error = change_flag(fd, F_SETFD, before, FD_CLOEXEC, true);
    if (error != 0)
        return error;
    error = rdy_sys_set_nonblocking(fd, true);
    if (error != 0)
        (void)fcntl(fd, F_SETFD, before);
    return error;
}

#if defined(__APPLE__)

int rdy_sys_pipe(int ends[2])
{
    int made[2];
    if (pipe(made) < 0)
        return -errno;
    int error = rdy_sys_set_flags(made[0]);
    if (error == 0)
        error = rdy_sys_set_flags(made[1]);
    if (error != 0) {
        rdy_sys_close(made[0]);
        rdy_sys_close(made[1]);
        return error;
    }
    ends[0] = made[0];
    ends[1] = made[1];
    return 0;
}

#else

int rdy_sys_pipe(int ends[2])
{
    return pipe2(ends, O_NONBLOCK | O_CLOEXEC) < 0 ? -errno : 0;
}

#endif

int rdy_sys_sigaction(int number, const struct sigaction *action, struct sigaction *earlier)
{
    return sigaction(number, action, earlier) < 0 ? -errno : 0;
}

const char *rdy_sys_environment(const char *name)
{
#if defined(__linux__)
    const char *value = secure_getenv(name);
#else
    const char *value = issetugid() ? NULL : getenv(name);
#endif
    return value != NULL && value[0] != '\0' ? value : NULL;
}
