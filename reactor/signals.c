#include "reactor/signals.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "reactor/os/notice.h"
#include "reactor/os/process.h"
#include "reactor/os/sys.h"
#include "reactor/source_io.h"

/* What the handler sees of each signal: handlers are the process's, and so is this table. */
static struct {
    atomic_int writer; /* of the notice to post, plus one; 0 while nobody has the signal */
    atomic_bool arrived;
    atomic_ulong process_mark;
    struct sigaction earlier; /* its owner's, to be restored */
} slots[NSIG];

static atomic_int
    handlers_running; /* so that close does not close a descriptor that a handler is about to use */

static bool is_inherited(int number)
{
    return atomic_load(&slots[number].process_mark) != rdy_process_mark();
}

/* A child of fork(2) inherits the handler, but nobody there waits for the signal: it does what it did before. */
static void hand_on(int number)
{
    (void)rdy_sys_sigaction(number, &slots[number].earlier, NULL);
    (void)raise(number);
}

static void handle(int number)
{
    if (is_inherited(number)) {
        hand_on(number);
        return;
    }
    atomic_fetch_add(&handlers_running, 1);
    const int writer = atomic_load(&slots[number].writer) - 1;
    if (writer >= 0) {
        atomic_store(&slots[number].arrived, true);
        rdy_notice_post(writer);
    }
    atomic_fetch_sub(&handlers_running, 1);
}

/*
 * The alternate stack, if threads here have one (sigaltstack(2); all of Go's do, and their own may be too
 * small). Else the flag would change nothing, but that valgrind 3.19 cannot grow the stack of such a handler.
 */
static int stack_flag(void)
{
    stack_t stack;
    return sigaltstack(NULL, &stack) == 0 && (stack.ss_flags & SS_DISABLE) == 0 ? SA_ONSTACK : 0;
}

static int claim(int number, int writer)
{
    int unowned = 0;
    if (!atomic_compare_exchange_strong(&slots[number].writer, &unowned, writer + 1))
        return -EBUSY;
    atomic_store(&slots[number].arrived, false);
    atomic_store(&slots[number].process_mark, rdy_process_mark());
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART | stack_flag()};
    sigfillset(&action.sa_mask);
    int error = rdy_sys_sigaction(number, &action, &slots[number].earlier);
    if (error != 0)
        atomic_store(&slots[number].writer, 0);
    return error;
}

static void release(rdy_signals *signals)
{
    bool inherited = false;
    for (size_t i = 0; i < signals->count; i++) {
        const int number = signals->numbers[i];
        (void)rdy_sys_sigaction(number, &slots[number].earlier, NULL);
        atomic_store(&slots[number].writer, 0);
        inherited |= is_inherited(number);
    }
    signals->count = 0;
    while (!inherited &&
           atomic_load(&handlers_running) != 0) /* a child has none of the threads they ran on */
        sched_yield();
}

static bool is_valid(const int *numbers, size_t count)
{
    if (count == 0 || count > RDY_SIGNALS_MAX)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (numbers[i] <= 0 || numbers[i] >= NSIG)
            return false;
        for (size_t earlier = 0; earlier < i; earlier++)
            if (numbers[earlier] == numbers[i])
                return false;
    }
    return true;
}

int rdy_signals_open(const int *numbers, size_t count, rdy_signals *out)
{
    if (!is_valid(numbers, count))
        return -EINVAL;
    struct rdy_notice notice;
    int error = rdy_notice_open(&notice);
    if (error != 0)
        return error;
    rdy_signals signals = {.source = rdy_source_from_fd(notice.reader), .writer = notice.writer};
    while (error == 0 && signals.count < count) {
        error = claim(numbers[signals.count], notice.writer);
        if (error == 0) {
            signals.numbers[signals.count] = numbers[signals.count];
            signals.count++;
        }
    }
    if (error == 0) {
        *out = signals;
        return 0;
    }
    release(&signals);
    rdy_notice_close(&notice);
    return error;
}

static int take_arrived(const rdy_signals *signals)
{
    for (size_t i = 0; i < signals->count; i++)
        if (atomic_exchange(&slots[signals->numbers[i]].arrived, false))
            return signals->numbers[i];
    return 0;
}

int rdy_signals_next(rdy_signals *signals)
{
    int number = take_arrived(signals);
    if (number != 0)
        return number;
    if (rdy_source_fd(&signals->source) < 0)
        return -EBADF;
    rdy_notice_drain(rdy_source_fd(&signals->source));
    number =
        take_arrived(signals); /* one that came after the first look may have been drained with the others */
    return number != 0 ? number : rdy_source_would_block(&signals->source, RDY_READABLE);
}

void rdy_signals_close(rdy_signals *signals)
{
    if (signals == NULL || rdy_source_fd(&signals->source) < 0)
        return;
    release(signals);
    const bool two_ends = signals->writer != rdy_source_fd(&signals->source);
    rdy_source_close(&signals->source);
    if (two_ends)
        rdy_sys_close(signals->writer);
    *signals = (rdy_signals){0};
}
