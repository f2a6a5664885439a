#include "reactor/os/notice.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "reactor/os/sys.h"

#ifdef __linux__
#include <sys/eventfd.h>

static int open_eventfd(struct rdy_notice *notice)
{
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    *notice = (struct rdy_notice){.reader = fd, .writer = fd};
    return 0;
}

#else

static int open_eventfd(struct rdy_notice *notice)
{
    (void)notice;
    return -ENOSYS;
}

#endif

int rdy_notice_open(struct rdy_notice *notice)
{
    int error = open_eventfd(notice);
    if (!rdy_sys_is_missing(error))
        return error;
    int ends[2];
    error = rdy_sys_pipe(ends);
    if (error == 0)
        *notice = (struct rdy_notice){.reader = ends[0], .writer = ends[1]};
    return error;
}

void rdy_notice_post(int writer)
{
    /* EAGAIN says that the notice is full, hence readable: nothing is left to do. */
    const uint64_t one = 1;
    int saved = errno;
    ptrdiff_t result;
    do
        result = write(writer, &one, sizeof one);
    while (result < 0 && errno == EINTR);
    errno = saved;
}

void rdy_notice_drain(int reader)
{
    uint64_t posts[64];
    ptrdiff_t result;
    do
        result = rdy_sys_result(read(reader, posts, sizeof posts));
    while (result == (ptrdiff_t)sizeof posts || result == -EINTR);
}

void rdy_notice_close(const struct rdy_notice *notice)
{
    rdy_sys_close(notice->reader);
    if (notice->writer != notice->reader)
        rdy_sys_close(notice->writer);
}
