#include <check.h>
#include <time.h>

#include "tests/apps/connector_support.h"
#include "tests/apps/fake_names.h"

enum {
    RATE = 20,
    PEERS = 6,
};

static const int64_t interval_ns = RDY_SECOND / RATE;

/* Never asked to be quick: a machine that is busy is late. */
static void check_distances(size_t count)
{
    const int64_t first_ns = peer_connector_outcome(connector, 0)->started_ns;
    for (size_t i = 0; i < count; i++) {
        const int64_t later_ns = peer_connector_outcome(connector, i)->started_ns - first_ns;
        ck_assert_int_ge(later_ns, ((int64_t)i - 1) * interval_ns); /* two may be caught up on */
    }
}

START_TEST(peers_are_started_no_faster_than_the_rate)
{
    use_backend(_i);
    options.rate = RATE;
    for (int i = 0; i < PEERS; i++)
        (void)add_good();
    open_connector();
    for (int i = 0; i < PEERS; i++)
        (void)next_peer();
    expect_no_more();
    check_distances(PEERS);
}
END_TEST

START_TEST(peers_are_started_no_faster_than_the_rate_one_after_another)
{
    use_backend(_i);
    options.rate = RATE;
    options.sequential = true;
    for (int i = 0; i < PEERS; i++)
        (void)add_good();
    open_connector();
    for (size_t i = 0; i < PEERS; i++)
        ck_assert_uint_eq(next_peer(), i);
    expect_no_more();
    check_distances(PEERS);
}
END_TEST

START_TEST(the_next_start_is_slept_for)
{
    use_backend(_i);
    options.rate = 2;
    (void)add_good();
    (void)add_good();
    const clock_t spent = clock();
    open_connector();
    (void)next_peer();
    (void)next_peer();
    ck_assert_int_lt((clock() - spent) * (RDY_SECOND / CLOCKS_PER_SEC), RDY_SECOND / options.rate / 2);
}
END_TEST

START_TEST(answers_are_handed_out_while_the_next_start_is_awaited)
{
    options.rate = 1;
    (void)add_good();
    (void)add_good();
    open_connector();
    ck_assert_uint_eq(next_peer(), 0);
    ck_assert_int_eq(peer_connector_outcome(connector, 1)->state, PEER_WAITING);
}
END_TEST

START_TEST(each_address_of_a_name_counts)
{
    rdy_address address;
    options.rate = 4;
    options.sequential = _i == 1;
    (void)listen_on_loopback(16, &address);
    add_name(THREE_NAME, rdy_address_port(&address));
    open_connector();
    ck_assert_uint_eq(next_peer(), 0);
    const peer_outcome *outcome = peer_connector_outcome(connector, 0);
    ck_assert_uint_eq(outcome->attempts, 3);
    ck_assert_int_ge(rdy_clock_now() - outcome->started_ns, 2 * RDY_SECOND / options.rate);
    /* What it waited is not counted as spent on it. */
    ck_assert_int_lt(outcome->elapsed_ns, rdy_clock_now() - outcome->started_ns);
    ck_assert_int_gt(outcome->try_started_ns, outcome->started_ns);
}
END_TEST

/* With one more start the last peer would come when the race is over. */
START_TEST(a_race_that_finds_no_other_address_leaves_its_start_to_the_next_peer)
{
    rdy_address addresses[2];
    (void)listen_on_loopback(16, &addresses[0]);
    const uint16_t port = rdy_address_port(&addresses[0]);
    (void)listen_well_at("127.0.0.2:0", port);
    (void)listen_silently_at("127.0.0.3:0", port);
    ck_assert_int_eq(rdy_address_parse("127.0.0.2:0", &addresses[1]), 0);
    ck_assert_int_eq(rdy_address_set_port(&addresses[1], port), 0);
    options.rate = 1;
    options.happy = true;
    options.attempt_delay_ns = PEER_CONNECTOR_ATTEMPT_LEAST;
    options.timeout_ns = 19 * RDY_SECOND / 10;
    add_name(THREE_NAME, port);
    add_address(&addresses[1]);
    add_address(&addresses[0]);
    open_connector();
    ck_assert_uint_eq(next_peer(), 1);
    ck_assert_uint_eq(next_peer(), 2);
    ck_assert_int_eq(peer_connector_outcome(connector, 0)->state, PEER_CONNECTING);
    ck_assert_uint_eq(peer_connector_outcome(connector, 0)->attempts, 1);
}
END_TEST

int main(void)
{
    const TTest *const on_every_backend[] = {
        peers_are_started_no_faster_than_the_rate,
        peers_are_started_no_faster_than_the_rate_one_after_another,
        the_next_start_is_slept_for,
        NULL,
    };
    const TTest *const twice[] = {each_address_of_a_name_counts, NULL}; /* in parallel and sequentially */
    const TTest *const once[] = {
        answers_are_handed_out_while_the_next_start_is_awaited,
        a_race_that_finds_no_other_address_leaves_its_start_to_the_next_peer,
        NULL,
    };
    Suite *suite = suite_create("peer_rate");
    add_connector_case(suite, "on every backend", on_every_backend, backend_count());
    add_connector_case(suite, "twice", twice, 2);
    add_connector_case(suite, "once", once, 1);
    return run_suite(suite);
}
