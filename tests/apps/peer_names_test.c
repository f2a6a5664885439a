#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "apps/common/resolver.h"
#include "tests/apps/connector_support.h"
#include "tests/apps/fake_names.h"

START_TEST(a_name_is_looked_up_and_connected_to)
{
    use_backend(_i);
    rdy_address address;
    add_localhost(&address);
    open_connector();
    ck_assert_uint_eq(next_peer(), 0);
    ck_assert_int_eq(rdy_address_compare(peer_connector_outcome(connector, 0)->address, &address), 0);
    expect_no_more();
}
END_TEST

START_TEST(many_names_are_all_looked_up)
{
    enum { NAMES = 20 };
    rdy_address address;
    for (int i = 0; i < NAMES; i++)
        add_localhost(&address);
    open_connector();
    bool seen[NAMES] = {false};
    for (int i = 0; i < NAMES; i++)
        seen[next_peer()] = true;
    expect_no_more();
    for (int i = 0; i < NAMES; i++)
        ck_assert(seen[i]);
}
END_TEST

START_TEST(an_unknown_name_fails_with_a_word_of_its_own)
{
    /* No name has a label of more than 63 bytes (RFC 1035), so no server is asked for this one. */
    static const char name[] =
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.invalid:80";
    add_text(name);
    (void)add_good();
    open_connector();
    ck_assert_uint_eq(next_peer(), 1);
    expect_no_more();
    ck_assert_str_eq(word_of(0), "unknown name");
    ck_assert_int_eq(peer_connector_outcome(connector, 0)->error, -ENXIO);
    ck_assert_uint_eq(peer_connector_outcome(connector, 0)->attempts, 0);
}
END_TEST

START_TEST(an_entry_that_is_an_address_wins_over_a_name_for_it)
{
    rdy_address address;
    options.sequential = _i == 1;
    add_localhost(&address);
    add_address(&address);
    open_connector();
    ck_assert_uint_eq(next_peer(), 1);
    expect_no_more();
    ck_assert_str_eq(word_of(0), "duplicate");
    ck_assert_str_eq(word_of(1), "ok");
}
END_TEST

START_TEST(of_two_names_for_one_address_the_first_that_was_looked_up_has_it)
{
    rdy_address address;
    options.sequential = true;
    (void)listen_on_loopback(16, &address);
    add_name(FIRST_NAME, rdy_address_port(&address));
    add_name(SECOND_NAME, rdy_address_port(&address));
    open_connector();
    ck_assert_uint_eq(next_peer(), 0);
    expect_no_more();
    ck_assert_str_eq(word_of(1), "duplicate");
}
END_TEST

/* Nobody listens on 127.0.0.2, which comes first. */
START_TEST(the_next_address_of_a_name_is_tried_when_one_refuses)
{
    rdy_address address;
    options.sequential = _i == 1;
    (void)listen_on_loopback(16, &address);
    add_name(TWO_NAME, rdy_address_port(&address));
    open_connector();
    ck_assert_uint_eq(next_peer(), 0);
    const peer_outcome *outcome = peer_connector_outcome(connector, 0);
    ck_assert_int_eq(rdy_address_compare(outcome->address, &address), 0);
    ck_assert_uint_eq(outcome->attempts, 2);
    ck_assert_int_eq(outcome->error, 0);
    expect_no_more();
}
END_TEST

START_TEST(a_name_has_failed_when_all_its_addresses_have)
{
    rdy_address address;
    const int fd = listen_on_loopback(16, &address);
    close(fd);
    add_name(TWO_NAME, rdy_address_port(&address));
    open_connector();
    expect_no_more();
    ck_assert_str_eq(word_of(0), "refused");
    ck_assert_uint_eq(peer_connector_outcome(connector, 0)->attempts, 2);
}
END_TEST

START_TEST(an_address_of_a_name_that_is_another_peers_is_left_out)
{
    rdy_address address;
    char text[32];
    (void)listen_on_loopback(16, &address);
    snprintf(text, sizeof text, "127.0.0.2:%u", rdy_address_port(&address));
    add_text(text);
    add_name(TWO_NAME, rdy_address_port(&address));
    open_connector();
    ck_assert_uint_eq(next_peer(), 1);
    ck_assert_uint_eq(peer_connector_outcome(connector, 1)->attempts, 1);
    expect_no_more();
}
END_TEST

START_TEST(a_name_server_that_cannot_be_asked_is_a_local_fault)
{
    add_name(_i == 0 ? AGAIN_NAME : SYSTEM_NAME, 80);
    (void)add_good();
    open_connector();
    ck_assert_uint_eq(next_peer(), 1);
    expect_no_more();
    ck_assert_str_eq(word_of(0), "local fault");
    ck_assert_int_eq(peer_connector_outcome(connector, 0)->error, _i == 0 ? -EAGAIN : fake_system_error);
}
END_TEST

START_TEST(addresses_are_served_while_names_wait)
{
    options.concurrency = 2;
    options.timeout_ns = 60 * RDY_SECOND;
    slow_names_hold();
    for (uint16_t port = 1; port <= 6; port++)
        add_name(SLOW_NAME, port);
    for (int i = 0; i < 4; i++)
        (void)add_good();
    open_connector();
    for (int i = 0; i < 4; i++)
        ck_assert_uint_ge(next_peer(), 6);
    ck_assert_uint_le(peer_connector_peak(connector), 2 + resolver_at_once());
    slow_names_release();
    expect_no_more();
    ck_assert_str_eq(word_of(5), "unknown name");
}
END_TEST

START_TEST(the_time_of_the_lookup_is_the_peers)
{
    rdy_address address;
    peer_result result;
    (void)listen_on_loopback(16, &address);
    add_name(LATE_NAME, rdy_address_port(&address));
    slow_names_hold();
    open_connector();
    const int64_t moment_ns = rdy_clock_now() + SHORT_TIMEOUT;
    ck_assert_int_eq(peer_connector_next_until(connector, moment_ns, &result), -ETIMEDOUT);
    ck_assert_uint_eq(peer_connector_under_way(connector), 1);
    slow_names_release();
    ck_assert_uint_eq(next_peer(), 0);
    ck_assert_int_ge(peer_connector_outcome(connector, 0)->elapsed_ns, SHORT_TIMEOUT / 2);
}
END_TEST

START_TEST(the_deadline_covers_the_lookup)
{
    options.timeout_ns = SHORT_TIMEOUT;
    slow_names_hold();
    add_name(SLOW_NAME, 80);
    (void)add_good();
    open_connector();
    ck_assert_uint_eq(next_peer(), 1);
    expect_no_more();
    ck_assert_str_eq(word_of(0), "timed out");
    ck_assert_int_ge(peer_connector_outcome(connector, 0)->elapsed_ns, SHORT_TIMEOUT);
}
END_TEST

START_TEST(a_name_whose_lookup_cannot_begin_yet_waits_without_its_clock_running)
{
    const size_t at_once = resolver_at_once();
    options.timeout_ns = SHORT_TIMEOUT;
    options.report_failures = true;
    slow_names_hold();
    for (uint16_t port = 1; port <= at_once + 1; port++)
        add_name(SLOW_NAME, port);
    (void)add_good();
    open_connector();
    ck_assert_uint_eq(next_peer(), at_once + 1);
    for (size_t i = 0; i < at_once; i++)
        ck_assert_str_eq(word_of(next_peer()), "timed out");
    ck_assert_int_eq(peer_connector_outcome(connector, at_once)->state, PEER_WAITING);
    slow_names_release();
    ck_assert_uint_eq(next_peer(), at_once);
    ck_assert_str_eq(word_of(at_once), "unknown name");
    expect_no_more();
}
END_TEST

START_TEST(sequentially_names_and_addresses_keep_the_order_of_the_list)
{
    rdy_address address;
    options.sequential = true;
    (void)add_good();
    add_localhost(&address);
    (void)add_good();
    open_connector();
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(next_peer(), i);
    expect_no_more();
}
END_TEST

int main(void)
{
    const TTest *const on_every_backend[] = {a_name_is_looked_up_and_connected_to, NULL};
    const TTest *const twice[] = {
        /* in parallel and sequentially, or one error and the other */
        an_entry_that_is_an_address_wins_over_a_name_for_it,
        the_next_address_of_a_name_is_tried_when_one_refuses,
        a_name_server_that_cannot_be_asked_is_a_local_fault,
        NULL,
    };
    const TTest *const once[] = {
        many_names_are_all_looked_up,
        an_unknown_name_fails_with_a_word_of_its_own,
        of_two_names_for_one_address_the_first_that_was_looked_up_has_it,
        a_name_has_failed_when_all_its_addresses_have,
        an_address_of_a_name_that_is_another_peers_is_left_out,
        addresses_are_served_while_names_wait,
        the_time_of_the_lookup_is_the_peers,
        the_deadline_covers_the_lookup,
        a_name_whose_lookup_cannot_begin_yet_waits_without_its_clock_running,
        sequentially_names_and_addresses_keep_the_order_of_the_list,
        NULL,
    };
    Suite *suite = suite_create("peer_names");
    add_connector_case(suite, "on every backend", on_every_backend, backend_count());
    add_connector_case(suite, "twice", twice, 2);
    add_connector_case(suite, "once", once, 1);
    return run_suite(suite);
}
