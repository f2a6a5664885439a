/*
 * Promise 11: what select makes hard, on every backend: high descriptors, registrations while another thread
 * sleeps, and edges that come back in one direction only.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <unistd.h>

#include "net/stream.h"
#include "tests/contract/support.h"

#define TOKEN ((rdy_token)7)
#define OTHER ((rdy_token)8)
#define BOTH  (RDY_READABLE | RDY_WRITABLE)

enum { HIGH = 1500 };
_Static_assert(HIGH > FD_SETSIZE, "a high descriptor is one that fd_set has no bit for");

/* ---- high descriptors ---- */

static void raise_limit(void)
{
    struct rlimit limits;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limits), 0);
    if (limits.rlim_cur >= 4 * HIGH)
        return;
    limits.rlim_cur = 4 * HIGH;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limits), 0);
}

static rdy_source *move_to(rdy_source *source, int least)
{
    const int fd = fcntl(rdy_source_fd(source), F_DUPFD_CLOEXEC, least);
    ck_assert_int_ge(fd, least);
    rdy_source_close(source);
    return source_of(fd);
}

static struct pair open_high_pair(int least)
{
    struct pair pair = open_unix_pair();
    pair.end = move_to(pair.end, least);
    return pair;
}

START_TEST(a_high_descriptor_is_watched_like_any_other)
{
    struct pair pair = open_high_pair(_i);
    watch(pair.end, TOKEN, RDY_READABLE);
    for (int round = 0; round < 3; round++) {
        expect_silence();
        feed(pair.peer);
        wait_for(TOKEN, RDY_EVENT_READABLE);
        drain(pair.end);
    }
    watch_again(pair.end, OTHER, BOTH);
    wait_for(OTHER, RDY_EVENT_WRITABLE);
    rdy_source_close(pair.peer);
    wait_for(OTHER, RDY_EVENT_READABLE);
    rdy_source_close(pair.end);
    expect_silence();
}
END_TEST

START_TEST(high_and_low_descriptors_come_together)
{
    static const int places[] = {3, 63, 64, FD_SETSIZE - 1, FD_SETSIZE, FD_SETSIZE + 1, HIGH, 3 * HIGH};
    struct pair pairs[COUNT(places)];
    int events[COUNT(places)] = {0};
    int total = 0;
    for (int i = 0; i < COUNT(places); i++) {
        pairs[i] = open_high_pair(places[i]);
        watch(pairs[i].end, (rdy_token)i, RDY_READABLE);
        feed(pairs[i].peer);
    }
    for (const int64_t end = rdy_clock_now() + GENEROUS; total < COUNT(places) && rdy_clock_now() < end;) {
        ck_assert_int_ge(rdy_poll_wait(subject.poll, &subject.events, GENEROUS), 0);
        total += (int)subject.events.count;
        for (int i = 0; i < COUNT(places); i++)
            events[i] += events_for((rdy_token)i);
    }
    for (int i = 0; i < COUNT(places); i++)
        ck_assert_int_eq(events[i], 1);
    expect_silence();
}
END_TEST

START_TEST(a_poll_whose_own_descriptors_are_high_works)
{
    while (rdy_source_fd(source_of(open("/dev/null", O_RDONLY | O_CLOEXEC))) < FD_SETSIZE)
        ;
    reopen_subject(NULL);
    struct pair pair = open_unix_pair();
    watch(pair.end, TOKEN, RDY_READABLE);
    expect_silence();
    feed(pair.peer);
    wait_for(TOKEN, RDY_EVENT_READABLE);
}
END_TEST

/* ---- another thread registers while this one sleeps ---- */

struct change {
    struct pair pair;
    int (*apply)(rdy_registry *registry, rdy_source *source, rdy_token token, rdy_interest interest);
};

static void *change_while_main_sleeps(void *opaque)
{
    const struct change *change = opaque;
    wait_until_main_sleeps();
    const int error = change->apply(subject.registry, change->pair.end, TOKEN, RDY_WRITABLE);
    return error == 0 ? opaque : NULL;
}

START_TEST(a_registration_by_another_thread_wakes_a_sleeping_wait)
{
    struct change change = {open_high_pair(_i), rdy_registry_register};
    pthread_t thread = start_thread(change_while_main_sleeps, &change);
    wait_for(TOKEN, RDY_EVENT_WRITABLE);
    ck_assert_ptr_nonnull(join_thread(thread));
}
END_TEST

START_TEST(a_reregistration_by_another_thread_wakes_a_sleeping_wait)
{
    struct change change = {open_high_pair(_i), rdy_registry_reregister};
    watch(change.pair.end, OTHER, RDY_READABLE);
    pthread_t thread = start_thread(change_while_main_sleeps, &change);
    wait_for(TOKEN, RDY_EVENT_WRITABLE);
    ck_assert_ptr_nonnull(join_thread(thread));
}
END_TEST

static void *feed_later(void *opaque)
{
    struct change *change = opaque;
    wait_until_main_sleeps();
    if (change->apply(subject.registry, change->pair.end, TOKEN, RDY_READABLE) != 0)
        return NULL;
    wait_until_main_sleeps();
    feed(change->pair.peer);
    return opaque;
}

START_TEST(what_another_thread_registered_is_watched_by_the_wait_under_way)
{
    struct change change = {open_high_pair(_i), rdy_registry_register};
    pthread_t thread = start_thread(feed_later, &change);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    ck_assert_ptr_nonnull(join_thread(thread));
}
END_TEST

static void *drain_and_feed_later(void *opaque)
{
    const struct pair *pair = opaque;
    wait_until_main_sleeps();
    drain(pair->end);
    wait_until_main_sleeps();
    feed(pair->peer);
    return NULL;
}

START_TEST(a_would_block_of_another_thread_arms_the_wait_under_way)
{
    struct pair pair = open_high_pair(_i);
    feed(pair.peer);
    watch(pair.end, TOKEN, RDY_READABLE);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    pthread_t thread = start_thread(drain_and_feed_later, &pair);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    join_thread(thread);
}
END_TEST

/* ---- another thread removes while this one is about to sleep ---- */

static rdy_source *to_close; /* between the snapshot of a wait and its select(2) */

static void close_now(void)
{
    rdy_source *source = to_close;
    to_close = NULL;
    rdy_source_close(source);
}

/* The linker's --wrap leads the library here (meson.build): no thread can be timed to meet that moment. */
int __real_select(int end, fd_set *reads, fd_set *writes, fd_set *excepts, struct timeval *timeout);
int __wrap_select(int end, fd_set *reads, fd_set *writes, fd_set *excepts, struct timeval *timeout);
int __wrap_select(int end, fd_set *reads, fd_set *writes, fd_set *excepts, struct timeval *timeout)
{
    close_now();
    return __real_select(end, reads, writes, excepts, timeout);
}

START_TEST(what_is_closed_as_the_look_begins_hides_no_other)
{
    struct pair closed = open_unix_pair();
    struct pair kept = open_unix_pair();
    watch(closed.end, TOKEN, RDY_READABLE);
    watch(kept.end, OTHER, RDY_READABLE);
    feed(kept.peer);
    to_close = closed.end;
    ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, _i == 0 ? 0 : GENEROUS), 1);
    ck_assert_uint_eq(flags_for(OTHER), RDY_EVENT_READABLE);
    ck_assert(to_close == NULL || strcmp(rdy_poll_backend(subject.poll), "select") != 0);
    close_now(); /* where nothing sleeps on a snapshot */
    expect_silence();
}
END_TEST

/* ---- re-arming by direction ---- */

START_TEST(a_read_that_would_block_does_not_bring_writable_back)
{
    char bytes[FED];
    struct pair pair = open_unix_pair();
    watch(pair.end, TOKEN, BOTH);
    wait_for(TOKEN, RDY_EVENT_WRITABLE);
    for (int round = 0; round < 3; round++) {
        ck_assert_int_eq(rdy_stream_read(pair.end, bytes, sizeof bytes), -EAGAIN);
        expect_silence();
        drain(pair.end);
        expect_silence();
    }
}
END_TEST

START_TEST(a_write_that_would_block_does_not_bring_readable_back)
{
    struct pair pair = open_unix_pair();
    feed(pair.peer);
    watch(pair.end, TOKEN, BOTH);
    wait_for(TOKEN, RDY_EVENT_READABLE | RDY_EVENT_WRITABLE);
    for (int round = 0; round < 3; round++) {
        fill(pair.end);
        expect_silence();
    }
}
END_TEST

START_TEST(a_would_block_arms_its_own_direction)
{
    struct pair pair = open_unix_pair();
    watch(pair.end, TOKEN, BOTH);
    wait_for(TOKEN, RDY_EVENT_WRITABLE);
    fill(pair.end);
    feed(pair.peer);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    drain(pair.end);
    expect_silence();
    drain(pair.peer);
    wait_for(TOKEN, RDY_EVENT_WRITABLE);
}
END_TEST

START_TEST(blocked_refuses_what_means_nothing)
{
    static const rdy_interest bad[] = {
        0, 4, RDY_LEVEL, RDY_ONESHOT, RDY_READABLE | RDY_LEVEL, RDY_WRITABLE | 8};
    struct pair pair = open_unix_pair();
    ck_assert_int_eq(rdy_source_blocked(pair.end, RDY_READABLE), -ENOENT);
    watch(pair.end, TOKEN, RDY_READABLE);
    ck_assert_int_eq(rdy_source_blocked(pair.end, BOTH | RDY_PRIORITY), 0);
    for (int i = 0; i < COUNT(bad); i++)
        ck_assert_int_eq(rdy_source_blocked(pair.end, bad[i]), -EINVAL);
    ck_assert_int_eq(rdy_source_deregister(pair.end), 0);
    ck_assert_int_eq(rdy_source_blocked(pair.end, RDY_READABLE), -ENOENT);
}
END_TEST

START_TEST(blocked_arms_no_oneshot_and_nothing_that_was_not_asked_for)
{
    struct pair pair = open_unix_pair();
    feed(pair.peer);
    watch(pair.end, TOKEN, RDY_READABLE | RDY_ONESHOT);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    ck_assert_int_eq(rdy_source_blocked(pair.end, BOTH), 0);
    expect_silence();
    drain(pair.end);
    watch_again(pair.end, TOKEN, RDY_READABLE);
    ck_assert_int_eq(rdy_source_blocked(pair.end, RDY_WRITABLE), 0);
    expect_silence();
}
END_TEST

int main(void)
{
    Suite *suite = contract_suite("select limits");
    TCase *high = contract_case(suite, "high descriptors");
    TCase *threads = contract_case(suite, "threads");
    TCase *directions = contract_case(suite, "directions");

    tcase_set_tags(high, WITHOUT_EMULATOR); /* that of qemu-user 7.2 has room for FD_SETSIZE descriptors */
    tcase_set_tags(threads, WITHOUT_EMULATOR);
    tcase_add_unchecked_fixture(high, raise_limit, NULL);
    tcase_add_loop_test(high, a_high_descriptor_is_watched_like_any_other, FD_SETSIZE - 1, FD_SETSIZE + 2);
    tcase_add_loop_test(high, a_high_descriptor_is_watched_like_any_other, HIGH, HIGH + 1);
    tcase_add_test(high, high_and_low_descriptors_come_together);
    tcase_add_test(high, a_poll_whose_own_descriptors_are_high_works);
    tcase_add_unchecked_fixture(threads, raise_limit, NULL);
    tcase_add_loop_test(threads, a_registration_by_another_thread_wakes_a_sleeping_wait, HIGH - 1, HIGH + 1);
    tcase_add_loop_test(threads, a_reregistration_by_another_thread_wakes_a_sleeping_wait, HIGH, HIGH + 1);
    tcase_add_loop_test(threads, what_another_thread_registered_is_watched_by_the_wait_under_way, HIGH,
                        HIGH + 1);
    tcase_add_loop_test(threads, a_would_block_of_another_thread_arms_the_wait_under_way, HIGH, HIGH + 1);
    tcase_add_loop_test(threads, what_is_closed_as_the_look_begins_hides_no_other, 0, 2);
    tcase_add_test(directions, a_read_that_would_block_does_not_bring_writable_back);
    tcase_add_test(directions, a_write_that_would_block_does_not_bring_readable_back);
    tcase_add_test(directions, a_would_block_arms_its_own_direction);
    tcase_add_test(directions, blocked_refuses_what_means_nothing);
    tcase_add_test(directions, blocked_arms_no_oneshot_and_nothing_that_was_not_asked_for);
    return run_suite(suite);
}
