/* Promise 5: after deregister or close returns, no later wait reports that registration. */

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include "net/stream.h"
#include "reactor/waker.h"
#include "tests/contract/support.h"

#define TOKEN ((rdy_token)7)
#define OTHER ((rdy_token)8)

static const rdy_interest triggers[] = {RDY_EDGE, RDY_LEVEL, RDY_ONESHOT};

static struct pair watch_ready_pair(rdy_interest trigger)
{
    struct pair pair = open_unix_pair();
    feed(pair.peer);
    watch(pair.end, TOKEN, RDY_READABLE | RDY_WRITABLE | trigger);
    return pair;
}

START_TEST(an_event_that_waits_is_dropped_by_deregister)
{
    struct pair pair = watch_ready_pair(triggers[_i]);
    ck_assert_int_eq(rdy_registry_deregister(subject.registry, pair.end), 0);
    expect_silence();
    feed(pair.peer);
    expect_silence();
}
END_TEST

START_TEST(an_event_that_waits_is_dropped_by_close)
{
    struct pair pair = watch_ready_pair(triggers[_i]);
    rdy_source_close(pair.end);
    expect_silence();
}
END_TEST

START_TEST(close_ends_the_registration_though_a_duplicate_keeps_the_file)
{
    struct pair pair = watch_ready_pair(triggers[_i]);
    source_of(fcntl(rdy_source_fd(pair.end), F_DUPFD_CLOEXEC, 0));
    rdy_source_close(pair.end);
    expect_silence();
    feed(pair.peer);
    expect_silence();
}
END_TEST

/* Another pair whose end has exactly this number. */
static struct pair open_at(int number)
{
    struct pair pair = open_unix_pair();
    if (rdy_source_fd(pair.end) == number)
        return pair;
    ck_assert_int_eq(dup3(rdy_source_fd(pair.end), number, O_CLOEXEC), number);
    rdy_source_close(pair.end);
    return (struct pair){.end = source_of(number), .peer = pair.peer};
}

START_TEST(a_number_that_is_used_again_is_another_registration)
{
    struct pair old = watch_ready_pair(triggers[_i]);
    const int number = rdy_source_fd(old.end);
    rdy_source_close(old.end);
    struct pair pair = open_at(number);
    expect_silence();
    watch(pair.end, OTHER, RDY_READABLE | triggers[_i]);
    expect_silence();
    feed(pair.peer);
    wait_for(OTHER, RDY_EVENT_READABLE);
}
END_TEST

START_TEST(a_number_that_is_used_again_between_two_waits_reports_its_new_token_alone)
{
    struct pair old = watch_ready_pair(triggers[_i]);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    const int number = rdy_source_fd(old.end);
    rdy_source_close(old.end);
    struct pair pair = open_at(number);
    feed(pair.peer);
    watch(pair.end, OTHER, RDY_READABLE | triggers[_i]);
    wait_for(OTHER, RDY_EVENT_READABLE);
}
END_TEST

START_TEST(reregistering_what_became_another_file_is_enoent_and_it_is_gone)
{
    struct pair old = open_pipe_reader();
    struct pair new = open_pipe_reader();
    watch(old.end, TOKEN, RDY_READABLE);
    ck_assert_int_ge(dup2(rdy_source_fd(new.end), rdy_source_fd(old.end)), 0);
    ck_assert_int_eq(rdy_registry_reregister(subject.registry, old.end, OTHER, RDY_READABLE), -ENOENT);
    ck_assert(!rdy_source_is_registered(old.end));
    feed(new.peer);
    expect_silence();
    watch(old.end, OTHER, RDY_READABLE);
    wait_for(OTHER, RDY_EVENT_READABLE);
}
END_TEST

/* As closefrom(3) does in a program that becomes a daemon. */
START_TEST(a_poll_whose_own_descriptors_were_closed_says_ebadf)
{
    enum { MANY = 256 };
    rdy_poll *poll;
    bool was_open[MANY];
    for (int fd = 0; fd < MANY; fd++)
        was_open[fd] = fcntl(fd, F_GETFD) >= 0;
    ck_assert_int_eq(rdy_poll_open(NULL, &poll), 0);
    for (int fd = 0; fd < MANY; fd++)
        if (!was_open[fd])
            close(fd);
    ck_assert_int_eq(rdy_poll_wait(poll, &subject.events, RDY_FOREVER), -EBADF);
    rdy_poll_close(poll);
}
END_TEST

START_TEST(a_descriptor_closed_behind_our_back_is_ebadf_and_gone)
{
    struct pair old = watch_ready_pair(triggers[_i]);
    const int number = rdy_source_fd(old.end);
    ck_assert_int_eq(close(number), 0);
    ck_assert_int_eq(rdy_registry_deregister(subject.registry, old.end), -EBADF);
    *old.end = (rdy_source){0};
    struct pair pair = open_at(number);
    watch(pair.end, OTHER, RDY_READABLE | triggers[_i]);
    feed(pair.peer);
    wait_for(OTHER, RDY_EVENT_READABLE);
}
END_TEST

static const struct {
    struct pair (*open)(void);
    int answer; /* of rdy_stream_read */
} overtakers[] = {{open_unix_pair, -EAGAIN},
                  {open_pipe_reader, -ENOTSOCK}}; /* the latter is of another device */

/* Its number went to another file, which was registered and has gone again. */
START_TEST(what_was_overtaken_is_enoent_and_reports_nothing)
{
    char byte;
    struct pair old = watch_ready_pair(RDY_EDGE);
    struct pair new = overtakers[_i].open();
    const int number = rdy_source_fd(old.end);
    ck_assert_int_eq(dup2(rdy_source_fd(new.end), number), number);
    expect_silence();
    rdy_source second = rdy_source_from_fd(number);
    watch(&second, OTHER, RDY_READABLE);
    ck_assert_int_eq(rdy_registry_deregister(subject.registry, &second), 0);
    const int error = rdy_source_blocked(old.end, RDY_READABLE); /* who keeps no table has nothing to say */
    ck_assert(error == 0 || error == -ENOENT);
    ck_assert_int_eq(rdy_stream_read(old.end, &byte, 1), overtakers[_i].answer);
    feed(new.peer);
    expect_silence();
    ck_assert_int_eq(rdy_registry_reregister(subject.registry, old.end, TOKEN, RDY_READABLE), -ENOENT);
    ck_assert(!rdy_source_is_registered(old.end));
    expect_silence();
}
END_TEST

/* ---- from another thread, while one waits ---- */

struct removal {
    struct pair pair;
    rdy_waker *waker;
    int (*remove)(rdy_source *source);
};

static int remove_by_closing(rdy_source *source)
{
    rdy_source_close(source);
    return 0;
}

/* What becomes ready after the removal has returned must not end the sleep of the other thread. */
static void *remove_then_make_ready(void *opaque)
{
    const struct removal *removal = opaque;
    wait_until_main_sleeps();
    const int result = removal->remove(removal->pair.end);
    feed(removal->pair.peer);
    pause_briefly();
    rdy_waker_wake(removal->waker);
    return result == 0 ? opaque : NULL;
}

static int (*const removers[])(rdy_source *) = {rdy_source_deregister, remove_by_closing};

START_TEST(what_another_thread_removes_does_not_end_the_wait_under_way)
{
    struct removal removal = {.pair = open_unix_pair(), .remove = removers[_i]};
    const int kept = fcntl(rdy_source_fd(removal.pair.end), F_DUPFD_CLOEXEC, 0);
    ck_assert_int_eq(rdy_waker_open(subject.registry, OTHER, &removal.waker), 0);
    source_of(kept);
    watch(removal.pair.end, TOKEN, RDY_READABLE);
    pthread_t thread = start_thread(remove_then_make_ready, &removal);
    wait_for(OTHER, RDY_EVENT_READABLE);
    ck_assert_ptr_nonnull(join_thread(thread));
    expect_silence();
    rdy_waker_close(removal.waker);
}
END_TEST

#define ROUNDS 300

static atomic_uint retired; /* all tokens up to this one had been removed */
static atomic_bool finished;

/* A registration that is made ready, and then removed in one way or another. */
static int register_and_remove(unsigned token)
{
    int fds[2];
    if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) != 0)
        return -errno;
    rdy_source source = rdy_source_from_fd(fds[0]);
    rdy_source writer = rdy_source_from_fd(fds[1]);
    int error = rdy_registry_register(subject.registry, &source, token, RDY_READABLE | RDY_LEVEL);
    feed(&writer);
    if (error == 0)
        error = removers[token % 2](&source);
    atomic_store(&retired, token);
    rdy_source_close(&writer);
    rdy_source_close(&source);
    return error;
}

/* The numbers of the descriptors are ever the same. */
static void *churn(void *opaque)
{
    int error = 0;
    for (unsigned token = 1; token <= (unsigned)rounds(ROUNDS) && error == 0; token++)
        error = register_and_remove(token);
    atomic_store(&finished, true);
    return error == 0 ? opaque : NULL;
}

static void check_that_none_is_retired(unsigned before)
{
    for (size_t i = 0; i < subject.events.count; i++)
        ck_assert_uint_gt(subject.events.items[i].token, before);
}

START_TEST(no_wait_reports_what_had_been_removed_before_it_began)
{
    int anything;
    pthread_t thread = start_thread(churn, &anything);
    do {
        const unsigned before = atomic_load(&retired);
        ck_assert_int_ge(rdy_poll_wait(subject.poll, &subject.events, RDY_MILLISECOND), 0);
        check_that_none_is_retired(before);
    } while (!atomic_load(&finished));
    ck_assert_ptr_nonnull(join_thread(thread));
    expect_silence();
}
END_TEST

START_TEST(closing_a_poll_with_registrations_leaves_the_sources_usable)
{
    struct pair pair = watch_ready_pair(triggers[_i]);
    reopen_subject(NULL);
    ck_assert(!rdy_source_is_registered(pair.end));
    ck_assert_uint_eq(drain(pair.end), FED);
    watch(pair.end, OTHER, RDY_WRITABLE);
    wait_for(OTHER, RDY_EVENT_WRITABLE);
}
END_TEST

int main(void)
{
    Suite *suite = contract_suite("stale");
    TCase *alone = contract_case(suite, "one thread");
    TCase *threads = contract_case(suite, "threads");

    tcase_add_loop_test(alone, an_event_that_waits_is_dropped_by_deregister, 0, COUNT(triggers));
    tcase_add_loop_test(alone, an_event_that_waits_is_dropped_by_close, 0, COUNT(triggers));
    tcase_add_loop_test(alone, close_ends_the_registration_though_a_duplicate_keeps_the_file, 0,
                        COUNT(triggers));
    tcase_add_loop_test(alone, a_number_that_is_used_again_is_another_registration, 0, COUNT(triggers));
    tcase_add_loop_test(alone, a_number_that_is_used_again_between_two_waits_reports_its_new_token_alone, 0,
                        COUNT(triggers));
    tcase_add_test(alone, reregistering_what_became_another_file_is_enoent_and_it_is_gone);
    tcase_add_test(alone, a_poll_whose_own_descriptors_were_closed_says_ebadf);
    tcase_add_loop_test(alone, a_descriptor_closed_behind_our_back_is_ebadf_and_gone, 0, COUNT(triggers));
    tcase_add_loop_test(alone, what_was_overtaken_is_enoent_and_reports_nothing, 0, COUNT(overtakers));
    tcase_add_loop_test(alone, closing_a_poll_with_registrations_leaves_the_sources_usable, 0,
                        COUNT(triggers));
    tcase_add_loop_test(threads, what_another_thread_removes_does_not_end_the_wait_under_way, 0,
                        COUNT(removers));
    tcase_add_test(threads, no_wait_reports_what_had_been_removed_before_it_began);
    return run_suite(suite);
}
