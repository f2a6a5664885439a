#include <errno.h>
#include <stdbool.h>

#include "tests/faults/errnos.h"

/*
 * From the sections ERRORS of the Linux manual pages (man-pages 6), and of POSIX (3p) where that says more. Left out is
 * what says that the caller was wrong (EBADF, EFAULT, EINVAL, ENOTSOCK ...), for a call that is right: it would be a lie
 * about what the kernel holds. ENOSYS and EPERM, which sandboxes say of calls that are forbidden (seccomp(2)), stand
 * where the library has another way.
 */

enum { END = -1 };

#define WAYS(...)                                                                                            \
    {                                                                                                        \
        static const struct fault_way ways[] = {__VA_ARGS__, {.error = END}};                                \
        return ways;                                                                                         \
    }
#define NO_WAY                                                                                               \
    {                                                                                                        \
        static const struct fault_way none[] = {{.error = END}};                                             \
        return none;                                                                                         \
    }
#define FAILS(errno)                                                                                         \
    {                                                                                                        \
        .error = (errno)                                                                                     \
    }
#define IS_DONE(errno)                                                                                       \
    {                                                                                                        \
        .error = (errno), .is_done = true                                                                    \
    }
#define IS_SHORT                                                                                             \
    {                                                                                                        \
        .error = 0                                                                                           \
    }

/* accept(2): the connection's own errors come through it. */
#define ACCEPT_WAYS                                                                                          \
    FAILS(EAGAIN), FAILS(EINTR), FAILS(ECONNABORTED), FAILS(EMFILE), FAILS(ENFILE), FAILS(ENOBUFS),          \
        FAILS(ENOMEM), FAILS(EPERM), FAILS(EPROTO), FAILS(ENETDOWN), FAILS(ENOPROTOOPT), FAILS(EHOSTDOWN),   \
        FAILS(ENONET), FAILS(EHOSTUNREACH), FAILS(EOPNOTSUPP), FAILS(ENETUNREACH)

/* recv(2), recv(3p). */
#define RECV_WAYS                                                                                            \
    FAILS(EAGAIN), FAILS(EINTR), FAILS(ECONNREFUSED), FAILS(ECONNRESET), FAILS(ENOMEM), FAILS(ENOBUFS),      \
        FAILS(ETIMEDOUT), FAILS(EHOSTUNREACH), FAILS(EIO)

/* send(2), send(3p). */
#define SEND_WAYS                                                                                            \
    FAILS(EAGAIN), FAILS(EINTR), FAILS(EACCES), FAILS(ECONNRESET), FAILS(ENOBUFS), FAILS(ENOMEM),            \
        FAILS(EPIPE), FAILS(ENETUNREACH), FAILS(EHOSTUNREACH), FAILS(ENETDOWN), FAILS(EPERM),                \
        FAILS(ETIMEDOUT)

/* write(2), on what is no file. */
#define WRITE_WAYS FAILS(EAGAIN), FAILS(EINTR), FAILS(EIO), FAILS(EPIPE)

const struct fault_way *fault_ways(enum fault_call call)
{
    switch (call) {
    case FAULT_accept:
        WAYS(ACCEPT_WAYS)
    case FAULT_accept4:
        WAYS(ACCEPT_WAYS, FAILS(ENOSYS))
    case FAULT_bind: /* bind(2) */
        WAYS(FAILS(EACCES), FAILS(EADDRINUSE), FAILS(EADDRNOTAVAIL), FAILS(ENOMEM))
    case FAULT_close: /* close(2): the descriptor is closed all the same */
        WAYS(IS_DONE(EINTR), IS_DONE(EIO), IS_DONE(ENOSPC), IS_DONE(EDQUOT))
    case FAULT_clock_gettime: /* clock_gettime(2): for a clock that there is not, or a bad address */
        NO_WAY
    case FAULT_connect: /* connect(2): interrupted, it goes on */
        WAYS(IS_DONE(EINTR), IS_DONE(EINPROGRESS), FAILS(EACCES), FAILS(EADDRINUSE), FAILS(EADDRNOTAVAIL),
             FAILS(EAGAIN), FAILS(ECONNREFUSED), FAILS(EHOSTUNREACH), FAILS(ENETUNREACH), FAILS(ENOBUFS),
             FAILS(EPERM), FAILS(ETIMEDOUT))
    case FAULT_epoll_create1: /* epoll_create1(2) */
        WAYS(FAILS(EMFILE), FAILS(ENFILE), FAILS(ENOMEM), FAILS(ENOSYS))
    case FAULT_epoll_ctl: /* epoll_ctl(2) */
        WAYS(FAILS(ENOMEM), FAILS(ENOSPC))
    case FAULT_epoll_ctl_del: /* epoll_ctl(2): ENOSPC is of adding alone */
        WAYS(FAILS(ENOMEM))
    case FAULT_epoll_wait: /* epoll_wait(2) */
        WAYS(FAILS(EINTR))
    case FAULT_epoll_pwait2:
        WAYS(FAILS(EINTR), FAILS(ENOSYS), FAILS(EPERM))
    case FAULT_eventfd: /* eventfd(2) */
        WAYS(FAILS(EMFILE), FAILS(ENFILE), FAILS(ENODEV), FAILS(ENOMEM), FAILS(ENOSYS), FAILS(EPERM))
    case FAULT_fcntl: /* fcntl(2), F_SETFL; seccomp(2) */
        WAYS(FAILS(EPERM))
    case FAULT_fstat: /* stat(2) */
        WAYS(FAILS(ENOMEM))
    case FAULT_getpeername: /* getpeername(2) */
    case FAULT_getsockname: /* getsockname(2) */
        WAYS(FAILS(ENOBUFS))
    case FAULT_getsockopt: /* getsockopt(3p) */
        WAYS(FAILS(ENOBUFS))
    case FAULT_if_nametoindex: /* if_nametoindex(3): those of socket(2) too */
        WAYS(FAILS(EMFILE), FAILS(ENOBUFS))
    case FAULT_kqueue: /* kqueue(2) of FreeBSD and macOS; ENOSYS where it is not there */
        WAYS(FAILS(EMFILE), FAILS(ENFILE), FAILS(ENOMEM), FAILS(ENOSYS))
    case FAULT_kevent: /* kqueue(2) */
        WAYS(FAILS(EINTR))
    case FAULT_kevent_change: /* kqueue(2): interrupted, it has been made */
        WAYS(IS_DONE(EINTR), FAILS(EACCES), FAILS(ENOMEM))
    case FAULT_listen: /* listen(2) */
        WAYS(FAILS(EADDRINUSE))
    case FAULT_madvise: /* madvise(2) */
        WAYS(FAILS(EINVAL), FAILS(ENOMEM), FAILS(EAGAIN))
    case FAULT_mmap: /* mmap(2) */
        WAYS(FAILS(ENOMEM), FAILS(EAGAIN), FAILS(EPERM))
    case FAULT_munmap: /* munmap(2): a mapping that lies within a larger one may have to split it */
        WAYS(FAILS(ENOMEM))
    case FAULT_pipe2: /* pipe(2) */
        WAYS(FAILS(EMFILE), FAILS(ENFILE))
    case FAULT_poll: /* poll(2) */
        WAYS(FAILS(EINTR), FAILS(ENOMEM))
    case FAULT_pread: /* pread(2), read(2) */
        WAYS(FAILS(EINTR), FAILS(EIO), IS_SHORT)
    case FAULT_pthread_mutex_init: /* pthread_mutex_init(3p) */
        WAYS(FAILS(ENOMEM))
    case FAULT_pthread_sigmask: /* pthread_sigmask(3p): for what is none of three ways to change it */
        NO_WAY
    case FAULT_pwritev2: /* pwritev2(2), write(2) */
        WAYS(WRITE_WAYS, IS_SHORT, FAILS(EINVAL), FAILS(EOPNOTSUPP), FAILS(ENOSYS), FAILS(EPERM))
    case FAULT_writev:
        WAYS(WRITE_WAYS, IS_SHORT)
    case FAULT_write: /* write(2); notices, which are full at worst, and the lines of the debug mode */
        WAYS(FAILS(EINTR))
    case FAULT_read: /* read(2) */
    case FAULT_readv:
        WAYS(FAILS(EAGAIN), FAILS(EINTR), FAILS(EIO))
    case FAULT_recv:
    case FAULT_recvmsg:
        WAYS(RECV_WAYS)
    case FAULT_recvmmsg: /* recvmmsg(2) */
        WAYS(RECV_WAYS, FAILS(ENOSYS), FAILS(EPERM))
    case FAULT_send:
    case FAULT_sendmsg:
        WAYS(SEND_WAYS, IS_SHORT)
    case FAULT_sendmmsg: /* sendmmsg(2) */
        WAYS(SEND_WAYS, IS_SHORT, FAILS(ENOSYS), FAILS(EPERM))
    case FAULT_sendfile: /* sendfile(2) */
        WAYS(FAILS(EAGAIN), FAILS(EINTR), FAILS(EINVAL), FAILS(EIO), FAILS(ENOMEM), FAILS(EPIPE),
             FAILS(ENOSYS), FAILS(EPERM), IS_SHORT)
    case FAULT_select: /* select(2); EBADF, when somebody else's descriptor was closed meanwhile */
        WAYS(FAILS(EINTR), FAILS(ENOMEM), FAILS(EBADF))
    case FAULT_setsockopt: /* setsockopt(2), setsockopt(3p) */
        WAYS(FAILS(ENOBUFS), FAILS(ENOMEM), FAILS(ENOPROTOOPT), FAILS(EPERM))
    case FAULT_shutdown: /* shutdown(3p) */
        WAYS(FAILS(ENOBUFS))
    case FAULT_sigaction: /* sigaction(2): for a signal that cannot be caught, which a scenario really does */
    case FAULT_sigaltstack: /* sigaltstack(2): for a small stack, or while it is in use; this only asks for it */
    case FAULT_sigpending: /* sigpending(2): for a bad address */
        NO_WAY
    case FAULT_sigtimedwait: /* sigtimedwait(2) */
        WAYS(FAILS(EINTR))
    case FAULT_socket: /* socket(2) */
        WAYS(FAILS(EACCES), FAILS(EAFNOSUPPORT), FAILS(EMFILE), FAILS(ENFILE), FAILS(ENOBUFS), FAILS(ENOMEM),
             FAILS(EPROTONOSUPPORT), FAILS(EPERM))
    case FAULT_socketpair: /* socketpair(2) */
        WAYS(FAILS(EMFILE), FAILS(ENFILE), FAILS(ENOBUFS), FAILS(ENOMEM))
    case FAULT_sysconf: /* sysconf(3) */
        WAYS(FAILS(EINVAL))
    case FAULT_aligned_alloc: /* malloc(3) */
    case FAULT_calloc:
    case FAULT_malloc:
    case FAULT_realloc:
    case FAULT_strdup:
    case FAULT_strndup:
        WAYS(FAILS(ENOMEM))
    default:
        return NULL;
    }
}
