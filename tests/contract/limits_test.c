/*
 * RLIMIT_NOFILE: the last descriptor below it, descriptors that are above it since it was lowered, and none left.
 * Promises 1, 7 and 11.
 */

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "reactor/waker.h"
#include "tests/contract/support.h"

#define TOKEN ((rdy_token)7)
#define OTHER ((rdy_token)8)

enum { FEW = 64, MOST = 1 << 16 };

static const rdy_interest triggers[] = {RDY_EDGE, RDY_LEVEL, RDY_ONESHOT};

/* Raised as far as the system lets us, within reason, so that the library makes room for as many. */
static int set_limit(rlim_t wanted)
{
    struct rlimit limits;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limits), 0);
    limits.rlim_cur = limits.rlim_max < wanted ? limits.rlim_max : wanted;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limits), 0);
    return (int)limits.rlim_cur;
}

static struct pair open_pair_at(int number)
{
    struct pair pair = open_unix_pair();
    ck_assert_int_eq(dup3(rdy_source_fd(pair.end), number, O_CLOEXEC), number);
    rdy_source_close(pair.end);
    return (struct pair){.end = source_of(number), .peer = pair.peer};
}

static void expect_life(const struct pair *pair, rdy_interest trigger)
{
    for (int round = 0; round < 3; round++) {
        expect_silence();
        feed(pair->peer);
        wait_for(TOKEN, RDY_EVENT_READABLE);
        drain(pair->end);
        watch_again(pair->end, TOKEN, RDY_READABLE | trigger);
    }
    rdy_source_close(pair->peer);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    rdy_source_close(pair->end);
    expect_silence();
}

START_TEST(the_last_descriptor_that_the_limit_allows_is_watched)
{
    struct pair pair = open_pair_at(set_limit(MOST) - 1);
    watch(pair.end, TOKEN, RDY_READABLE | triggers[_i]);
    expect_life(&pair, triggers[_i]);
}
END_TEST

/* Registered before or after the limit was lowered. */
START_TEST(a_descriptor_above_a_lowered_limit_is_watched)
{
    const rdy_interest trigger = triggers[_i / 2];
    struct pair pair = open_pair_at(set_limit(MOST) - 1);
    if (_i % 2)
        watch(pair.end, TOKEN, RDY_READABLE | trigger);
    ck_assert_int_eq(set_limit(FEW), FEW);
    if (_i % 2 == 0)
        watch(pair.end, TOKEN, RDY_READABLE | trigger);
    expect_life(&pair, trigger);
}
END_TEST

static void take_all_descriptors(void)
{
    set_limit(FEW);
    int fd;
    while ((fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
        source_of(fd);
    ck_assert_int_eq(errno, EMFILE);
}

static void *wake_later(void *waker)
{
    wait_until_main_sleeps();
    return rdy_waker_wake(waker) == 0 ? waker : NULL;
}

START_TEST(a_poll_works_on_when_no_descriptor_is_left)
{
    rdy_waker *waker;
    struct pair pair = open_unix_pair();
    take_all_descriptors();
    watch(pair.end, TOKEN, RDY_READABLE | triggers[_i]);
    ck_assert_int_eq(rdy_waker_open(subject.registry, OTHER, &waker), 0);
    rdy_waker_wake(waker);
    wait_for(OTHER, RDY_EVENT_READABLE);
    rdy_waker_close(waker);
    expect_life(&pair, triggers[_i]);
}
END_TEST

START_TEST(a_poll_that_finds_no_descriptor_is_emfile_and_opens_once_there_are_some)
{
    rdy_poll *untouched = NULL;
    struct pair pairs[4];
    for (int i = 0; i < COUNT(pairs); i++)
        pairs[i] = open_unix_pair();
    take_all_descriptors();
    for (int i = 0; i < COUNT(pairs); i++) {
        ck_assert_int_eq(rdy_poll_open(NULL, &untouched), -EMFILE);
        ck_assert_ptr_null(untouched);
    }
    for (int i = 0; i < COUNT(pairs); i++) {
        rdy_source_close(pairs[i].end);
        rdy_source_close(pairs[i].peer);
    }
    reopen_subject(NULL);
    struct pair pair = open_unix_pair();
    watch(pair.end, TOKEN, RDY_READABLE);
    expect_life(&pair, RDY_EDGE);
}
END_TEST

/* The thread's own descriptors, if it needs any to tell that this one sleeps, are all that is left. */
START_TEST(a_sleeping_poll_is_woken_when_no_descriptor_is_left)
{
    rdy_waker *waker;
    ck_assert_int_eq(rdy_waker_open(subject.registry, OTHER, &waker), 0);
    rdy_source *spare = source_of(open("/dev/null", O_RDONLY | O_CLOEXEC));
    take_all_descriptors();
    rdy_source_close(spare);
    pthread_t thread = start_thread(wake_later, waker);
    wait_for(OTHER, RDY_EVENT_READABLE);
    ck_assert_ptr_nonnull(join_thread(thread));
    rdy_waker_close(waker);
}
END_TEST

int main(void)
{
    Suite *suite = contract_suite("limits");
    TCase *above = contract_case(suite, "above");
    TCase *none = contract_case(suite, "none left");

    tcase_set_tags(above, WITHOUT_EMULATOR); /* that of qemu-user 7.2 has room for FD_SETSIZE descriptors */
    tcase_add_loop_test(above, the_last_descriptor_that_the_limit_allows_is_watched, 0, COUNT(triggers));
    tcase_add_loop_test(above, a_descriptor_above_a_lowered_limit_is_watched, 0, 2 * COUNT(triggers));
    tcase_add_loop_test(none, a_poll_works_on_when_no_descriptor_is_left, 0, COUNT(triggers));
    tcase_add_test(none, a_poll_that_finds_no_descriptor_is_emfile_and_opens_once_there_are_some);
    tcase_add_test(none, a_sleeping_poll_is_woken_when_no_descriptor_is_left);
    return run_suite(suite);
}
