#include <errno.h>
#include <stdarg.h>

#include "tests/faults/vectors.h"

/* The verdict as the result of a call that gave `result`. */
static long told(struct fault_verdict verdict, long result)
{
    if (verdict.error == 0)
        return result;
    errno = verdict.error;
    return -1;
}

/* A command that takes nothing leaves it alone. */
int fault_fcntl(int fd, int command, ...)
{
    va_list rest;
    va_start(rest, command);
    const long argument = va_arg(rest, long);
    va_end(rest);
    const struct fault_verdict verdict = fault_judge(FAULT_fcntl);
    return (int)told(verdict, verdict.is_made ? fcntl(fd, command, argument) : -1);
}

int fault_ioctl(int fd, unsigned long request, ...)
{
    va_list rest;
    va_start(rest, request);
    void *const argument = va_arg(rest, void *);
    va_end(rest);
    const struct fault_verdict verdict = fault_judge(FAULT_ioctl);
    return (int)told(verdict, verdict.is_made ? ioctl(fd, request, argument) : -1);
}

int fault_open(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? (mode_t)va_arg(rest, int) : 0;
    va_end(rest);
    const struct fault_verdict verdict = fault_judge(FAULT_open);
    return (int)told(verdict, verdict.is_made ? open(path, flags, mode) : -1);
}

/* prctl(2) itself takes four, whatever the option does. */
int fault_prctl(int option, ...)
{
    unsigned long arguments[4];
    va_list rest;
    va_start(rest, option);
    for (int i = 0; i < 4; i++)
        arguments[i] = va_arg(rest, unsigned long);
    va_end(rest);
    const struct fault_verdict verdict = fault_judge(FAULT_prctl);
    return (int)told(verdict, verdict.is_made
                                  ? prctl(option, arguments[0], arguments[1], arguments[2], arguments[3])
                                  : -1);
}

static enum fault_call call_of(long number)
{
    switch (number) {
#ifdef SYS_epoll_pwait2
    case SYS_epoll_pwait2:
        return FAULT_epoll_pwait2;
#endif
#ifdef SYS_pwritev2
    case SYS_pwritev2:
        return FAULT_pwritev2;
#endif
    default:
        return FAULT_syscall;
    }
}

static long make(long number, const long arguments[6])
{
    return syscall(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
                   arguments[5]);
}

/* syscall(2) itself takes six, whatever the call behind it does. */
long fault_syscall(long number, ...)
{
    long arguments[6];
    va_list rest;
    va_start(rest, number);
    for (int i = 0; i < 6; i++)
        arguments[i] = va_arg(rest, long);
    va_end(rest);
    struct iovec fewer[IOV_MAX];
    const enum fault_call call = call_of(number);
    if (call != FAULT_pwritev2) {
        const struct fault_verdict verdict = fault_judge(call);
        return told(verdict, verdict.is_made ? make(number, arguments) : -1);
    }
    const struct iovec *pieces = (const struct iovec *)arguments[1];
    const struct fault_pieces moved = fault_pieces_of(call, pieces, (size_t)arguments[2], fewer);
    arguments[1] = (long)moved.pieces;
    arguments[2] = (long)moved.count;
    return fault_pieces_told(&moved, moved.verdict.is_made ? make(number, arguments) : -1);
}
