#include "reactor/os/debug_report.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- printing ---- */

static bool is_pending(int number)
{
    sigset_t pending;
    return sigpending(&pending) == 0 && sigismember(&pending, number) == 1;
}

/* If stderr is a pipe that nobody reads, the SIGPIPE of this write is taken back, and no other. */
static void write_line(const char *line, size_t size)
{
    sigset_t broken, before;
    int number;
    sigemptyset(&broken);
    sigaddset(&broken, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken, &before);
    const bool was_pending = is_pending(SIGPIPE);
    if (write(STDERR_FILENO, line, size) < 0 && !was_pending && is_pending(SIGPIPE))
        (void)sigwait(&broken, &number);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* One write(2), so that the lines of several threads do not mix. errno is the user's. */
__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    static const char prefix[] = "rdy: debug: ";
    const size_t begin = sizeof prefix - 1;
    const int kept_errno = errno;
    char line[512];
    va_list values;
    memcpy(line, prefix, begin);
    va_start(values, format);
    (void)vsnprintf(line + begin, sizeof line - begin - 1, format,
                    values); /* the last byte is for the newline */
    va_end(values);
    const size_t length = strlen(line);
    line[length] = '\n';
    write_line(line, length + 1);
    errno = kept_errno;
}

static void say_once(struct rdy_debug_record *record, unsigned mark, const char *what)
{
    if (!(record->marks & mark))
        say("descriptor %d (token %" PRIuPTR "): %s", record->fd, record->token, what);
    record->marks |= mark;
}

/* ---- registrations ---- */

void rdy_debug_report_lost(struct rdy_debug_record *record, int error)
{
    const char *what = "closed behind the library's back while it was registered: deregister it first";
    if (error == -ENOENT)
        what =
            "another file by now: closed behind the library's back while it was registered, and used again";
    else if (error == -EEXIST)
        what =
            "its source was freed, or it was closed, while it was registered: its number is registered anew";
    say_once(record, RDY_DEBUG_LOST, what);
}

void rdy_debug_report_edge(struct rdy_debug_record *record)
{
    const char *what =
        "an edge is left undrained: after readable, read or accept until -EAGAIN or a short read; say "
        "rdy_source_blocked of a raw descriptor, rdy_source_defer if reading will go on";
    if (record->marks & RDY_DEBUG_OWES_END)
        what =
            "an edge is left undrained: it told of a close or an error, so read to the end or -EAGAIN; say "
            "rdy_source_blocked of a raw descriptor, rdy_source_defer if reading will go on";
    say_once(record, RDY_DEBUG_TOLD, what);
}

void rdy_debug_report_never_returned(struct rdy_debug_record *record)
{
    say_once(
        record, RDY_DEBUG_LOST,
        "its source was registered when the poll was closed, and was never closed itself: freed or lost");
}

/* ---- calls ---- */

static const char *const calls[RDY_CALLS] = {
    [RDY_CALL_REGISTER] = "register",
    [RDY_CALL_REREGISTER] = "reregister",
    [RDY_CALL_DEREGISTER] = "deregister",
    [RDY_CALL_BLOCKED] = "rdy_source_blocked",
    [RDY_CALL_WAIT] = "wait",
    [RDY_CALL_WAKER_OPEN] = "rdy_waker_open",
    [RDY_CALL_WAKER_WAKE] = "rdy_waker_wake",
};

static const struct {
    int error;
    const char *meaning;
} reasons[] = {
    {-EINVAL, "the interest means nothing (EINVAL)"},
    {-EEXIST, "registered already, here or with another poll (EEXIST)"},
    {-ENOENT, "not registered (ENOENT)"},
    {-EBADF, "not an open descriptor (EBADF)"},
    {-ECHILD, "a child of fork(2) cannot use the poll of its parent (ECHILD)"},
    {-EBUSY, "two threads wait at once"},
};

enum { REASONS = sizeof reasons / sizeof reasons[0] };

void rdy_debug_report_refused(atomic_uint reported[RDY_CALLS], enum rdy_call call, int fd, int error)
{
    unsigned reason = 0;
    while (reason < REASONS && reasons[reason].error != error)
        reason++;
    const unsigned bit = 1U << reason;
    if (reason == REASONS || (atomic_fetch_or(&reported[call], bit) & bit) != 0)
        return;
    if (fd < 0)
        say("%s: %s", calls[call], reasons[reason].meaning);
    else
        say("descriptor %d: %s: %s", fd, calls[call], reasons[reason].meaning);
}
