/* The debug mode and threads that change registrations, wait and fork at the same time. */

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reactor/waker.h"
#include "tests/contract/printed.h"
#include "tests/contract/support.h"

#define TOKEN ((rdy_token)7)
#define OTHER ((rdy_token)8)
#define WAKER ((rdy_token)9)

/* The library's calls come here (meson.build). */
static atomic_long blocks;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    atomic_fetch_add(&blocks, 1);
    return __real_malloc(size);
}

/* Compilers make one of malloc and memset. */
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    atomic_fetch_add(&blocks, 1);
    return __real_calloc(count, size);
}

void __real_free(void *block);
void __wrap_free(void *block);
void __wrap_free(void *block)
{
    atomic_fetch_sub(&blocks, block != NULL);
    __real_free(block);
}

static atomic_bool over;

/* ---- a child of fork(2) ---- */

enum { THREADS = 3, FORKS = 200, SECONDS_FOR_A_CHILD = 10 };

/* Polls that are closed before their sources: each close and each return is one of the lock that all polls share. */
static void *outlive_polls(void *opaque)
{
    rdy_source *source = opaque;
    rdy_poll *poll;
    int error = 0;
    while (error == 0 && !atomic_load(&over)) {
        if (rdy_poll_open(NULL, &poll) != 0)
            return NULL;
        error = rdy_registry_register(rdy_poll_registry(poll), source, TOKEN, RDY_READABLE);
        rdy_poll_close(poll);
        (void)rdy_source_deregister(source);
        if (descriptors_come_back_late())
            pause_briefly();
    }
    return error == 0 ? opaque : NULL;
}

static void open_a_poll(void)
{
    rdy_poll *poll;
    alarm(SECONDS_FOR_A_CHILD); /* it would not end, nor be ended with the test */
    if (rdy_poll_open(NULL, &poll) != 0)
        abort();
    _exit(EXIT_SUCCESS); /* ThreadSanitizer takes a second for exit(3) */
}

START_TEST(a_child_opens_polls_whatever_the_threads_of_its_parent_were_at)
{
    pthread_t threads[THREADS];
    atomic_store(&over, false);
    for (int i = 0; i < THREADS; i++)
        threads[i] = start_thread(outlive_polls, open_unix_pair().end);
    for (int i = 0; i < FORKS; i++)
        run_child(open_a_poll);
    atomic_store(&over, true);
    for (int i = 0; i < THREADS; i++)
        ck_assert_ptr_nonnull(join_thread(threads[i]));
    expect_no_report();
}
END_TEST

/* ---- waits that are under way ---- */

enum { WAITERS = 2, CHANGES = 20000 };

/* An assertion for each would take longer, and memory. */
static int change_often(rdy_source *source, int times)
{
    int error = 0;
    for (int i = 0; i < times && error == 0; i++) {
        error = rdy_registry_reregister(subject.registry, source, i % 2 == 0 ? OTHER : TOKEN,
                                        RDY_READABLE | RDY_LEVEL);
        sched_yield(); /* else the lock is hardly ever free for those who wait */
    }
    return error;
}

static void *look_again_and_again(void *opaque)
{
    rdy_events events;
    bool fine = rdy_events_alloc(2, &events) == 0;
    while (fine && !atomic_load(&over)) {
        fine = rdy_poll_wait(subject.poll, &events, 0) >= 0;
        for (size_t i = 0; fine && i < events.count; i++)
            fine = events.items[i].token == TOKEN || events.items[i].token == OTHER;
    }
    rdy_events_free(&events);
    return fine ? opaque : NULL;
}

/* It is misuse, but only on select does it touch memory of another wait: there it is not tried. */
START_TEST(two_threads_that_wait_at_once_get_tokens_that_were_given)
{
    struct pair pair = open_unix_pair();
    pthread_t threads[WAITERS];
    if (strcmp(rdy_poll_backend(subject.poll), "select") == 0)
        return;
    feed(pair.peer);
    watch(pair.end, TOKEN, RDY_READABLE | RDY_LEVEL);
    atomic_store(&over, false);
    for (int i = 0; i < WAITERS; i++)
        threads[i] = start_thread(look_again_and_again, pair.end);
    const int error = change_often(pair.end, CHANGES);
    atomic_store(&over, true);
    for (int i = 0; i < WAITERS; i++)
        ck_assert_ptr_nonnull(join_thread(threads[i]));
    ck_assert_int_eq(error, 0);
}
END_TEST

enum { FEW = 2000, MANY = 10 * FEW };

START_TEST(changes_while_nobody_waits_keep_no_memory)
{
    struct pair pair = open_unix_pair();
    watch(pair.end, TOKEN, RDY_READABLE);
    const long before = atomic_load(&blocks);
    const int error = change_often(pair.end, MANY);
    const long after = atomic_load(&blocks);
    ck_assert_int_eq(error, 0);
    ck_assert_int_eq(after, before);
}
END_TEST

static rdy_waker *waker;

static void *change_often_and_wake(void *opaque)
{
    const int64_t deadline = rdy_clock_after(rdy_clock_now(), GENEROUS);
    wait_until_main_sleeps();
    const long before = atomic_load(&blocks);
    const int error = change_often(opaque, MANY);
    while (atomic_load(&blocks) > before + FEW && rdy_clock_now() < deadline)
        pause_briefly();
    const long after = atomic_load(&blocks);
    rdy_waker_wake(waker);
    return error == 0 && after <= before + FEW ? opaque : NULL;
}

START_TEST(changes_while_one_wait_sleeps_keep_little_memory)
{
    struct pair pair = open_unix_pair();
    watch(pair.end, TOKEN, RDY_READABLE);
    ck_assert_int_eq(rdy_waker_open(subject.registry, WAKER, &waker), 0);
    pthread_t thread = start_thread(change_often_and_wake, pair.end);
    ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, RDY_FOREVER), 1);
    ck_assert_ptr_nonnull(join_thread(thread));
    rdy_waker_close(waker);
}
END_TEST

int main(void)
{
    setenv("RDY_DEBUG", "1", 1);
    Suite *suite = contract_suite("debug_threads");
    TCase *threads = contract_case(suite, "threads");
    TCase *crowds = contract_case(suite, "crowds");

    tcase_add_checked_fixture(threads, capture_stderr, release_stderr);
    tcase_add_checked_fixture(crowds, capture_stderr, release_stderr);
    tcase_set_tags(crowds, WITHOUT_VALGRIND);
    tcase_add_test(crowds, a_child_opens_polls_whatever_the_threads_of_its_parent_were_at);
    tcase_add_test(crowds, two_threads_that_wait_at_once_get_tokens_that_were_given);
    tcase_add_test(threads, changes_while_nobody_waits_keep_no_memory);
    tcase_add_test(threads, changes_while_one_wait_sleeps_keep_little_memory);
    return run_suite(suite);
}
