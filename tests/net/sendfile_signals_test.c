/* How files are sent without SIGPIPE, and at what cost: the calls are counted here, and raise it where no peer would. */

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/unix_stream.h"
#include "tests/net/connections.h"

enum { SIZE = 1000000, PART = 1000 };

/* What sendfile does: from the call `fails_at` on, from 1, it fails; 0 for never. */
static int error, fails_at, calls;
static size_t most;        /* which it sends at once, 0 for no limit */
static bool raises;        /* SIGPIPE, with the first call */
static int masks, lookups; /* how often SIGPIPE was held back or let through, and looked for */

ssize_t __real_sendfile64(int fd, int file, off_t *offset, size_t size);
ssize_t __wrap_sendfile64(int fd, int file, off_t *offset, size_t size);
ssize_t __wrap_sendfile64(int fd, int file, off_t *offset, size_t size)
{
    calls++;
    if (raises && calls == 1)
        pthread_kill(pthread_self(), SIGPIPE);
    if (fails_at != 0 && calls >= fails_at) {
        errno = error;
        return -1;
    }
    return __real_sendfile64(fd, file, offset, most != 0 && size > most ? most : size);
}

int __real_pthread_sigmask(int how, const sigset_t *set, sigset_t *before);
int __wrap_pthread_sigmask(int how, const sigset_t *set, sigset_t *before);
int __wrap_pthread_sigmask(int how, const sigset_t *set, sigset_t *before)
{
    masks++;
    return __real_pthread_sigmask(how, set, before);
}

int __real_sigtimedwait(const sigset_t *set, siginfo_t *told, const struct timespec *timeout);
int __wrap_sigtimedwait(const sigset_t *set, siginfo_t *told, const struct timespec *timeout);
int __wrap_sigtimedwait(const sigset_t *set, siginfo_t *told, const struct timespec *timeout)
{
    lookups++;
    return __real_sigtimedwait(set, told, timeout);
}

static rdy_unix_stream near_end, far_end;
static int file = -1;

static void open_all(void)
{
    char path[] = "/tmp/rdy-sendfile-XXXXXX";
    ck_assert_int_eq(rdy_unix_stream_pair(&near_end, &far_end), 0);
    file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    unlink(path);
    ck_assert_int_eq(ftruncate(file, SIZE), 0);
}

static void close_all(void)
{
    rdy_unix_stream_close(&near_end);
    rdy_unix_stream_close(&far_end);
    close(file);
}

START_TEST(the_signal_is_held_once_for_all_parts_of_a_call)
{
    int64_t offset = 0;
    most = PART;
    ck_assert_int_eq(rdy_unix_stream_sendfile(&near_end, file, &offset, 20 * PART), 20 * PART);
    ck_assert_int_eq(calls, 20);
    ck_assert_int_eq(masks, 2);
    ck_assert_int_eq(lookups, 0);
}
END_TEST

START_TEST(a_socket_that_gets_full_costs_two_parts_and_no_lookup)
{
    int64_t offset = 0;
    const ptrdiff_t count = rdy_unix_stream_sendfile(&near_end, file, &offset, SIZE);
    ck_assert_int_gt(count, 0);
    ck_assert_int_lt(count, SIZE);
    ck_assert_int_eq(calls, 2);
    ck_assert_int_eq(masks, 2);
    ck_assert_int_eq(lookups, 0);
}
END_TEST

/* A peer that leaves half-way cuts the part: that comes with a count and the signal. Raised, it would end the test. */
START_TEST(a_signal_that_came_with_some_bytes_is_taken_back_whatever_ends_the_call)
{
    static const struct {
        int64_t begin;
        int error;
        ptrdiff_t result;
    } rows[] = {
        {0, EPIPE, -EPIPE}, {0, EIO, -EIO}, {SIZE - PART, 0, PART}, /* the end of the file */
    };
    int64_t offset = rows[_i].begin;
    signal(SIGPIPE, SIG_DFL);
    most = PART;
    raises = true;
    error = rows[_i].error;
    fails_at = error != 0 ? 2 : 0;
    ck_assert_int_eq(rdy_unix_stream_sendfile(&near_end, file, &offset, 2 * PART), rows[_i].result);
    ck_assert_int_eq(offset, rows[_i].begin + PART);
    ck_assert_int_eq(masks, 2);
}
END_TEST

int main(void)
{
    Suite *suite = contract_suite("sendfile_signals");
    TCase *tests = contract_case(suite, "signals");
    tcase_add_checked_fixture(tests, open_all, close_all);

    tcase_add_test(tests, the_signal_is_held_once_for_all_parts_of_a_call);
    tcase_add_test(tests, a_socket_that_gets_full_costs_two_parts_and_no_lookup);
    tcase_add_loop_test(tests, a_signal_that_came_with_some_bytes_is_taken_back_whatever_ends_the_call, 0, 3);
    return run_suite(suite);
}
