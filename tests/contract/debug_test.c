/* The debug mode: it reports misuse, each cause once, says nothing of right use, and changes no promise. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "reactor/os/debug.h"
#include "tests/contract/printed.h"
#include "tests/contract/support.h"

#define TOKEN ((rdy_token)7)
#define OTHER ((rdy_token)8)

#define CLOSED                                                                                               \
    "descriptor %d (token 7): closed behind the library's back while it was registered: deregister it "      \
    "first\n"
#define ANOTHER                                                                                              \
    "descriptor %d (token 7): another file by now: closed behind the library's back while it was "           \
    "registered, "                                                                                           \
    "and used again\n"
#define ANEW                                                                                                 \
    "descriptor %d (token 7): its source was freed, or it was closed, while it was registered: its number "  \
    "is "                                                                                                    \
    "registered anew\n"
#define NEVER_RETURNED                                                                                       \
    "descriptor %d (token 7): its source was registered when the poll was closed, and was never closed "     \
    "itself: "                                                                                               \
    "freed or lost\n"

static void wait_once(void)
{
    ck_assert_int_ge(rdy_poll_wait(subject.poll, &subject.events, SILENCE), 0);
}

static struct pair tell_readable(void)
{
    struct pair pair = open_unix_pair();
    watch(pair.end, TOKEN, RDY_READABLE);
    feed(pair.peer);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    return pair;
}

/* ---- descriptors that are closed too early ---- */

static void close_raw(const rdy_source *source)
{
    ck_assert_int_eq(close(rdy_source_fd(source)), 0);
}

START_TEST(a_raw_close_is_reported_once_by_the_next_wait)
{
    struct pair pair = open_pipe_reader();
    const int fd = rdy_source_fd(pair.end);
    watch(pair.end, TOKEN, RDY_READABLE);
    close_raw(pair.end);
    wait_once();
    expect_report(CLOSED, fd);
    wait_once();
    ck_assert_int_eq(rdy_source_deregister(pair.end), -EBADF);
    expect_no_report();
    *pair.end = (rdy_source){0};
}
END_TEST

START_TEST(a_raw_close_is_reported_by_the_calls_that_meet_it)
{
    struct pair pair = open_pipe_reader();
    const int fd = rdy_source_fd(pair.end);
    watch(pair.end, TOKEN, RDY_READABLE);
    close_raw(pair.end);
    if (_i == 0)
        ck_assert_int_eq(rdy_registry_reregister(subject.registry, pair.end, OTHER, RDY_READABLE), -EBADF);
    ck_assert_int_eq(rdy_source_deregister(pair.end), -EBADF);
    expect_report(CLOSED, fd);
    *pair.end = (rdy_source){0};
}
END_TEST

START_TEST(a_number_that_became_another_file_is_reported)
{
    struct pair old = open_pipe_reader();
    struct pair new = open_pipe_reader();
    watch(old.end, TOKEN, RDY_READABLE);
    ck_assert_int_ge(dup2(rdy_source_fd(new.end), rdy_source_fd(old.end)), 0);
    if (_i == 0)
        wait_once();
    else
        ck_assert_int_eq(rdy_registry_reregister(subject.registry, old.end, OTHER, RDY_READABLE), -ENOENT);
    expect_report(ANOTHER, rdy_source_fd(old.end));
}
END_TEST

/* A source that is freed leaves its number behind; its memory tells nothing, for sources may move. */
START_TEST(a_number_registered_anew_tells_of_a_source_that_was_freed)
{
    struct pair old = open_pipe_reader();
    struct pair new = open_pipe_reader();
    rdy_source lost = *old.end;
    watch(&lost, TOKEN, RDY_READABLE);
    ck_assert_int_ge(dup2(rdy_source_fd(new.end), rdy_source_fd(old.end)), 0);
    watch(old.end, OTHER, RDY_READABLE);
    expect_report(ANEW, rdy_source_fd(old.end));
    wait_once();
    expect_no_report();
    rdy_registry_free(lost.registry);
}
END_TEST

/* epoll(7) goes on to report the file: the record with its token must still be there. */
START_TEST(what_a_duplicate_keeps_alive_keeps_its_token)
{
    struct pair old = open_pipe_reader();
    struct pair new = open_pipe_reader();
    const int number = rdy_source_fd(old.end);
    source_of(fcntl(number, F_DUPFD_CLOEXEC, 0));
    rdy_source lost = *old.end;
    watch(&lost, TOKEN, RDY_READABLE | RDY_LEVEL);
    ck_assert_int_ge(dup2(rdy_source_fd(new.end), number), 0);
    watch(old.end, OTHER, RDY_READABLE);
    expect_report(ANEW, number);
    feed(old.peer);
    for (int round = 0; round < 3; round++) {
        wait_once();
        ck_assert_int_eq(events_for(TOKEN) + events_for(OTHER), (int)subject.events.count);
    }
    rdy_registry_free(lost.registry);
}
END_TEST

START_TEST(anonymous_inodes_are_taken_for_no_other)
{
    struct pair one = open_eventfd_pair();
    struct pair other = open_eventfd_pair();
    watch(one.end, TOKEN, RDY_READABLE);
    watch(other.end, OTHER, RDY_READABLE);
    feed(one.peer);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    ck_assert_uint_eq(drain(one.end), FED);
    wait_once();
    expect_no_report();
}
END_TEST

/* epoll(7) knows that it is another one, the table of the others does not. */
START_TEST(an_anonymous_inode_in_the_place_of_another_is_not_reported)
{
    struct pair old = open_eventfd_pair();
    struct pair new = open_eventfd_pair();
    watch(old.end, TOKEN, RDY_READABLE);
    ck_assert_int_ge(dup2(rdy_source_fd(new.end), rdy_source_fd(old.end)), 0);
    const int error = rdy_registry_reregister(subject.registry, old.end, OTHER, RDY_READABLE);
    ck_assert_int_eq(rdy_source_is_registered(old.end), error == 0);
    ck_assert(error == 0 || error == -ENOENT);
    expect_no_report();
}
END_TEST

/* ---- sources and polls that end in either order ---- */

static struct pair lent; /* a child registers it with a poll that it closes */

static void lend(void)
{
    rdy_poll *poll;
    ck_assert_int_eq(rdy_poll_open(NULL, &poll), 0);
    ck_assert_int_eq(rdy_registry_register(rdy_poll_registry(poll), lent.end, TOKEN, RDY_READABLE), 0);
    rdy_poll_close(poll);
}

static void close_raw_and_lose(void)
{
    rdy_poll *poll;
    ck_assert_int_eq(rdy_poll_open(NULL, &poll), 0);
    ck_assert_int_eq(rdy_registry_register(rdy_poll_registry(poll), lent.end, TOKEN, RDY_READABLE), 0);
    close_raw(lent.end);
    ck_assert_int_ge(rdy_poll_wait(poll, &subject.events, 0), 0);
    rdy_poll_close(poll);
}

static void close_later(void)
{
    lend();
    rdy_source_close(lent.end);
}

static void deregister_later(void)
{
    lend();
    if (rdy_source_deregister(lent.end) != -ENOENT)
        abort();
}

static void register_elsewhere_later(void)
{
    lend();
    watch(lent.end, OTHER, RDY_READABLE);
}

/* Registered with atexit(3) before the first poll, so that it runs after whatever a poll registered there. */
static rdy_source *closed_at_exit;

static void close_at_exit(void)
{
    rdy_source_close(closed_at_exit);
}

static void close_in_an_exit_handler(void)
{
    lend();
    closed_at_exit = lent.end;
}

/* Where the library is linked into the program, its own destructors are beside this one. */
static rdy_source *closed_by_destructor;

__attribute__((destructor)) static void close_by_destructor(void)
{
    rdy_source_close(closed_by_destructor);
}

static void close_in_a_destructor(void)
{
    lend();
    closed_by_destructor = lent.end;
}

static void leave_poll_open(void)
{
    watch(lent.end, TOKEN, RDY_READABLE);
}

START_TEST(a_source_that_outlives_its_poll_and_never_ends_is_reported_at_exit)
{
    lent = open_unix_pair();
    run_child(lend);
    expect_report(NEVER_RETURNED, rdy_source_fd(lent.end));
}
END_TEST

START_TEST(a_source_that_was_reported_before_is_not_reported_at_exit)
{
    lent = open_unix_pair();
    run_child(close_raw_and_lose);
    expect_report(CLOSED, rdy_source_fd(lent.end));
}
END_TEST

static void (*const right_ends[])(void) = {
    close_later,           deregister_later, register_elsewhere_later, close_in_an_exit_handler,
    close_in_a_destructor, leave_poll_open};

/* The subject is the parent's in the child, so that one is opened there. */
static void (*right_end)(void);

static void end_rightly(void)
{
    reopen_subject(NULL);
    right_end();
}

START_TEST(polls_and_sources_may_end_in_any_order)
{
    lent = open_unix_pair();
    right_end = right_ends[_i];
    run_child(end_rightly);
    expect_no_report();
}
END_TEST

static void do_nothing(void)
{
}

START_TEST(a_child_leaves_it_to_its_parent_to_report_at_exit)
{
    lent = open_unix_pair();
    lend();
    run_child(do_nothing);
    expect_no_report();
}
END_TEST

/* ---- the mode itself ---- */

START_TEST(the_poll_names_the_backend_that_works)
{
    for (const char *const *name = rdy_backends(); *name != NULL; name++) {
        reopen_subject(&(rdy_poll_options){.backend = *name});
        ck_assert_str_eq(rdy_poll_backend(subject.poll), *name);
    }
}
END_TEST

static const char *const other_values[] = {NULL, "", "0", "yes"};

START_TEST(without_the_variable_nothing_is_reported)
{
    if (other_values[_i] == NULL)
        ck_assert_int_eq(unsetenv("RDY_DEBUG"), 0);
    else
        ck_assert_int_eq(setenv("RDY_DEBUG", other_values[_i], 1), 0);
    reopen_subject(NULL);
    (void)tell_readable();
    wait_once();
    expect_no_report();
}
END_TEST

static void leave_stderr_to_nobody(void)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
}

/* Opens nothing, which would be stderr. */
static void make_a_report(void)
{
    rdy_source unknown = rdy_source_from_fd(STDIN_FILENO);
    ck_assert_int_eq(rdy_registry_deregister(subject.registry, &unknown), -ENOENT);
}

static bool sigpipe_is_pending(void)
{
    sigset_t pending;
    ck_assert_int_eq(sigpending(&pending), 0);
    return sigismember(&pending, SIGPIPE) == 1;
}

START_TEST(a_report_to_nobody_raises_no_signal)
{
    leave_stderr_to_nobody();
    signal(SIGPIPE, SIG_DFL);
    make_a_report();
    ck_assert(!sigpipe_is_pending());
    capture_stderr_again();
}
END_TEST

START_TEST(a_report_to_nobody_leaves_a_signal_that_was_pending_before)
{
    sigset_t broken;
    leave_stderr_to_nobody();
    sigemptyset(&broken);
    sigaddset(&broken, SIGPIPE);
    ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, &broken, NULL), 0);
    ck_assert_int_eq(raise(SIGPIPE), 0);
    make_a_report();
    ck_assert(sigpipe_is_pending());
    capture_stderr_again();
}
END_TEST

START_TEST(without_stderr_a_report_is_lost_and_no_more)
{
    close(STDERR_FILENO);
    make_a_report();
    ck_assert(!sigpipe_is_pending());
    capture_stderr_again();
}
END_TEST

START_TEST(a_backend_that_it_does_not_know_works_as_it_is)
{
    static const struct rdy_backend unknown = {.name = "unknown"};
    ck_assert_ptr_eq(rdy_debug_around(&unknown), &unknown);
}
END_TEST

static TCase *debug_case(Suite *suite, const char *name)
{
    TCase *tests = contract_case(suite, name);
    tcase_add_checked_fixture(tests, capture_stderr, release_stderr);
    return tests;
}

int main(void)
{
    atexit(close_at_exit);
    setenv("RDY_DEBUG", "1", 1);
    Suite *suite = contract_suite("debug");
    TCase *descriptors = debug_case(suite, "descriptors");
    TCase *mode = debug_case(suite, "mode");

    tcase_add_test(descriptors, a_raw_close_is_reported_once_by_the_next_wait);
    tcase_add_loop_test(descriptors, a_raw_close_is_reported_by_the_calls_that_meet_it, 0, 2);
    tcase_add_loop_test(descriptors, a_number_that_became_another_file_is_reported, 0, 2);
    tcase_add_test(descriptors, a_number_registered_anew_tells_of_a_source_that_was_freed);
    tcase_add_test(descriptors, what_a_duplicate_keeps_alive_keeps_its_token);
    tcase_add_test(descriptors, anonymous_inodes_are_taken_for_no_other);
    tcase_add_test(descriptors, an_anonymous_inode_in_the_place_of_another_is_not_reported);
    tcase_add_test(descriptors, a_source_that_outlives_its_poll_and_never_ends_is_reported_at_exit);
    tcase_add_test(descriptors, a_source_that_was_reported_before_is_not_reported_at_exit);
    tcase_add_test(descriptors, a_child_leaves_it_to_its_parent_to_report_at_exit);
    tcase_add_loop_test(descriptors, polls_and_sources_may_end_in_any_order, 0, COUNT(right_ends));

    tcase_add_test(mode, the_poll_names_the_backend_that_works);
    tcase_add_loop_test(mode, without_the_variable_nothing_is_reported, 0, COUNT(other_values));
    tcase_add_test(mode, a_report_to_nobody_raises_no_signal);
    tcase_add_test(mode, a_report_to_nobody_leaves_a_signal_that_was_pending_before);
    tcase_add_test(mode, without_stderr_a_report_is_lost_and_no_more);
    tcase_add_test(mode, a_backend_that_it_does_not_know_works_as_it_is);
    return run_suite(suite);
}
