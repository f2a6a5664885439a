#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/apps/connector_support.h"

/* Opens descriptors until none is left but `spare`; the connector, which raises the limit, is open. */
static void use_up_descriptors(int spare)
{
    struct rlimit limit;
    int fd = 0;
    int last = 0;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = DESCRIPTORS;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    while ((fd = dup(STDOUT_FILENO)) >= 0)
        last = fd;
    ck_assert_int_eq(errno, EMFILE);
    for (int i = 0; i < spare; i++)
        close(last - i);
}

START_TEST(concurrency_is_cut_to_the_descriptors_that_are_left)
{
    for (int i = 0; i < PEERS_MAX; i++)
        (void)add_good();
    const rlim_t most = (rlim_t)open_descriptors() + 32;
    const struct rlimit limit = {.rlim_cur = most, .rlim_max = most};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    open_connector();
    ck_assert(peer_connector_is_clamped(connector));
    ck_assert_uint_lt(peer_connector_concurrency(connector), 32);
    for (int i = 0; i < PEERS_MAX; i++)
        (void)next_peer();
    expect_no_more();
}
END_TEST

START_TEST(few_peers_need_no_clamp)
{
    (void)add_good();
    options.concurrency = 1000000000;
    open_connector();
    ck_assert(!peer_connector_is_clamped(connector));
}
END_TEST

START_TEST(attempts_without_a_descriptor_are_put_back_and_made_later)
{
    use_backend(_i);
    for (int i = 0; i < PEERS_MAX; i++)
        (void)add_good();
    open_connector();
    ck_assert_uint_ge(peer_connector_concurrency(connector), PEERS_MAX);
    use_up_descriptors(3);
    bool seen[PEERS_MAX] = {false};
    for (int i = 0; i < PEERS_MAX; i++)
        seen[next_peer()] = true;
    expect_no_more();
    for (int i = 0; i < PEERS_MAX; i++)
        ck_assert(seen[i]);
}
END_TEST

START_TEST(a_local_fault_with_nothing_under_way_is_told_and_blames_no_peer)
{
    use_backend(_i);
    (void)add_good();
    open_connector();
    use_up_descriptors(0);
    peer_result result;
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(peer_connector_next(connector, &result), -EMFILE);
    ck_assert_int_eq(peer_connector_outcome(connector, 0)->state, PEER_WAITING);
    close(DESCRIPTORS - 1);
    ck_assert_uint_eq(next_peer(), 0);
    expect_no_more();
}
END_TEST

/* A moment that has passed: who waits is told at once that nothing has come until then. */
static void expect_rest(void)
{
    peer_result result;
    ck_assert_int_eq(peer_connector_next_until(connector, rdy_clock_now(), &result), -ETIMEDOUT);
    ck_assert_uint_eq(peer_connector_under_way(connector), 0);
}

START_TEST(a_shortage_that_passes_in_a_rest_is_told_to_nobody)
{
    use_backend(_i);
    options.rests = 1;
    options.sequential = true;
    (void)add_good();
    (void)add_good();
    open_connector();
    use_up_descriptors(0);
    for (size_t i = 0; i < 2; i++) { /* the rests are counted anew when there was room */
        expect_rest();
        close(DESCRIPTORS - 1);
        ck_assert_uint_eq(next_peer(), i);
        ck_assert_uint_eq(peer_connector_outcome(connector, i)->attempts, 2);
        use_up_descriptors(0);
    }
    expect_no_more();
}
END_TEST

START_TEST(a_shortage_that_stays_is_told_after_all_rests)
{
    use_backend(_i);
    options.rests = 2;
    (void)add_good();
    open_connector();
    use_up_descriptors(0);
    const int64_t started_ns = rdy_clock_now();
    peer_result result;
    ck_assert_int_eq(peer_connector_next(connector, &result), -EMFILE);
    ck_assert_int_ge(rdy_clock_now() - started_ns, PEER_CONNECTOR_REST + 2 * PEER_CONNECTOR_REST);
    ck_assert_uint_eq(peer_connector_outcome(connector, 0)->attempts, 3);
    ck_assert_int_eq(peer_connector_outcome(connector, 0)->state, PEER_WAITING);
}
END_TEST

START_TEST(a_rest_ends_with_a_stop_signal)
{
    static const int numbers[] = {SIGTERM};
    options.rests = 5;
    options.stop_signals = numbers;
    options.stop_signal_count = 1;
    (void)add_good();
    open_connector();
    use_up_descriptors(0);
    expect_rest();
    ck_assert_int_eq(raise(SIGTERM), 0);
    peer_result result;
    ck_assert_int_eq(peer_connector_next(connector, &result), -ECANCELED);
    ck_assert_uint_eq(peer_connector_outcome(connector, 0)->attempts, 1);
}
END_TEST

START_TEST(an_address_that_this_machine_cannot_serve_is_tried_again_last_and_holds_nobody_up)
{
    options.sequential = true;
    for (int i = 0; i < 3; i++)
        (void)add_good();
    /* No TCP connect takes this family: a fault of the kind that a machine without IPv6 has with [::1]. */
    ck_assert_int_eq(rdy_address_parse("unix:/none", &peers.peers[0].address), 0);
    open_connector();
    ck_assert_uint_eq(next_peer(), 1);
    ck_assert_int_eq(peer_connector_outcome(connector, 0)->state, PEER_WAITING);
    ck_assert_uint_eq(next_peer(), 2);
    expect_no_more();
    ck_assert_str_eq(word_of(0), "local fault");
    ck_assert_uint_eq(peer_connector_outcome(connector, 0)->attempts, 2);
}
END_TEST

START_TEST(an_address_that_this_machine_cannot_serve_waits_until_others_have_left)
{
    options.timeout_ns = SHORT_TIMEOUT;
    (void)add_good();
    (void)add_silent();
    ck_assert_int_eq(rdy_address_parse("unix:/none", &peers.peers[0].address), 0);
    const int64_t started_ns = rdy_clock_now();
    open_connector();
    peer_result result;
    const int64_t moment_ns = rdy_clock_now() + SHORT_TIMEOUT / 4;
    ck_assert_int_eq(peer_connector_next_until(connector, moment_ns, &result), -ETIMEDOUT);
    ck_assert_int_eq(peer_connector_outcome(connector, 0)->state, PEER_WAITING);
    ck_assert_uint_eq(peer_connector_outcome(connector, 0)->attempts, 1);
    expect_no_more();
    ck_assert_str_eq(word_of(0), "local fault");
    ck_assert_uint_eq(peer_connector_outcome(connector, 0)->attempts, 2);
    const int64_t sum_ns =
        peer_connector_outcome(connector, 0)->elapsed_ns + peer_connector_outcome(connector, 1)->elapsed_ns;
    ck_assert_int_le(sum_ns, rdy_clock_now() - started_ns); /* one after the other */
}
END_TEST

START_TEST(peers_that_are_given_up_end_with_the_fault_of_this_machine)
{
    options.report_failures = true;
    (void)add_good();
    (void)add_good();
    open_connector();
    use_up_descriptors(0);
    peer_result result;
    ck_assert_int_eq(peer_connector_next(connector, &result), -EMFILE);
    ck_assert_uint_eq(peer_connector_give_up(connector, -EMFILE), 2);
    ck_assert_uint_eq(peer_connector_give_up(connector, -EMFILE), 0);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_uint_eq(next_peer(), i);
        ck_assert_str_eq(word_of(i), "local fault");
        ck_assert_int_eq(peer_connector_outcome(connector, i)->error, -EMFILE);
    }
    expect_no_more();
}
END_TEST

/* valgrind keeps the hard limit for itself. A child tries, for it cannot be raised again. */
static bool can_lower_the_limit(void)
{
    const pid_t child = fork();
    if (child == 0) {
        const struct rlimit limit = {.rlim_cur = 32, .rlim_max = 32};
        _exit(setrlimit(RLIMIT_NOFILE, &limit) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    int status = -1;
    return waitpid(child, &status, 0) == child && status == 0;
}

int main(void)
{
    const TTest *const on_every_backend[] = {
        attempts_without_a_descriptor_are_put_back_and_made_later,
        a_local_fault_with_nothing_under_way_is_told_and_blames_no_peer,
        a_shortage_that_passes_in_a_rest_is_told_to_nobody,
        a_shortage_that_stays_is_told_after_all_rests,
        NULL,
    };
    const TTest *const once[] = {
        a_rest_ends_with_a_stop_signal,
        few_peers_need_no_clamp,
        an_address_that_this_machine_cannot_serve_is_tried_again_last_and_holds_nobody_up,
        an_address_that_this_machine_cannot_serve_waits_until_others_have_left,
        peers_that_are_given_up_end_with_the_fault_of_this_machine,
        NULL,
    };
    const TTest *const with_a_lower_limit[] = {concurrency_is_cut_to_the_descriptors_that_are_left, NULL};
    Suite *suite = suite_create("peer_faults");
    add_connector_case(suite, "on every backend", on_every_backend, backend_count());
    add_connector_case(suite, "once", once, 1);
    if (can_lower_the_limit())
        add_connector_case(suite, "with a lower limit", with_a_lower_limit, 1);
    return run_suite(suite);
}
