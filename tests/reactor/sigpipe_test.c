/*
 * Writing where nobody reads, both with a kernel that can be told to raise no signal and with one that cannot: the
 * calls that tell it are replaced here.
 */

#include "reactor/os/sigpipe.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/contract/support.h"

/* How a kernel that does not know the flag says so, or a sandbox; 0 for the real answer. */
static const int refusals[] = {0, EOPNOTSUPP, EINVAL, ENOSYS, EPERM};

static int refusal, refused, interruptions, held;
static bool flag_is_known; /* also where the kernel, or an emulator, is too old for it or for the call */

static bool interrupted(void)
{
    if (interruptions == 0)
        return false;
    interruptions--;
    errno = EINTR;
    return true;
}

ssize_t __real_writev(int fd, const struct iovec *pieces, int count);
ssize_t __wrap_writev(int fd, const struct iovec *pieces, int count);
ssize_t __wrap_writev(int fd, const struct iovec *pieces, int count)
{
    held++;
    return interrupted() ? -1 : __real_writev(fd, pieces, count);
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
    long arguments[6];
    va_list list;
    va_start(list, number);
    for (int i = 0; i < COUNT(arguments); i++)
        arguments[i] = va_arg(list, long);
    va_end(list);
    if (refusal != 0) {
        refused++;
        errno = refusal;
        return -1;
    }
    if (flag_is_known)
        return __real_writev((int)arguments[0], (const struct iovec *)arguments[1], (int)arguments[2]);
    return interrupted() ? -1
                         : __real_syscall(number, arguments[0], arguments[1], arguments[2], arguments[3],
                                          arguments[4], arguments[5]);
}

static int ends[2];

static void open_ends(void)
{
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(rdy_sigpipe_forgo(ends[1]), 0);
}

static void close_ends(void)
{
    close(ends[0]);
    close(ends[1]);
}

static ptrdiff_t write_text(int fd)
{
    static char first[] = "some", second[] = "thing";
    const struct iovec pieces[] = {{first, 4}, {second, 5}};
    return rdy_sigpipe_writev(fd, pieces, 2, 9);
}

/* ---- what SIGPIPE may be when a thread writes ---- */

static volatile sig_atomic_t handled;

static void on_signal(int number)
{
    handled += number == SIGPIPE;
}

static void ignore(void)
{
    signal(SIGPIPE, SIG_IGN);
}

static void handle(void)
{
    signal(SIGPIPE, on_signal);
}

static void block(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
}

static void ignore_and_block(void)
{
    ignore();
    block();
}

static void block_and_send_to_the_thread(void)
{
    block();
    ck_assert_int_eq(pthread_kill(pthread_self(), SIGPIPE), 0);
}

static void block_and_send_to_the_process(void)
{
    block();
    ck_assert_int_eq(kill(getpid(), SIGPIPE), 0);
}

static void leave(void)
{
    signal(SIGPIPE, SIG_DFL);
}

static void (*const states[])(void) = {
    leave,
    ignore,
    handle,
    block,
    ignore_and_block,
    block_and_send_to_the_thread,
    block_and_send_to_the_process,
};

static bool is_blocked(void)
{
    sigset_t mask;
    ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, NULL, &mask), 0);
    return sigismember(&mask, SIGPIPE) == 1;
}

static bool is_pending(void)
{
    sigset_t pending;
    ck_assert_int_eq(sigpending(&pending), 0);
    return sigismember(&pending, SIGPIPE) == 1;
}

/* Raised in its default state, the signal would end the test. */
START_TEST(nobody_reading_is_epipe_and_leaves_the_signal_as_it_was)
{
    refusal = refusals[_i / COUNT(states)];
    states[_i % COUNT(states)]();
    const bool was_blocked = is_blocked(), was_pending = is_pending();
    close(ends[0]);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(write_text(ends[1]), -EPIPE);
        ck_assert_int_eq(is_blocked(), was_blocked);
        ck_assert_int_eq(is_pending(), was_pending);
        ck_assert_int_eq(handled, 0);
    }
    ends[0] = -1;
}
END_TEST

START_TEST(sockets_raise_none_either)
{
    int pair[2];
    refusal = refusals[_i];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    close(pair[0]);
    ck_assert_int_eq(write_text(pair[1]), -EPIPE);
    ck_assert(!is_pending());
    close(pair[1]);
}
END_TEST

static void *read_some_and_leave(void *unused)
{
    char byte;
    wait_until_main_sleeps();
    ck_assert_int_eq(read(ends[0], &byte, 1), 1);
    close(ends[0]);
    ends[0] = -1;
    return unused;
}

/* A blocking end: it writes what has room and sleeps for more, which never comes. */
START_TEST(a_reader_that_leaves_half_way_raises_none)
{
    static char bytes[1 << 20];
    const struct iovec piece = {bytes, sizeof bytes};
    refusal = refusals[_i];
    const pthread_t reader = start_thread(read_some_and_leave, NULL);
    const ptrdiff_t count = rdy_sigpipe_writev(ends[1], &piece, 1, sizeof bytes);
    join_thread(reader);
    ck_assert_int_gt(count, 0);
    ck_assert_int_lt(count, (ptrdiff_t)sizeof bytes);
    ck_assert(!is_pending());
    ck_assert(!is_blocked());
}
END_TEST

/* ---- writing ---- */

START_TEST(the_pieces_are_written_in_their_order)
{
    char bytes[16] = "";
    refusal = refusals[_i];
    ck_assert_int_eq(write_text(ends[1]), 9);
    ck_assert_int_eq(read(ends[0], bytes, sizeof bytes), 9);
    ck_assert_str_eq(bytes, "something");
}
END_TEST

START_TEST(a_full_pipe_is_eagain)
{
    refusal = refusals[_i];
    ck_assert_int_eq(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    ptrdiff_t result;
    do
        result = write_text(ends[1]);
    while (result == 9);
    ck_assert_int_eq(result, -EAGAIN);
    ck_assert(!is_blocked());
}
END_TEST

START_TEST(a_write_goes_on_after_eintr)
{
    refusal = refusals[_i];
    interruptions = 3;
    ck_assert_int_eq(write_text(ends[1]), 9);
    ck_assert_int_eq(interruptions, 0);
}
END_TEST

START_TEST(a_kernel_that_refuses_is_asked_once)
{
    refusal = refusals[_i];
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(write_text(ends[1]), 9);
    ck_assert_int_eq(refused, 1);
    ck_assert_int_eq(held, 3);
}
END_TEST

/* EINVAL is how some kernels refuse the flag, and what all of them say of -1 pieces. */
START_TEST(an_argument_that_is_wrong_by_itself_is_no_refusal)
{
    flag_is_known = true;
    ck_assert_int_eq(rdy_sigpipe_writev(ends[1], NULL, -1, 0), -EINVAL);
    ck_assert_int_eq(held, 1);
    ck_assert_int_eq(write_text(ends[1]), 9);
    ck_assert_int_eq(held, 1);
}
END_TEST

START_TEST(what_is_not_open_is_ebadf)
{
    refusal = refusals[_i];
    ck_assert_int_eq(write_text(-1), -EBADF);
    ck_assert(!is_blocked());
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sigpipe");
    TCase *signals = tcase_create("signals"), *writing = tcase_create("writing");
    suite_add_tcase(suite, signals);
    suite_add_tcase(suite, writing);
    tcase_add_checked_fixture(signals, open_ends, close_ends);
    tcase_add_checked_fixture(writing, open_ends, close_ends);

    tcase_add_loop_test(signals, nobody_reading_is_epipe_and_leaves_the_signal_as_it_was, 0,
                        COUNT(states) * COUNT(refusals));
    tcase_add_loop_test(signals, sockets_raise_none_either, 0, COUNT(refusals));
    tcase_add_loop_test(signals, a_reader_that_leaves_half_way_raises_none, 0, COUNT(refusals));

    tcase_add_loop_test(writing, the_pieces_are_written_in_their_order, 0, COUNT(refusals));
    tcase_add_loop_test(writing, a_full_pipe_is_eagain, 0, COUNT(refusals));
    tcase_add_loop_test(writing, a_write_goes_on_after_eintr, 0, COUNT(refusals));
#ifdef __linux__
    tcase_add_loop_test(writing, a_kernel_that_refuses_is_asked_once, 1, COUNT(refusals));
    tcase_add_test(writing, an_argument_that_is_wrong_by_itself_is_no_refusal);
#endif
    tcase_add_loop_test(writing, what_is_not_open_is_ebadf, 0, COUNT(refusals));
    return run_suite(suite);
}
