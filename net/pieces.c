#include "net/pieces.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>

#ifndef IOV_MAX
#define IOV_MAX 1024
#endif

int rdy_pieces_check(const struct iovec **pieces, int *count)
{
    static const struct iovec empty;
    if (*count < 0 || *count > IOV_MAX)
        return -EINVAL;
    if (*count == 0) {
        *pieces = &empty;
        *count = 1;
    }
    return 0;
}

size_t rdy_pieces_total(const struct iovec *pieces, int count)
{
    size_t total = 0;
    for (int i = 0; i < count; i++)
        total += pieces[i].iov_len;
    return total;
}

int rdy_pieces_message(const struct iovec *pieces, int count, struct msghdr *message)
{
    int error = rdy_pieces_check(&pieces, &count);
    if (error != 0)
        return error;
    *message = (struct msghdr){.msg_iov = (struct iovec *)(uintptr_t)pieces}; /* neither call writes to it */
    message->msg_iovlen = (__typeof__(message->msg_iovlen))count;             /* size_t, int or unsigned */
    return 0;
}
