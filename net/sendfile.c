#include <errno.h>

#include "net/os/sendfile.h"
#include "net/stream.h"
#include "reactor/os/sys.h"
#include "reactor/source_io.h"

/* What Linux sends at once at most (sendfile(2)). */
#define PART ((size_t)0x7ffff000)

static bool is_refusal(ptrdiff_t result)
{
    return result == -EINVAL || result == -EOPNOTSUPP || result == -ENOTSUP || rdy_sys_is_missing(result);
}

/*
 * How many bytes were sent, and what the last part said: a short one does not tell whether the file has ended or the
 * socket is full; the next one does.
 */
static ptrdiff_t send_parts(int fd, int file, int64_t *offset, size_t size, ptrdiff_t *last)
{
    ptrdiff_t (*send_part)(int, int, int64_t, size_t) = rdy_sendfile_directly;
    ptrdiff_t sent = 0, part = 0;
    for (size_t left = size; left > 0; left = size - (size_t)sent) {
        part = send_part(fd, file, *offset, left < PART ? left : PART);
        if (is_refusal(part) && send_part == rdy_sendfile_directly) {
            send_part = rdy_sendfile_by_copy;
            continue;
        }
        if (part <= 0)
            break;
        *offset += part;
        sent += part;
    }
    *last = part;
    return sent;
}

/* Only a full socket is a would-block. */
ptrdiff_t rdy_stream_sendfile(rdy_source *source, int file, int64_t *offset, size_t size)
{
    const size_t wanted = size < PTRDIFF_MAX ? size : PTRDIFF_MAX;
    struct rdy_sigpipe_hold hold;
    ptrdiff_t last;
    if (*offset < 0)
        return -EINVAL;
    rdy_sendfile_hold(&hold);
    const ptrdiff_t sent = send_parts(rdy_source_fd(source), file, offset, wanted, &last);
    rdy_sendfile_release(&hold, last, sent, wanted);
    if (last == -EAGAIN)
        (void)rdy_source_would_block(source, RDY_WRITABLE);
    return sent > 0 && (last >= 0 || last == -EAGAIN) ? sent : last;
}
