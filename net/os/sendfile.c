#include "net/os/sendfile.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "reactor/os/sys.h"

#ifdef __linux__
#include <sys/sendfile.h>
#endif

_Static_assert(sizeof(off_t) == sizeof(int64_t), "files have 64-bit offsets");

#if defined(__linux__)

static ptrdiff_t send_once(int fd, int file, int64_t offset, size_t size)
{
    off_t at = (off_t)offset;
    return rdy_sys_result(sendfile(fd, file, &at, size));
}

#elif defined(__APPLE__) || defined(__FreeBSD__) || defined(__DragonFly__)

/*
 * What was sent before an error comes with it, whichever it is; the next part meets the error again, if it lasts. `sent`
 * is as it was before the call, `untold`, if the system did not come so far.
 */
static ptrdiff_t told(int result, off_t sent, off_t untold)
{
    const ptrdiff_t error = rdy_sys_result(result);
    return error == 0 || (sent != untold && sent > 0) ? (ptrdiff_t)sent : error;
}

#ifdef __APPLE__

static ptrdiff_t send_once(int fd, int file, int64_t offset, size_t size)
{
    off_t sent = (off_t)size;
    const int result = sendfile(file, fd, (off_t)offset, &sent, NULL, 0);
    return told(result, sent, (off_t)size);
}

#else

static ptrdiff_t send_once(int fd, int file, int64_t offset, size_t size)
{
    off_t sent = 0;
    const int result = sendfile(file, fd, (off_t)offset, size, NULL, &sent, 0);
    return told(result, sent, 0);
}

#endif
#else

static ptrdiff_t send_once(int fd, int file, int64_t offset, size_t size)
{
    (void)fd, (void)file, (void)offset, (void)size;
    return -ENOSYS;
}

#endif

ptrdiff_t rdy_sendfile_directly(int fd, int file, int64_t offset, size_t size)
{
    ptrdiff_t result;
    do
        result = send_once(fd, file, offset, size);
    while (result == -EINTR);
    return result;
}

ptrdiff_t rdy_sendfile_by_copy(int fd, int file, int64_t offset, size_t size)
{
    char bytes[16384];
    const size_t most = size < sizeof bytes ? size : sizeof bytes;
    const ptrdiff_t count = rdy_sys_pread(file, bytes, most, (off_t)offset);
    return count > 0 ? rdy_sys_send(fd, bytes, (size_t)count, 0) : count;
}

#ifdef SO_NOSIGPIPE

void rdy_sendfile_hold(struct rdy_sigpipe_hold *hold)
{
    *hold = (struct rdy_sigpipe_hold){0};
}

void rdy_sendfile_release(const struct rdy_sigpipe_hold *hold, ptrdiff_t last, ptrdiff_t sent, size_t size)
{
    (void)hold, (void)last, (void)sent, (void)size;
}

#else

void rdy_sendfile_hold(struct rdy_sigpipe_hold *hold)
{
    rdy_sigpipe_hold(hold);
}

/* What would block has raised nothing before: the peer that has gone does not come back. */
void rdy_sendfile_release(const struct rdy_sigpipe_hold *hold, ptrdiff_t last, ptrdiff_t sent, size_t size)
{
    rdy_sigpipe_release(hold, last == -EAGAIN ? last : sent, size);
}

#endif
