#include <errno.h>

#include "tests/faults/engine.h"

static int told(struct fault_verdict verdict, int result)
{
    if (verdict.error == 0)
        return result;
    errno = verdict.error;
    return -1;
}

int fault_kqueue(void)
{
    const struct fault_verdict verdict = fault_judge(FAULT_kqueue);
    return told(verdict, verdict.is_made ? kqueue() : -1);
}

/* A change that adds no filter needs nothing and cannot fail (kqueue(2)). */
int fault_kevent(int fd, const struct kevent *changes, int change_count, struct kevent *events, int capacity,
                 const struct timespec *timeout)
{
    if (change_count > 0 && (changes->flags & EV_ADD) == 0)
        return kevent(fd, changes, change_count, events, capacity, timeout);
    const struct fault_verdict verdict = fault_judge(change_count > 0 ? FAULT_kevent_change : FAULT_kevent);
    return told(verdict, verdict.is_made ? kevent(fd, changes, change_count, events, capacity, timeout) : -1);
}
