/* What a kqueue of another system refuses or reports: the calls that tell it are replaced here. */

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include <sys/event.h>

#include "net/stream.h"
#include "reactor/waker.h"
#include "tests/contract/support.h"

#define TOKEN ((rdy_token)7)

enum { NO_FILTER = 1 };

static struct {
    int filter, error; /* adding that filter fails so; NO_FILTER: none does */
    int refused;
    int deleted;               /* how many were there to be taken off */
    bool has_notice;           /* for it has no EVFILT_USER */
    struct kevent added, told; /* the last filter that was added; what the next wait gives, if it has flags */
} kernel;

int __real_kevent(int fd, const struct kevent *changes, int change_count, struct kevent *events, int capacity,
                  const struct timespec *timeout);
int __wrap_kevent(int fd, const struct kevent *changes, int change_count, struct kevent *events, int capacity,
                  const struct timespec *timeout);
int __wrap_kevent(int fd, const struct kevent *changes, int change_count, struct kevent *events, int capacity,
                  const struct timespec *timeout)
{
    if (change_count == 0 && kernel.told.flags != 0) {
        events[0] = kernel.told;
        kernel.told.flags = 0;
        return 1;
    }
    if (change_count == 0 || (changes->flags & EV_ADD) == 0) {
        const int result = __real_kevent(fd, changes, change_count, events, capacity, timeout);
        kernel.deleted += change_count > 0 && (changes->flags & EV_DELETE) != 0 && result == 0;
        return result;
    }
    kernel.added = *changes;
    if (changes->filter != kernel.filter && !(kernel.has_notice && changes->filter == EVFILT_USER))
        return __real_kevent(fd, changes, change_count, events, capacity, timeout);
    kernel.refused++;
    errno = changes->filter == kernel.filter ? kernel.error : EINVAL;
    return -1;
}

static int missing_notice; /* an errno */

int __real_eventfd(unsigned count, int flags);
int __wrap_eventfd(unsigned count, int flags);
int __wrap_eventfd(unsigned count, int flags)
{
    if (missing_notice == 0)
        return __real_eventfd(count, flags);
    errno = missing_notice;
    return -1;
}

static void be_willing(void)
{
    memset(&kernel, 0, sizeof kernel);
    kernel.filter = NO_FILTER;
    missing_notice = 0;
}

static void refuse(int filter, int error)
{
    kernel.filter = filter;
    kernel.error = error;
}

/* ---- registering ---- */

/* macOS and the BSDs: the other end of a pipe has gone. */
START_TEST(a_filter_for_a_broken_pipe_is_no_failure)
{
    refuse(EVFILT_WRITE, EPIPE);
    watch(open_pipe_writer().end, TOKEN, RDY_WRITABLE);
    ck_assert_int_eq(kernel.refused, 1);
    expect_silence();
}
END_TEST

START_TEST(a_filter_that_is_refused_takes_the_others_off)
{
    struct pair pair = open_unix_pair();
    refuse(EVFILT_WRITE, ENOMEM);
    ck_assert_int_eq(
        rdy_registry_register(subject.registry, pair.end, TOKEN, RDY_READABLE | RDY_WRITABLE | RDY_LEVEL),
        -ENOMEM);
    ck_assert(!rdy_source_is_registered(pair.end));
    ck_assert_int_eq(kernel.deleted, 1);
    refuse(NO_FILTER, 0);
    feed(pair.peer);
    watch(pair.end, TOKEN, RDY_READABLE);
    wait_for(TOKEN, RDY_EVENT_READABLE);
}
END_TEST

/* Neither the new filter nor the old one. */
START_TEST(a_change_that_leaves_nothing_ends_the_registration)
{
    struct pair pair = open_unix_pair();
    watch(pair.end, TOKEN, RDY_READABLE);
    refuse(EVFILT_READ, ENOMEM);
    ck_assert_int_eq(rdy_registry_reregister(subject.registry, pair.end, TOKEN, RDY_READABLE | RDY_LEVEL),
                     -ENOENT);
    ck_assert(!rdy_source_is_registered(pair.end));
    ck_assert_int_eq(kernel.refused, 2);
    refuse(NO_FILTER, 0);
    feed(pair.peer);
    watch(pair.end, TOKEN, RDY_READABLE);
    wait_for(TOKEN, RDY_EVENT_READABLE);
}
END_TEST

START_TEST(a_shutdown_that_leaves_nothing_ends_the_registration)
{
    struct pair pair = open_unix_pair();
    watch(pair.end, TOKEN, RDY_READABLE | RDY_WRITABLE);
    refuse(EVFILT_READ, ENOMEM);
    ck_assert_int_eq(rdy_stream_shutdown(pair.end, SHUT_WR), 0);
    ck_assert(!rdy_source_is_registered(pair.end));
    refuse(NO_FILTER, 0);
    feed(pair.peer);
    watch(pair.end, TOKEN, RDY_READABLE);
    wait_for(TOKEN, RDY_EVENT_READABLE);
}
END_TEST

START_TEST(an_interest_without_a_filter_is_not_supported)
{
#ifndef NOTE_OOB
    struct pair pair = open_tcp_pair();
    ck_assert_int_eq(rdy_registry_register(subject.registry, pair.end, TOKEN, RDY_PRIORITY), -ENOTSUP);
    watch(pair.end, TOKEN, RDY_READABLE);
    ck_assert_int_eq(rdy_registry_reregister(subject.registry, pair.end, TOKEN, RDY_PRIORITY), -ENOTSUP);
    feed(pair.peer);
    wait_for(TOKEN, RDY_EVENT_READABLE);
#endif
}
END_TEST

START_TEST(a_registration_that_another_file_took_over_is_gone)
{
    struct pair pair = open_unix_pair(), other = open_unix_pair();
    const int fd = rdy_source_fd(pair.end);
    watch(pair.end, TOKEN, RDY_READABLE);
    ck_assert_int_eq(dup2(rdy_source_fd(other.end), fd), fd);
    rdy_source taken_over = rdy_source_from_fd(fd);
    watch(&taken_over, TOKEN, RDY_READABLE);
    ck_assert_int_eq(rdy_source_deregister(&taken_over), 0);
    ck_assert_int_eq(rdy_source_deregister(pair.end), -ENOENT);
    ck_assert(!rdy_source_is_registered(pair.end));
}
END_TEST

/* ---- what is told ---- */

START_TEST(a_filter_that_reports_an_error_means_what_was_asked_for)
{
    struct pair pair = open_unix_pair();
    watch(pair.end, TOKEN, RDY_READABLE);
    kernel.told = kernel.added;
    kernel.told.flags = EV_ERROR;
    const uint32_t flags = wait_for(TOKEN, RDY_EVENT_ERROR);
    ck_assert_uint_eq(flags, RDY_EVENT_READABLE | RDY_EVENT_ERROR);
}
END_TEST

START_TEST(the_errno_of_an_end_is_an_error)
{
    struct pair pair = open_unix_pair();
    watch(pair.end, TOKEN, RDY_READABLE);
    kernel.told = kernel.added;
    kernel.told.flags = EV_EOF;
    kernel.told.fflags = _i == 0 ? 0 : ECONNRESET;
    wait_for(TOKEN, RDY_EVENT_READ_CLOSED);
    ck_assert_uint_eq(flags_for(TOKEN) & RDY_EVENT_ERROR, _i == 0 ? 0 : RDY_EVENT_ERROR);
}
END_TEST

/* macOS and FreeBSD have EVFILT_EXCEPT, whose `fflags` hold no errno. */
START_TEST(a_filter_of_another_kind_tells_urgent_data)
{
    struct pair pair = open_tcp_pair();
    watch(pair.end, TOKEN, RDY_READABLE | RDY_PRIORITY);
    kernel.told = kernel.added;
    kernel.told.filter = EVFILT_TIMER;
    kernel.told.flags = EV_EOF;
    kernel.told.fflags = 2;
    const uint32_t flags = wait_for(TOKEN, RDY_EVENT_PRIORITY);
    ck_assert_uint_eq(flags, RDY_EVENT_READABLE | RDY_EVENT_PRIORITY);
}
END_TEST

START_TEST(a_filter_from_before_a_change_is_passed_over)
{
    struct pair pair = open_unix_pair();
    watch(pair.end, TOKEN, RDY_READABLE);
    const struct kevent stale = kernel.added;
    watch_again(pair.end, TOKEN, RDY_READABLE);
    kernel.told = stale;
    kernel.told.flags = EV_EOF;
    expect_silence();
    ck_assert_uint_eq(kernel.told.flags, 0);
}
END_TEST

/* ---- without EVFILT_USER ---- */

static rdy_poll *open_without_user_filter(int error)
{
    rdy_poll *poll = NULL;
    kernel.has_notice = true;
    ck_assert_int_eq(rdy_poll_open(NULL, &poll), error);
    return poll;
}

START_TEST(a_wake_comes_by_a_descriptor_where_there_is_no_filter_for_it)
{
    rdy_waker *waker;
    rdy_poll *poll = open_without_user_filter(0);
    ck_assert_int_eq(rdy_waker_open(rdy_poll_registry(poll), TOKEN, &waker), 0);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(rdy_waker_wake(waker), 0);
        ck_assert_int_eq(rdy_poll_wait(poll, &subject.events, GENEROUS), 1);
        ck_assert_uint_eq(subject.events.items[0].token, TOKEN);
        ck_assert_int_eq(rdy_poll_wait(poll, &subject.events, 0), 0);
    }
    rdy_waker_close(waker);
    rdy_poll_close(poll);
}
END_TEST

START_TEST(a_poll_that_could_not_be_woken_is_not_opened)
{
    int inheritable;
    const int before = count_descriptors(&inheritable);
    if (_i == 0)
        missing_notice = EMFILE;
    else
        refuse(EVFILT_READ, ENOMEM);
    ck_assert_ptr_null(open_without_user_filter(_i == 0 ? -EMFILE : -ENOMEM));
    wait_until_descriptors_are(before);
}
END_TEST

START_TEST(its_own_descriptor_is_the_kqueue)
{
    ck_assert_int_ge(rdy_poll_fd(subject.poll), 0);
}
END_TEST

int main(void)
{
    Suite *suite = contract_suite("kqueue");
    TCase *registering = contract_case(suite, "registering");
    TCase *told = contract_case(suite, "told");
    TCase *waking = contract_case(suite, "waking");

    tcase_add_checked_fixture(registering, be_willing, be_willing);
    tcase_add_test(registering, a_filter_for_a_broken_pipe_is_no_failure);
    tcase_add_test(registering, a_filter_that_is_refused_takes_the_others_off);
    tcase_add_test(registering, a_change_that_leaves_nothing_ends_the_registration);
    tcase_add_test(registering, a_shutdown_that_leaves_nothing_ends_the_registration);
    tcase_add_test(registering, an_interest_without_a_filter_is_not_supported);
    tcase_add_test(registering, a_registration_that_another_file_took_over_is_gone);
    tcase_add_checked_fixture(told, be_willing, be_willing);
    tcase_add_test(told, a_filter_that_reports_an_error_means_what_was_asked_for);
    tcase_add_loop_test(told, the_errno_of_an_end_is_an_error, 0, 2);
    tcase_add_test(told, a_filter_of_another_kind_tells_urgent_data);
    tcase_add_test(told, a_filter_from_before_a_change_is_passed_over);
    tcase_add_checked_fixture(waking, be_willing, be_willing);
    tcase_add_test(waking, a_wake_comes_by_a_descriptor_where_there_is_no_filter_for_it);
    tcase_add_loop_test(waking, a_poll_that_could_not_be_woken_is_not_opened, 0, 2);
    tcase_add_test(waking, its_own_descriptor_is_the_kqueue);
    return run_suite(suite);
}
