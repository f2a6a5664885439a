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
 * A short part does not tell whether the file has ended or the socket is full; the next one does. Only the latter is a
 * would-block.
 */
ptrdiff_t rdy_stream_sendfile(rdy_source *source, int file, int64_t *offset, size_t size)
{
    ptrdiff_t (*send_part)(int, int, int64_t, size_t) = rdy_sendfile_directly;
    size_t left = size < PTRDIFF_MAX ? size : PTRDIFF_MAX;
    ptrdiff_t sent = 0, part = 0;
    if (*offset < 0)
        return -EINVAL;
    while (left > 0) {
        part = send_part(rdy_source_fd(source), file, *offset, left < PART ? left : PART);
        if (is_refusal(part) && send_part == rdy_sendfile_directly) {
            send_part = rdy_sendfile_by_copy;
            continue;
        }
        if (part <= 0)
            break;
        *offset += part;
        sent += part;
        left -= (size_t)part;
    }
    if (part == -EAGAIN)
        (void)rdy_source_would_block(source, RDY_WRITABLE);
    return sent > 0 && (part >= 0 || part == -EAGAIN) ? sent : part;
}
