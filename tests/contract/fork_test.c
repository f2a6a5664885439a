/* Promise 13: a child of fork is told so, and whatever it does leaves the parent's poll as it was. */

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/stream.h"
#include "reactor/waker.h"
#include "tests/contract/support.h"

#define TOKEN ((rdy_token)7)
#define OTHER ((rdy_token)8)

static struct pair registered;
static struct pair unregistered;
static rdy_waker *waker;

/*
 * The library's call comes here (meson.build). An emulator that ignores advice says yes to all of it, as qemu-user 7.2
 * does.
 */
static bool advice_is_ignored;

int __real_madvise(void *address, size_t size, int advice);
int __wrap_madvise(void *address, size_t size, int advice);
int __wrap_madvise(void *address, size_t size, int advice)
{
    return advice_is_ignored ? 0 : __real_madvise(address, size, advice);
}

static void ignore_advice(void)
{
    advice_is_ignored = true;
}

static void take_advice(void)
{
    advice_is_ignored = false;
}

/*
 * A child that ends while the thread that forked it blocks signals, as fork(3) does for a moment, ends another thread's
 * wait with -EINTR (poll.h), and here it would be any of the waits.
 */
static void let_ends_of_children(int how)
{
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGCHLD);
    ck_assert_int_eq(pthread_sigmask(how, &ends, NULL), 0);
}

static void prepare(void)
{
    let_ends_of_children(SIG_BLOCK);
    registered = open_unix_pair();
    unregistered = open_unix_pair();
    ck_assert_int_eq(rdy_waker_open(subject.registry, OTHER, &waker), 0);
    watch(registered.end, TOKEN, RDY_READABLE);
    expect_silence();
}

static void clean_up(void)
{
    rdy_waker_close(waker);
}

/* ---- what a child does; 0 if all was as promised, else the number of the step that was not ---- */

static int use_everything(void)
{
    rdy_waker *untouched = NULL;
    const struct {
        int result;
        int expected;
    } steps[] = {
        {rdy_poll_wait(subject.poll, &subject.events, 0), -ECHILD},
        {rdy_poll_wait(subject.poll, &subject.events, RDY_FOREVER), -ECHILD},
        {rdy_registry_register(subject.registry, unregistered.end, OTHER, RDY_READABLE), -ECHILD},
        {rdy_registry_reregister(subject.registry, registered.end, OTHER, RDY_WRITABLE), -ECHILD},
        {rdy_registry_deregister(subject.registry, registered.end), -ECHILD},
        {rdy_source_deregister(registered.end), -ECHILD},
        {rdy_source_blocked(registered.end, RDY_READABLE), -ECHILD},
        {rdy_poll_fd(subject.poll), -ECHILD},
        {rdy_waker_open(subject.registry, OTHER, &untouched), -ECHILD},
        {rdy_waker_wake(waker), -ECHILD},
        {untouched == NULL, true},
        {rdy_source_is_registered(unregistered.end), false},
    };
    for (int i = 0; i < COUNT(steps); i++)
        if (steps[i].result != steps[i].expected)
            return i + 1;
    return 0;
}

static int close_everything(void)
{
    rdy_waker_close(waker);
    rdy_source_close(registered.end);
    rdy_poll_close(subject.poll);
    return 0;
}

static int close_the_poll_first(void)
{
    rdy_poll_close(subject.poll);
    rdy_source_close(registered.end);
    rdy_waker_close(waker);
    return 0;
}

static int read_and_write(void)
{
    char byte;
    if (rdy_stream_read(registered.end, &byte, 1) != -EAGAIN)
        return 1;
    return rdy_stream_write(registered.end, "x", 1) == 1 ? 0 : 2;
}

static int open_its_own(void)
{
    rdy_poll *poll;
    if (rdy_poll_open(NULL, &poll) != 0)
        return 1;
    if (rdy_registry_register(rdy_poll_registry(poll), unregistered.end, OTHER, RDY_WRITABLE) != 0)
        return 2;
    const int count = rdy_poll_wait(poll, &subject.events, GENEROUS);
    if (count != 1 || subject.events.items[0].token != OTHER)
        return 3;
    rdy_poll_close(poll);
    return 0;
}

static int leave_at_once(void)
{
    return 0;
}

/* ---- the parent ---- */

static int (*const children[])(void) = {
    use_everything, close_everything, close_the_poll_first, read_and_write, open_its_own, leave_at_once,
};

static void run_child(int (*child)(void))
{
    int status = 0;
    const pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        _exit(child());
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    ck_assert_msg(WEXITSTATUS(status) == 0, "the child's step %d was not as promised", WEXITSTATUS(status));
}

static void expect_poll_to_work(void)
{
    feed(registered.peer);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    drain(registered.end);
    ck_assert_int_eq(rdy_waker_wake(waker), 0);
    wait_for(OTHER, RDY_EVENT_READABLE);
    watch_again(registered.end, OTHER, RDY_WRITABLE);
    wait_for(OTHER, RDY_EVENT_WRITABLE);
    ck_assert_int_eq(rdy_source_deregister(registered.end), 0);
    expect_silence();
}

START_TEST(a_child_may_do_anything_and_the_parents_poll_works_on)
{
    run_child(children[_i]);
    expect_poll_to_work();
}
END_TEST

static void *wake_later(void *opaque)
{
    (void)opaque;
    wait_until_main_sleeps();
    rdy_waker_wake(waker);
    return NULL;
}

START_TEST(a_wake_of_the_parent_is_not_taken_by_a_child)
{
    ck_assert_int_eq(rdy_waker_wake(waker), 0);
    run_child(children[_i]);
    wait_for(OTHER, RDY_EVENT_READABLE);
    pthread_t thread = start_thread(wake_later, NULL);
    wait_for(OTHER, RDY_EVENT_READABLE);
    join_thread(thread);
}
END_TEST

static int shut_down(void)
{
    return rdy_stream_shutdown(unregistered.end, SHUT_WR) == 0 ? 0 : 1;
}

/* The kernel may say once more that it is writable; what the library shows of its own shutdowns is the child's. */
START_TEST(a_shutdown_by_a_child_leaves_the_parents_registration_as_it_is)
{
    watch(unregistered.end, OTHER, RDY_WRITABLE);
    wait_for(OTHER, RDY_EVENT_WRITABLE);
    run_child(shut_down);
    ck_assert_int_ge(rdy_poll_wait(subject.poll, &subject.events, SILENCE), 0);
    ck_assert_uint_eq(flags_for(OTHER) & RDY_EVENT_WRITE_CLOSED, 0);
    ck_assert_int_eq(rdy_source_deregister(unregistered.end), 0);
    expect_poll_to_work();
}
END_TEST

static void *run_child_and_feed_later(void *child)
{
    wait_until_main_sleeps();
    run_child(*(int (*const *)(void))child);
    feed(registered.peer);
    return NULL;
}

/* On select the child has a copy of the sets on which its parent sleeps, and on epoll the very files. */
START_TEST(a_fork_in_the_middle_of_a_wait_leaves_the_wait_as_it_was)
{
    int (*child)(void) = children[_i];
    pthread_t thread = start_thread(run_child_and_feed_later, &child);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    join_thread(thread);
    drain(registered.end);
    drain(registered.peer); /* what the child may have written */
    expect_poll_to_work();
}
END_TEST

/* The thread that forks blocks it, as it has that from its creator. */
START_TEST(a_wait_that_the_end_of_a_child_interrupts_loses_no_event)
{
    int (*child)(void) = leave_at_once;
    pthread_t thread = start_thread(run_child_and_feed_later, &child);
    let_ends_of_children(SIG_UNBLOCK);
    const int count = rdy_poll_wait(subject.poll, &subject.events, GENEROUS);
    ck_assert_msg(count == -EINTR || count == 1, "%d events", count);
    ck_assert_uint_eq(subject.events.count, count == 1);
    let_ends_of_children(SIG_BLOCK);
    if (count == -EINTR)
        wait_for(TOKEN, RDY_EVENT_READABLE);
    join_thread(thread);
    drain(registered.end);
    expect_poll_to_work();
}
END_TEST

/* A child that keeps all descriptors open until the other end of this pipe is closed. */
static pid_t start_keeper(int fds[2])
{
    ck_assert_int_eq(pipe(fds), 0);
    const pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        char byte;
        close(fds[1]);
        _exit(read(fds[0], &byte, 1) == 0 ? 0 : 1);
    }
    return pid;
}

static void end_keeper(pid_t pid, const int fds[2])
{
    int status = 0;
    close(fds[0]);
    close(fds[1]);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* close(2) alone does not end it there: the file lives on in the child (epoll(7)). */
START_TEST(what_the_parent_closes_is_silent_though_a_child_keeps_its_file)
{
    static const rdy_interest triggers[] = {RDY_EDGE, RDY_LEVEL, RDY_ONESHOT};
    int fds[2];
    watch_again(registered.end, TOKEN, RDY_READABLE | triggers[_i]);
    const pid_t pid = start_keeper(fds);
    feed(registered.peer);
    rdy_source_close(registered.end);
    expect_silence();
    feed(registered.peer);
    expect_silence();
    watch(unregistered.end, TOKEN, RDY_READABLE | triggers[_i]);
    feed(unregistered.peer);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    end_keeper(pid, fds);
}
END_TEST

static atomic_bool over;

static void *register_and_wake_for_ever(void *opaque)
{
    rdy_source *source = opaque;
    while (!atomic_load(&over)) {
        rdy_registry_register(subject.registry, source, OTHER, RDY_READABLE);
        rdy_waker_wake(waker);
        rdy_source_deregister(source);
        sched_yield();
    }
    return NULL;
}

/* The lock of the registry is held by a thread that the child does not have. */
START_TEST(a_child_of_a_parent_whose_threads_are_busy_does_not_hang)
{
    struct pair pair = open_unix_pair();
    pthread_t thread = start_thread(register_and_wake_for_ever, pair.end);
    for (int round = 0; round < 20; round++) {
        wait_for(OTHER, RDY_EVENT_READABLE);
        run_child(children[_i]);
        drain(registered.peer); /* what the child may have written */
    }
    atomic_store(&over, true);
    join_thread(thread);
    while (rdy_poll_wait(subject.poll, &subject.events, 0) > 0)
        ;
    expect_poll_to_work();
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, prepare, clean_up);
    tcase_add_loop_test(tests, a_child_may_do_anything_and_the_parents_poll_works_on, 0, COUNT(children));
    tcase_add_loop_test(tests, a_wake_of_the_parent_is_not_taken_by_a_child, 0, COUNT(children));
    tcase_add_loop_test(tests, a_fork_in_the_middle_of_a_wait_leaves_the_wait_as_it_was, 0, COUNT(children));
    tcase_add_loop_test(tests, what_the_parent_closes_is_silent_though_a_child_keeps_its_file, 0, 3);
}

int main(void)
{
    Suite *suite = contract_suite("fork");
    TCase *tests = contract_case(suite, "fork");
    add_tests(tests);
    tcase_add_test(tests, a_wait_that_the_end_of_a_child_interrupts_loses_no_event);
    tcase_add_test(tests, a_shutdown_by_a_child_leaves_the_parents_registration_as_it_is);
    tcase_add_loop_test(tests, a_child_of_a_parent_whose_threads_are_busy_does_not_hang, 0, COUNT(children));

    /* Unchecked, so that it is set when a test's process opens its first poll and asks the kernel. */
    TCase *emulated = contract_case(suite, "fork where advice is ignored");
    tcase_add_unchecked_fixture(emulated, ignore_advice, take_advice);
    add_tests(emulated);
    return run_suite(suite);
}
