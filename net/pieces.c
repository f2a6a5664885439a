#include "net/pieces.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>

#ifndef IOV_MAX
#define IOV_MAX 1024
#endif

int rdy_pieces_message(const struct iovec *pieces, int count, struct msghdr *message)
{
    if (count < 0 || count > IOV_MAX)
        return -EINVAL;
    *message = (struct msghdr){.msg_iov = (struct iovec *)(uintptr_t)pieces}; /* neither call writes to it */
    message->msg_iovlen = (__typeof__(message->msg_iovlen))count;             /* size_t, int or unsigned */
    return 0;
}
