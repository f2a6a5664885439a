#ifndef RDY_REACTOR_OS_SYS_H
#define RDY_REACTOR_OS_SYS_H

/*
 * System calls that return what the rest of the library speaks: a result of 0 or more, or a negative errno.
 * Together with the backends this is the only place that reads errno. Calls that signals interrupt are made
 * again.
 */

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

/* macOS and some older systems have no such flag; SO_NOSIGPIPE is set on every socket there. */
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

static inline ptrdiff_t rdy_sys_result(ptrdiff_t result)
{
    return result < 0 ? -errno : result;
}

/*
 * Whether a call is not there: old kernels say ENOSYS, seccomp filters that or EPERM. The latter may also be the answer
 * of the call itself; what is done in its place says it again then.
 */
static inline bool rdy_sys_is_missing(ptrdiff_t result)
{
    return result == -ENOSYS || result == -EPERM;
}

static inline ptrdiff_t rdy_sys_recv(int fd, void *bytes, size_t size, int flags)
{
    ptrdiff_t result;
    do
        result = rdy_sys_result(recv(fd, bytes, size, flags));
    while (result == -EINTR);
    return result;
}

static inline ptrdiff_t rdy_sys_send(int fd, const void *bytes, size_t size, int flags)
{
    ptrdiff_t result;
    do
        result = rdy_sys_result(send(fd, bytes, size, flags | MSG_NOSIGNAL));
    while (result == -EINTR);
    return result;
}

static inline ptrdiff_t rdy_sys_recvmsg(int fd, struct msghdr *message, int flags)
{
    ptrdiff_t result;
    do
        result = rdy_sys_result(recvmsg(fd, message, flags));
    while (result == -EINTR);
    return result;
}

static inline ptrdiff_t rdy_sys_sendmsg(int fd, const struct msghdr *message, int flags)
{
    ptrdiff_t result;
    do
        result = rdy_sys_result(sendmsg(fd, message, flags | MSG_NOSIGNAL));
    while (result == -EINTR);
    return result;
}

/* A message of a batch and, once it was moved, its size. */
#ifdef __linux__
typedef struct mmsghdr rdy_sys_message;
#else
typedef struct rdy_sys_message {
    struct msghdr msg_hdr;
    unsigned msg_len;
} rdy_sys_message;
#endif

/*
 * recvmmsg(2) and sendmmsg(2): how many messages were moved. An error is told for the first alone; one that stops
 * recvmmsg later comes with the next call, one that stops sendmmsg is lost. -ENOSYS where they are not: the C
 * libraries of the BSDs have functions of these names, which forget both.
 */
ptrdiff_t rdy_sys_recvmmsg(int fd, rdy_sys_message *messages, unsigned count);
ptrdiff_t rdy_sys_sendmmsg(int fd, rdy_sys_message *messages, unsigned count);

static inline ptrdiff_t rdy_sys_read(int fd, void *bytes, size_t size)
{
    ptrdiff_t result;
    do
        result = rdy_sys_result(read(fd, bytes, size));
    while (result == -EINTR);
    return result;
}

static inline ptrdiff_t rdy_sys_readv(int fd, const struct iovec *pieces, int count)
{
    ptrdiff_t result;
    do
        result = rdy_sys_result(readv(fd, pieces, count));
    while (result == -EINTR);
    return result;
}

static inline ptrdiff_t rdy_sys_pread(int fd, void *bytes, size_t size, off_t offset)
{
    ptrdiff_t result;
    do
        result = rdy_sys_result(pread(fd, bytes, size, offset));
    while (result == -EINTR);
    return result;
}

/*
 * close(2), once: after EINTR the descriptor is closed on Linux, and its number may be somebody else's
 * already.
 */
void rdy_sys_close(int fd);

/* Whether the number stands for an open descriptor. */
int rdy_sys_is_open(int fd);

/* Sets FD_CLOEXEC. 0 or a negative errno. */
int rdy_sys_set_close_on_exec(int fd);

/* Sets O_NONBLOCK or takes it away. 0 or a negative errno. */
int rdy_sys_set_nonblocking(int fd, bool nonblocking);

/* Sets FD_CLOEXEC and O_NONBLOCK. 0, or a negative errno: then both are as before. */
int rdy_sys_set_flags(int fd);

/* A pipe whose ends are non-blocking and close-on-exec: ends[0] reads, ends[1] writes. 0 or a negative errno.
 */
int rdy_sys_pipe(int ends[2]);

/* sigaction(2). 0 or a negative errno. */
int rdy_sys_sigaction(int number, const struct sigaction *action, struct sigaction *earlier);

/* The environment variable, or NULL if it is not set, empty, or the program is set-uid (secure_getenv(3)). */
const char *rdy_sys_environment(const char *name);

#endif
