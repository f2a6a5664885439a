/* The debug mode and calls that are refused, by two threads and by processes too. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/stream.h"
#include "reactor/waker.h"
#include "tests/contract/printed.h"
#include "tests/contract/support.h"

#define TOKEN ((rdy_token)7)
#define OTHER ((rdy_token)8)

/* ---- calls that are refused ---- */

static rdy_poll *other_poll;

static void open_other(void)
{
    ck_assert_int_eq(rdy_poll_open(NULL, &other_poll), 0);
}

static void close_other(void)
{
    rdy_poll_close(other_poll);
}

static int register_twice(rdy_source *source)
{
    watch(source, TOKEN, RDY_READABLE);
    return rdy_registry_register(subject.registry, source, TOKEN, RDY_READABLE);
}

static int register_a_twin(rdy_source *source)
{
    rdy_source twin = rdy_source_from_fd(rdy_source_fd(source));
    watch(source, TOKEN, RDY_READABLE);
    return rdy_registry_register(subject.registry, &twin, TOKEN, RDY_READABLE);
}

static int register_with_two_polls(rdy_source *source)
{
    watch(source, TOKEN, RDY_READABLE);
    return rdy_registry_register(rdy_poll_registry(other_poll), source, TOKEN, RDY_READABLE);
}

static int reregister_with_another_poll(rdy_source *source)
{
    watch(source, TOKEN, RDY_READABLE);
    return rdy_registry_reregister(rdy_poll_registry(other_poll), source, TOKEN, RDY_READABLE);
}

static int deregister_from_another_poll(rdy_source *source)
{
    watch(source, TOKEN, RDY_READABLE);
    return rdy_registry_deregister(rdy_poll_registry(other_poll), source);
}

static int reregister_what_is_not_registered(rdy_source *source)
{
    return rdy_registry_reregister(subject.registry, source, TOKEN, RDY_READABLE);
}

static int deregister_what_is_not_registered(rdy_source *source)
{
    return rdy_registry_deregister(subject.registry, source);
}

static int register_for_nothing(rdy_source *source)
{
    return rdy_registry_register(subject.registry, source, TOKEN, RDY_LEVEL);
}

static int register_a_closed_descriptor(rdy_source *source)
{
    rdy_source closed = rdy_source_from_fd(rdy_source_fd(source));
    rdy_source_close(source);
    *source = closed;
    const int error = rdy_registry_register(subject.registry, source, TOKEN, RDY_READABLE);
    return error;
}

static const struct {
    int (*misuse)(rdy_source *source);
    int error;
    const char *report;
} refusals[] = {
    {register_twice, -EEXIST, "register: registered already, here or with another poll (EEXIST)"},
    {register_a_twin, -EEXIST, "register: registered already, here or with another poll (EEXIST)"},
    {register_with_two_polls, -EEXIST, "register: registered already, here or with another poll (EEXIST)"},
    {reregister_with_another_poll, -EEXIST,
     "reregister: registered already, here or with another poll (EEXIST)"},
    {deregister_from_another_poll, -EEXIST,
     "deregister: registered already, here or with another poll (EEXIST)"},
    {reregister_what_is_not_registered, -ENOENT, "reregister: not registered (ENOENT)"},
    {deregister_what_is_not_registered, -ENOENT, "deregister: not registered (ENOENT)"},
    {register_for_nothing, -EINVAL, "register: the interest means nothing (EINVAL)"},
    {register_a_closed_descriptor, -EBADF, "register: not an open descriptor (EBADF)"},
};

START_TEST(a_call_that_is_refused_for_misuse_is_reported_once)
{
    struct pair pair = open_unix_pair();
    ck_assert_int_eq(refusals[_i].misuse(pair.end), refusals[_i].error);
    expect_report("descriptor %d: %s\n", rdy_source_fd(pair.end), refusals[_i].report);
    (void)rdy_source_deregister(pair.end);
    ck_assert_int_eq(refusals[_i].misuse(pair.end), refusals[_i].error);
    expect_no_report();
}
END_TEST

START_TEST(closing_what_was_never_registered_is_fine)
{
    struct pair pair = open_unix_pair();
    rdy_source_close(pair.end);
    ck_assert_int_eq(rdy_source_deregister(pair.peer), -ENOENT);
    expect_no_report();
}
END_TEST

/* ---- threads and processes ---- */

static void *wait_beside(void *opaque)
{
    rdy_events events;
    wait_until_main_sleeps();
    if (rdy_events_alloc(8, &events) != 0)
        return NULL;
    const int count = rdy_poll_wait(subject.poll, &events, 0);
    rdy_events_free(&events);
    rdy_waker_wake(opaque);
    return count >= 0 ? opaque : NULL;
}

START_TEST(two_threads_that_wait_at_once_are_reported)
{
    rdy_waker *waker;
    ck_assert_int_eq(rdy_waker_open(subject.registry, OTHER, &waker), 0);
    pthread_t thread = start_thread(wait_beside, waker);
    wait_for(OTHER, RDY_EVENT_READABLE);
    ck_assert_ptr_nonnull(join_thread(thread));
    expect_report("wait: two threads wait at once\n");
    rdy_waker_close(waker);
}
END_TEST

static void wait_in_child(void)
{
    for (int i = 0; i < 3; i++)
        if (rdy_poll_wait(subject.poll, &subject.events, 0) != -ECHILD)
            abort();
}

START_TEST(a_child_that_uses_its_parents_poll_is_reported)
{
    run_child(wait_in_child);
    expect_report("wait: a child of fork(2) cannot use the poll of its parent (ECHILD)\n");
}
END_TEST

static struct pair inherited;

static void use_and_close_in_child(void)
{
    char bytes[FED + 1];
    if (rdy_stream_read(inherited.end, bytes, sizeof bytes) != FED ||
        rdy_stream_read(inherited.end, bytes, 1) != -EAGAIN)
        abort();
    rdy_source_close(inherited.end);
    rdy_poll_close(subject.poll);
}

START_TEST(a_child_that_reads_and_closes_what_it_inherited_is_fine)
{
    inherited = open_unix_pair();
    watch(inherited.end, TOKEN, RDY_READABLE);
    feed(inherited.peer);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    run_child(use_and_close_in_child);
    expect_no_report();
}
END_TEST

int main(void)
{
    setenv("RDY_DEBUG", "1", 1);
    Suite *suite = contract_suite("debug_calls");
    TCase *calls = contract_case(suite, "calls");

    tcase_add_checked_fixture(calls, capture_stderr, release_stderr);
    tcase_add_checked_fixture(calls, open_other, close_other);
    tcase_add_loop_test(calls, a_call_that_is_refused_for_misuse_is_reported_once, 0, COUNT(refusals));
    tcase_add_test(calls, closing_what_was_never_registered_is_fine);
    tcase_add_test(calls, two_threads_that_wait_at_once_are_reported);
    tcase_add_test(calls, a_child_that_uses_its_parents_poll_is_reported);
    tcase_add_test(calls, a_child_that_reads_and_closes_what_it_inherited_is_fine);
    return run_suite(suite);
}
