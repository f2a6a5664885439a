#include "reactor/os/sigpipe.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "reactor/os/sys.h"

#ifdef __linux__
#include <sys/syscall.h>
#endif

static sigset_t only_sigpipe(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    return set;
}

static bool is_pending(void)
{
    sigset_t pending;
    return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

/* The kernel sends SIGPIPE to the thread that wrote, before the write returns: it is there, or not at all. */
static void take_back(const sigset_t *set)
{
#if defined(_POSIX_REALTIME_SIGNALS) && _POSIX_REALTIME_SIGNALS > 0
    const struct timespec at_once = {0};
    while (sigtimedwait(set, NULL, &at_once) < 0 && errno == EINTR)
        continue;
#else
    int number;
    if (is_pending())
        (void)sigwait(set, &number);
#endif
}

/* A signal that is not blocked cannot be pending for this thread. */
void rdy_sigpipe_hold(struct rdy_sigpipe_hold *hold)
{
    const sigset_t set = only_sigpipe();
    sigset_t before = {0};
    (void)pthread_sigmask(SIG_BLOCK, &set, &before);
    hold->was_blocked = sigismember(&before, SIGPIPE) == 1;
    hold->was_pending = hold->was_blocked && is_pending();
}

/* A write that the reader has left half-way gives a count, and the signal too. */
void rdy_sigpipe_release(const struct rdy_sigpipe_hold *hold, ptrdiff_t result, size_t size)
{
    const sigset_t set = only_sigpipe();
    const bool may_be_raised = result == -EPIPE || (result >= 0 && (size_t)result < size);
    if (may_be_raised && !hold->was_pending)
        take_back(&set);
    if (!hold->was_blocked)
        (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static ptrdiff_t write_plainly(int fd, const struct iovec *pieces, int count)
{
    ptrdiff_t result;
    do
        result = rdy_sys_result(writev(fd, pieces, count));
    while (result == -EINTR);
    return result;
}

#ifdef F_SETNOSIGPIPE /* macOS, NetBSD */

int rdy_sigpipe_forgo(int fd)
{
    return fcntl(fd, F_SETNOSIGPIPE, 1) < 0 ? -errno : 0;
}

ptrdiff_t rdy_sigpipe_writev(int fd, const struct iovec *pieces, int count, size_t size)
{
    (void)size;
    return write_plainly(fd, pieces, count);
}

#else

int rdy_sigpipe_forgo(int fd)
{
    (void)fd;
    return 0;
}

static ptrdiff_t write_held(int fd, const struct iovec *pieces, int count, size_t size)
{
    struct rdy_sigpipe_hold hold;
    rdy_sigpipe_hold(&hold);
    const ptrdiff_t result = write_plainly(fd, pieces, count);
    rdy_sigpipe_release(&hold, result, size);
    return result;
}

#if defined(__linux__) && defined(SYS_pwritev2)

#ifndef RWF_NOSIGNAL
#define RWF_NOSIGNAL 0x00000100 /* Linux 6.18 */
#endif

/* The position -1 is that of writev(2) (pwritev2(2)). */
static ptrdiff_t write_flagged(int fd, const struct iovec *pieces, int count)
{
    ptrdiff_t result;
    do
        result = rdy_sys_result(
            syscall(SYS_pwritev2, (long)fd, pieces, (long)count, -1L, -1L, (long)RWF_NOSIGNAL));
    while (result == -EINTR);
    return result;
}

/* How kernels that do not know the flag, or the call, refuse them, unless a plain write is refused so too. */
static bool is_refusal(ptrdiff_t result)
{
    return result == -EOPNOTSUPP || result == -EINVAL || rdy_sys_is_missing(result);
}

ptrdiff_t rdy_sigpipe_writev(int fd, const struct iovec *pieces, int count, size_t size)
{
    static atomic_bool refused;
    if (atomic_load_explicit(&refused, memory_order_relaxed))
        return write_held(fd, pieces, count, size);
    const ptrdiff_t result = write_flagged(fd, pieces, count);
    if (!is_refusal(result))
        return result;
    const ptrdiff_t plain = write_held(fd, pieces, count, size);
    if (plain != result)
        atomic_store_explicit(&refused, true, memory_order_relaxed);
    return plain;
}

#else

ptrdiff_t rdy_sigpipe_writev(int fd, const struct iovec *pieces, int count, size_t size)
{
    return write_held(fd, pieces, count, size);
}

#endif
#endif
