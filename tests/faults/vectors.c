#include <errno.h>
#include <limits.h>

#include "tests/faults/engine.h"
#include "tests/faults/vectors.h"

/* The pieces, cut to `most` bytes in all; their number. */
static int cut(struct iovec *fewer, const struct iovec *pieces, size_t count, size_t most)
{
    int used = 0;
    for (size_t i = 0; i < count && most > 0; i++) {
        const size_t size = pieces[i].iov_len < most ? pieces[i].iov_len : most;
        fewer[used++] = (struct iovec){.iov_base = pieces[i].iov_base, .iov_len = size};
        most -= size;
    }
    return used;
}

struct fault_pieces fault_pieces_of(enum fault_call call, const struct iovec *pieces, size_t count,
                                    struct iovec fewer[IOV_MAX])
{
    const struct fault_verdict verdict = fault_judge(call);
    struct fault_pieces result = {.verdict = verdict, .pieces = pieces, .count = count};
    if (verdict.is_short && count <= IOV_MAX) {
        result.pieces = fewer;
        result.count = (size_t)cut(fewer, pieces, count, verdict.most);
    }
    return result;
}

ssize_t fault_pieces_told(const struct fault_pieces *moved, ssize_t result)
{
    if (moved->verdict.error == 0)
        return result;
    errno = moved->verdict.error;
    return -1;
}

ssize_t fault_readv(int fd, const struct iovec *pieces, int count)
{
    struct iovec fewer[IOV_MAX];
    const struct fault_pieces moved = fault_pieces_of(FAULT_readv, pieces, (size_t)count, fewer);
    return fault_pieces_told(&moved, moved.verdict.is_made ? readv(fd, moved.pieces, (int)moved.count) : -1);
}

ssize_t fault_writev(int fd, const struct iovec *pieces, int count)
{
    struct iovec fewer[IOV_MAX];
    const struct fault_pieces moved = fault_pieces_of(FAULT_writev, pieces, (size_t)count, fewer);
    return fault_pieces_told(&moved, moved.verdict.is_made ? writev(fd, moved.pieces, (int)moved.count) : -1);
}

ssize_t fault_recvmsg(int fd, struct msghdr *message, int flags)
{
    struct iovec fewer[IOV_MAX];
    struct iovec *const pieces = message->msg_iov;
    const size_t count = message->msg_iovlen;
    const struct fault_pieces moved = fault_pieces_of(FAULT_recvmsg, pieces, count, fewer);
    message->msg_iov = moved.count == count && moved.pieces == pieces ? pieces : fewer;
    message->msg_iovlen = moved.count;
    const ssize_t result = moved.verdict.is_made ? recvmsg(fd, message, flags) : -1;
    message->msg_iov = pieces;
    message->msg_iovlen = count;
    return fault_pieces_told(&moved, result);
}

ssize_t fault_sendmsg(int fd, const struct msghdr *message, int flags)
{
    struct iovec fewer[IOV_MAX];
    struct msghdr sent = *message;
    const struct fault_pieces moved = fault_pieces_of(FAULT_sendmsg, sent.msg_iov, sent.msg_iovlen, fewer);
    if (moved.pieces == fewer)
        sent.msg_iov = fewer;
    sent.msg_iovlen = moved.count;
    return fault_pieces_told(&moved, moved.verdict.is_made ? sendmsg(fd, &sent, flags) : -1);
}
