#ifndef TESTS_FAULTS_CALLS_H
#define TESTS_FAULTS_CALLS_H

/*
 * The calls that can be made to fail: every way of the library and the programs to the kernel and to the allocator. Each
 * has a stand-in, fault_NAME, that counts it, asks the plan (engine.h) and then makes the call or does not. names.h puts
 * the stand-ins in the place of the calls.
 *
 * It includes what declares them: afterwards their names mean something else.
 */

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#ifdef RDY_HAVE_KQUEUE
#include <sys/event.h>
#endif

typedef void (*fault_signal_handler)(int);

/*
 * X(type, name, failure, parameters, arguments): what the call gives when it fails. Those that give the error itself, and
 * leave errno alone, say `error`.
 */
#define FAULT_DESCRIPTOR_CALLS(X)                                                                            \
    X(int, accept, -1, (int fd, struct sockaddr *peer, socklen_t *length), (fd, peer, length))               \
    X(int, accept4, -1, (int fd, struct sockaddr *peer, socklen_t *length, int flags),                       \
      (fd, peer, length, flags))                                                                             \
    X(int, bind, -1, (int fd, const struct sockaddr *address, socklen_t length), (fd, address, length))      \
    X(int, connect, -1, (int fd, const struct sockaddr *address, socklen_t length), (fd, address, length))   \
    X(int, dup2, -1, (int fd, int target), (fd, target))                                                     \
    X(int, epoll_create1, -1, (int flags), (flags))                                                          \
    X(int, epoll_wait, -1, (int epoll, struct epoll_event *events, int capacity, int milliseconds),          \
      (epoll, events, capacity, milliseconds))                                                               \
    X(int, eventfd, -1, (unsigned count, int flags), (count, flags))                                         \
    X(int, getpeername, -1, (int fd, struct sockaddr *address, socklen_t *length), (fd, address, length))    \
    X(int, getsockname, -1, (int fd, struct sockaddr *address, socklen_t *length), (fd, address, length))    \
    X(int, getsockopt, -1, (int fd, int level, int option, void *value, socklen_t *size),                    \
      (fd, level, option, value, size))                                                                      \
    X(int, isatty, 0, (int fd), (fd))                                                                        \
    X(int, listen, -1, (int fd, int backlog), (fd, backlog))                                                 \
    X(int, pipe2, -1, (int ends[2], int flags), (ends, flags))                                               \
    X(int, poll, -1, (struct pollfd * polled, nfds_t count, int milliseconds),                               \
      (polled, count, milliseconds))                                                                         \
    X(int, select, -1,                                                                                       \
      (int end, fd_set *readable, fd_set *writable, fd_set *exceptional, struct timeval *timeout),           \
      (end, readable, writable, exceptional, timeout))                                                       \
    X(int, setsockopt, -1, (int fd, int level, int option, const void *value, socklen_t size),               \
      (fd, level, option, value, size))                                                                      \
    X(int, shutdown, -1, (int fd, int how), (fd, how))                                                       \
    X(int, socket, -1, (int family, int type, int protocol), (family, type, protocol))                       \
    X(int, socketpair, -1, (int family, int type, int protocol, int ends[2]), (family, type, protocol, ends))

#define FAULT_FILE_CALLS(X)                                                                                  \
    X(int, access, -1, (const char *path, int mode), (path, mode))                                           \
    X(int, fchmod, -1, (int fd, mode_t mode), (fd, mode))                                                    \
    X(int, fchown, -1, (int fd, uid_t user, gid_t group), (fd, user, group))                                 \
    X(int, fflush, EOF, (FILE * stream), (stream))                                                           \
    X(int, fstat, -1, (int fd, struct stat *status), (fd, status))                                           \
    X(int, ftruncate, -1, (int fd, off_t size), (fd, size))                                                  \
    X(int, lstat, -1, (const char *path, struct stat *status), (path, status))                               \
    X(int, mkdir, -1, (const char *path, mode_t mode), (path, mode))                                         \
    X(int, rename, -1, (const char *from, const char *to), (from, to))                                       \
    X(int, rmdir, -1, (const char *path), (path))                                                            \
    X(int, stat, -1, (const char *path, struct stat *status), (path, status))                                \
    X(int, unlink, -1, (const char *path), (path))                                                           \
    X(DIR *, opendir, NULL, (const char *path), (path))                                                      \
    X(FILE *, fdopen, NULL, (int fd, const char *mode), (fd, mode))                                          \
    X(FILE *, fopen, NULL, (const char *path, const char *mode), (path, mode))                               \
    X(char *, ttyname, NULL, (int fd), (fd))                                                                 \
    X(ssize_t, readlink, -1, (const char *path, char *target, size_t size), (path, target, size))            \
    X(struct dirent *, readdir, NULL, (DIR * folder), (folder))

#define FAULT_PROCESS_CALLS(X)                                                                               \
    X(int, clock_gettime, -1, (clockid_t clock, struct timespec * time), (clock, time))                      \
    X(int, execvp, -1, (const char *file, char *const arguments[]), (file, arguments))                       \
    X(int, getaddrinfo, EAI_SYSTEM,                                                                          \
      (const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **found),        \
      (host, service, hints, found))                                                                         \
    X(int, getentropy, -1, (void *bytes, size_t size), (bytes, size))                                        \
    X(int, getifaddrs, -1, (struct ifaddrs * *list), (list))                                                 \
    X(int, getrlimit, -1, (__rlimit_resource_t what, struct rlimit * limit), (what, limit))                  \
    X(int, setrlimit, -1, (__rlimit_resource_t what, const struct rlimit *limit), (what, limit))             \
    X(int, madvise, -1, (void *bytes, size_t size, int advice), (bytes, size, advice))                       \
    X(int, pthread_create, error,                                                                            \
      (pthread_t * thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument),          \
      (thread, attributes, run, argument))                                                                   \
    X(int, pthread_mutex_init, error, (pthread_mutex_t * mutex, const pthread_mutexattr_t *attributes),      \
      (mutex, attributes))                                                                                   \
    X(int, pthread_sigmask, error, (int how, const sigset_t *set, sigset_t *before), (how, set, before))     \
    X(int, raise, -1, (int number), (number))                                                                \
    X(int, setenv, -1, (const char *name, const char *value, int replace), (name, value, replace))           \
    X(int, sigaction, -1, (int number, const struct sigaction *action, struct sigaction *before),            \
      (number, action, before))                                                                              \
    X(int, sigaltstack, -1, (const stack_t *stack, stack_t *before), (stack, before))                        \
    X(int, sigpending, -1, (sigset_t * set), (set))                                                          \
    X(int, sigtimedwait, -1, (const sigset_t *set, siginfo_t *found, const struct timespec *timeout),        \
      (set, found, timeout))                                                                                 \
    X(int, sigwait, error, (const sigset_t *set, int *number), (set, number))                                \
    X(fault_signal_handler, signal, SIG_ERR, (int number, fault_signal_handler handler), (number, handler))  \
    X(long, sysconf, -1, (int name), (name))                                                                 \
    X(unsigned, if_nametoindex, 0, (const char *name), (name))

/* Who somebody is, and becoming somebody. */
#define FAULT_IDENTITY_CALLS(X)                                                                              \
    X(int, getgrouplist, -1, (const char *login, gid_t group, gid_t *groups, int *count),                    \
      (login, group, groups, count))                                                                         \
    X(int, initgroups, -1, (const char *login, gid_t group), (login, group))                                 \
    X(int, seteuid, -1, (uid_t user), (user))                                                                \
    X(int, setgid, -1, (gid_t group), (group))                                                               \
    X(int, setgroups, -1, (size_t count, const gid_t *groups), (count, groups))                              \
    X(int, setuid, -1, (uid_t user), (user))                                                                 \
    X(struct group *, getgrnam, NULL, (const char *name), (name))                                            \
    X(struct passwd *, getpwnam, NULL, (const char *name), (name))                                           \
    X(struct passwd *, getpwuid, NULL, (uid_t user), (user))

/* What is returned to the system is gone, whatever the call says (close(2)): it is made, and then fails. */
#define FAULT_RETURNING_CALLS(X)                                                                             \
    X(int, close, -1, (int fd), (fd))                                                                        \
    X(int, closedir, -1, (DIR * folder), (folder))                                                           \
    X(int, fclose, EOF, (FILE * stream), (stream))

/* X(type, name, size, parameters, arguments): those that move bytes or messages, at most `size` of them. */
#define FAULT_MOVING_CALLS(X)                                                                                \
    X(int, recvmmsg, count,                                                                                  \
      (int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout),               \
      (fd, messages, count, flags, timeout))                                                                 \
    X(int, sendmmsg, count, (int fd, struct mmsghdr *messages, unsigned count, int flags),                   \
      (fd, messages, count, flags))                                                                          \
    X(ssize_t, pread, size, (int fd, void *bytes, size_t size, off_t offset), (fd, bytes, size, offset))     \
    X(ssize_t, pwrite, size, (int fd, const void *bytes, size_t size, off_t offset),                         \
      (fd, bytes, size, offset))                                                                             \
    X(ssize_t, read, size, (int fd, void *bytes, size_t size), (fd, bytes, size))                            \
    X(ssize_t, recv, size, (int fd, void *bytes, size_t size, int flags), (fd, bytes, size, flags))          \
    X(ssize_t, send, size, (int fd, const void *bytes, size_t size, int flags), (fd, bytes, size, flags))    \
    X(ssize_t, sendfile, size, (int to, int from, off_t *offset, size_t size), (to, from, offset, size))     \
    X(ssize_t, write, size, (int fd, const void *bytes, size_t size), (fd, bytes, size))

/* X(type, name, parameters): with stand-ins of their own (calls.c, vectors.c, variadic.c). */
#define FAULT_SPLIT_CALLS(X) X(int, epoll_ctl, (int epoll, int operation, int fd, struct epoll_event *event))

#define FAULT_VECTOR_CALLS(X)                                                                                \
    X(ssize_t, readv, (int fd, const struct iovec *pieces, int count))                                       \
    X(ssize_t, writev, (int fd, const struct iovec *pieces, int count))                                      \
    X(ssize_t, recvmsg, (int fd, struct msghdr *message, int flags))                                         \
    X(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags))

#define FAULT_VARIADIC_CALLS(X)                                                                              \
    X(int, fcntl, (int fd, int command, ...))                                                                \
    X(int, ioctl, (int fd, unsigned long request, ...))                                                      \
    X(int, open, (const char *path, int flags, ...))                                                         \
    X(int, prctl, (int option, ...))                                                                         \
    X(long, syscall, (long number, ...))

/* Of memory (allocations.c). */
#define FAULT_ALLOCATIONS(X)                                                                                 \
    X(void *, aligned_alloc, (size_t alignment, size_t size))                                                \
    X(void *, calloc, (size_t count, size_t size))                                                           \
    X(void *, malloc, (size_t size))                                                                         \
    X(void *, realloc, (void *bytes, size_t size))                                                           \
    X(char *, strdup, (const char *text))                                                                    \
    X(char *, strndup, (const char *text, size_t size))                                                      \
    X(int, munmap, (void *bytes, size_t size))                                                               \
    X(void *, mmap, (void *at, size_t size, int protection, int flags, int fd, off_t offset))

#define FAULT_OWN_CALLS(X)                                                                                   \
    FAULT_SPLIT_CALLS(X)                                                                                     \
    FAULT_VECTOR_CALLS(X) FAULT_VARIADIC_CALLS(X) FAULT_ALLOCATIONS(X)

#define FAULT_PLAIN_CALLS(X)                                                                                 \
    FAULT_DESCRIPTOR_CALLS(X)                                                                                \
    FAULT_FILE_CALLS(X) FAULT_PROCESS_CALLS(X) FAULT_IDENTITY_CALLS(X)

#define FAULT_PROTOTYPE(type, name, failure, parameters, arguments) type fault_##name parameters;
#define FAULT_OWN_PROTOTYPE(type, name, parameters)                 type fault_##name parameters;
FAULT_PLAIN_CALLS(FAULT_PROTOTYPE)
FAULT_RETURNING_CALLS(FAULT_PROTOTYPE)
FAULT_MOVING_CALLS(FAULT_PROTOTYPE)
FAULT_OWN_CALLS(FAULT_OWN_PROTOTYPE)
void fault_free(void *bytes);
#ifdef RDY_HAVE_KQUEUE
int fault_kqueue(void);
int fault_kevent(int fd, const struct kevent *changes, int change_count, struct kevent *events, int capacity,
                 const struct timespec *timeout);
#endif

/*
 * A number of its own for each call. Those behind them have no function in the C library: two come by syscall(2), one is
 * epoll_ctl(2) that takes off, the others are libkqueue's (kqueue.c), where kevent(2) is a wait or a change.
 */
#define FAULT_NUMBER(type, name, ...) FAULT_##name,
enum fault_call {
    FAULT_PLAIN_CALLS(FAULT_NUMBER) FAULT_RETURNING_CALLS(FAULT_NUMBER) FAULT_MOVING_CALLS(FAULT_NUMBER)
        FAULT_OWN_CALLS(FAULT_NUMBER) FAULT_epoll_pwait2,
    FAULT_pwritev2,
    FAULT_epoll_ctl_del,
    FAULT_kqueue,
    FAULT_kevent,
    FAULT_kevent_change,
    FAULT_CALLS,
};

#endif
