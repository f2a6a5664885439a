#include "tests/faults/calls.h"

#include <errno.h>

#include "tests/faults/engine.h"

/* Those that are made as they come, or not at all. */
#define DEFINE(type, name, failure, parameters, arguments)                                                   \
    type fault_##name parameters                                                                             \
    {                                                                                                        \
        const struct fault_verdict verdict = fault_judge(FAULT_##name);                                      \
        const int error = verdict.error;                                                                     \
        if (error == 0)                                                                                      \
            return name arguments;                                                                           \
        if (verdict.is_made)                                                                                 \
            (void)!name arguments;                                                                           \
        errno = error;                                                                                       \
        return failure;                                                                                      \
    }

FAULT_PLAIN_CALLS(DEFINE)

#define DEFINE_RETURNING(type, name, failure, parameters, arguments)                                         \
    type fault_##name parameters                                                                             \
    {                                                                                                        \
        const struct fault_verdict verdict = fault_judge(FAULT_##name);                                      \
        const type result = name arguments;                                                                  \
        if (verdict.error == 0)                                                                              \
            return result;                                                                                   \
        errno = verdict.error;                                                                               \
        return failure;                                                                                      \
    }

FAULT_RETURNING_CALLS(DEFINE_RETURNING)

#define DEFINE_MOVING(type, name, size, parameters, arguments)                                               \
    type fault_##name parameters                                                                             \
    {                                                                                                        \
        const struct fault_verdict verdict = fault_judge(FAULT_##name);                                      \
        if (verdict.is_short && verdict.most < size)                                                         \
            size = (__typeof__(size))verdict.most;                                                           \
        const type result = verdict.is_made ? name arguments : -1;                                           \
        if (verdict.error == 0)                                                                              \
            return result;                                                                                   \
        errno = verdict.error;                                                                               \
        return -1;                                                                                           \
    }

FAULT_MOVING_CALLS(DEFINE_MOVING)

/* Putting on takes memory and room, taking off gives them back. */
int fault_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
    const enum fault_call call = operation == EPOLL_CTL_DEL ? FAULT_epoll_ctl_del : FAULT_epoll_ctl;
    const struct fault_verdict verdict = fault_judge(call);
    const int result = verdict.is_made ? epoll_ctl(epoll, operation, fd, event) : -1;
    if (verdict.error == 0)
        return result;
    errno = verdict.error;
    return -1;
}
