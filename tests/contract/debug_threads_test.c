/* The debug mode and threads that change registrations, wait and fork at the same time. */

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/contract/printed.h"
#include "tests/contract/support.h"

#define TOKEN ((rdy_token)7)

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

int main(void)
{
    setenv("RDY_DEBUG", "1", 1);
    Suite *suite = contract_suite("debug_threads");
    TCase *threads = contract_case(suite, "threads");

    tcase_add_checked_fixture(threads, capture_stderr, release_stderr);
    tcase_add_test(threads, a_child_opens_polls_whatever_the_threads_of_its_parent_were_at);
    return run_suite(suite);
}
