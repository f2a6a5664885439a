#include "apps/connect/peer_race.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/apps/connector_support.h"
#include "tests/apps/fake_names.h"

/* ---- the order of addresses ---- */

static const struct {
    const char *before; /* a letter for each address: capitals are IPv6 */
    const char *after;
} orders[] = {
    {"ABcd", "AcBd"}, {"abCD", "aCbD"}, {"ABC", "ABC"},     {"abc", "abc"},       {"a", "a"},       {"", ""},
    {"aB", "aB"},     {"Ba", "Ba"},     {"ABCDe", "AeBCD"}, {"ABcDef", "AcBeDf"}, {"aBCd", "aBdC"},
};

START_TEST(families_take_turns_and_keep_their_order)
{
    rdy_address addresses[8];
    char after[8] = "";
    const size_t count = strlen(orders[_i].before);
    for (size_t i = 0; i < count; i++) {
        const char letter = orders[_i].before[i];
        const char *host = letter < 'a' ? "[::1]:1" : "127.0.0.1:1";
        ck_assert_int_eq(rdy_address_parse(host, &addresses[i]), 0);
        ck_assert_int_eq(rdy_address_set_port(&addresses[i], (uint16_t)letter), 0);
    }
    peer_race_interleave(addresses, count);
    for (size_t i = 0; i < count; i++)
        after[i] = (char)rdy_address_port(&addresses[i]);
    ck_assert_str_eq(after, orders[_i].after);
}
END_TEST

/* ---- races ---- */

static const int64_t attempt_delay_ns = 50 * RDY_MILLISECOND;

static uint16_t port;

/* A port of its own for the test, on which 127.0.0.1 answers. */
static int begin_race(void)
{
    rdy_address address;
    const int fd = listen_on_loopback(16, &address);
    port = rdy_address_port(&address);
    options.happy = true;
    options.attempt_delay_ns = attempt_delay_ns;
    options.timeout_ns = 60 * RDY_SECOND;
    return fd;
}

static void add_text_at(const char *host)
{
    char text[32];
    snprintf(text, sizeof text, "%s:%u", host, port);
    add_text(text);
}

static void check_address(size_t index, const char *host)
{
    rdy_address expected;
    ck_assert_int_eq(rdy_address_parse(host, &expected), 0);
    ck_assert_int_eq(rdy_address_set_port(&expected, port), 0);
    ck_assert_int_eq(rdy_address_compare(peer_connector_outcome(connector, index)->address, &expected), 0);
}

static void turn_without_result(void)
{
    peer_result result;
    const int64_t moment_ns = rdy_clock_now() + RDY_MILLISECOND;
    ck_assert_int_eq(peer_connector_next_until(connector, moment_ns, &result), -ETIMEDOUT);
}

static void await_attempts(unsigned count)
{
    while (peer_connector_outcome(connector, 0)->attempts < count)
        turn_without_result();
}

static void check_silent_address_is_passed_by(void)
{
    (void)begin_race();
    (void)listen_silently_at("127.0.0.3:0", port);
    (void)listen_silently_at("127.0.0.2:0", port);
    add_name(THREE_NAME, port);
    (void)add_good();
    open_connector();
    const size_t first = next_peer();
    const size_t second = next_peer();
    ck_assert_uint_eq(first + second, 1);
    expect_no_more();
    check_address(0, "127.0.0.1:0");
    ck_assert_uint_eq(peer_connector_outcome(connector, 0)->attempts, 3);
    ck_assert_int_ge(peer_connector_outcome(connector, 0)->elapsed_ns, 2 * attempt_delay_ns);
    ck_assert_uint_eq(peer_connector_peak(connector), options.sequential ? 1 : 2); /* peers */
}

START_TEST(addresses_that_do_not_answer_are_passed_by)
{
    use_backend(_i);
    check_silent_address_is_passed_by();
}
END_TEST

START_TEST(addresses_that_do_not_answer_are_passed_by_one_peer_after_another)
{
    use_backend(_i);
    options.sequential = true;
    check_silent_address_is_passed_by();
    ck_assert_int_ge(peer_connector_outcome(connector, 1)->started_ns,
                     peer_connector_outcome(connector, 0)->started_ns +
                         peer_connector_outcome(connector, 0)->elapsed_ns);
}
END_TEST

START_TEST(the_first_that_answers_wins_and_the_others_are_closed)
{
    use_backend(_i);
    const int good = begin_race();
    close(good);
    const int slow = listen_silently_at("127.0.0.2:0", port);
    (void)listen_silently_at("127.0.0.3:0", port);
    add_name(THREE_NAME, port);
    open_connector();
    const size_t before = open_descriptors();
    await_attempts(3); /* and 127.0.0.1, the last one, has refused or will */
    close(accept(slow, NULL, NULL));
    peer_result result;
    ck_assert_int_eq(peer_connector_next(connector, &result), 1);
    check_address(0, "127.0.0.2:0");
    ck_assert_uint_eq(open_descriptors(), before + 1);
    ck_assert_int_eq(rdy_tcp_stream_write(&result.stream, "x", 1), 1);
    rdy_tcp_stream_close(&result.stream);
    expect_no_more();
    ck_assert_str_eq(word_of(0), "ok");
}
END_TEST

/* With the delay to wait for it would be too late. */
START_TEST(when_one_fails_the_next_is_begun_at_once)
{
    (void)begin_race();
    options.attempt_delay_ns = RDY_SECOND;
    options.timeout_ns = 19 * RDY_SECOND / 10;
    (void)listen_silently_at("127.0.0.3:0", port); /* and nobody listens on 127.0.0.2 */
    add_name(THREE_NAME, port);
    open_connector();
    ck_assert_uint_eq(next_peer(), 0);
    check_address(0, "127.0.0.1:0");
}
END_TEST

START_TEST(a_race_has_one_deadline)
{
    use_backend(_i);
    (void)begin_race();
    options.timeout_ns = RDY_SECOND;
    (void)listen_silently_at("127.0.0.3:0", port);
    (void)listen_silently_at("127.0.0.2:0", port);
    add_text_at("127.0.0.1"); /* so that the name has but the silent ones */
    add_name(THREE_NAME, port);
    const int64_t started_ns = rdy_clock_now();
    open_connector();
    ck_assert_uint_eq(next_peer(), 0);
    expect_no_more();
    ck_assert_str_eq(word_of(1), "timed out");
    ck_assert_uint_eq(peer_connector_outcome(connector, 1)->attempts, 2);
    ck_assert_int_ge(rdy_clock_now() - started_ns, RDY_SECOND);
    ck_assert_uint_eq(peer_connector_under_way(connector), 0);
}
END_TEST

START_TEST(a_race_that_nobody_wins_has_the_last_failure)
{
    const int good = begin_race();
    close(good);
    options.retries = (unsigned)_i;
    options.retry_delay_ns = RDY_MILLISECOND;
    add_name(THREE_NAME, port);
    open_connector();
    expect_no_more();
    ck_assert_str_eq(word_of(0), "refused");
    ck_assert_uint_eq(peer_connector_outcome(connector, 0)->attempts, _i == 0 ? 3 : 6);
}
END_TEST

START_TEST(a_race_that_nobody_wins_is_run_again_by_a_retry)
{
    const int good = begin_race();
    close(good);
    options.timeout_ns = RDY_SECOND;
    options.retries = 1;
    options.retry_delay_ns = RDY_SECOND;
    const int slow = listen_silently_at("127.0.0.3:0", port);
    add_name(THREE_NAME, port);
    open_connector();
    await_attempts(3);
    while (peer_connector_outcome(connector, 0)->state != PEER_WAITING)
        turn_without_result();
    ck_assert_uint_eq(peer_connector_under_way(connector), 0);
    close(accept(slow, NULL, NULL));
    ck_assert_uint_eq(next_peer(), 0);
    check_address(0, "127.0.0.3:0");
    ck_assert_uint_eq(peer_connector_outcome(connector, 0)->attempts, 4);
}
END_TEST

START_TEST(races_that_fill_all_the_room_do_not_starve_each_other)
{
    enum { NAMES = 4 };
    options.concurrency = (size_t)_i + 2; /* room for one race, whose connections may be two */
    for (int i = 0; i < NAMES; i++) {
        (void)begin_race();
        (void)listen_silently_at("127.0.0.2:0", port);
        add_name(TWO_NAME, port);
    }
    open_connector();
    const size_t before = open_descriptors();
    for (int connected = 0; connected < NAMES;) {
        peer_result result;
        const int64_t moment_ns = rdy_clock_now() + RDY_MILLISECOND;
        const int status = peer_connector_next_until(connector, moment_ns, &result);
        ck_assert(status == 1 || status == -ETIMEDOUT);
        connected += status == 1;
        if (status == 1)
            rdy_tcp_stream_close(&result.stream);
        ck_assert_uint_le(open_descriptors(), before + options.concurrency);
    }
    expect_no_more();
}
END_TEST

START_TEST(a_race_takes_no_room_for_attempts_that_its_time_forbids)
{
    options.concurrency = 4;
    for (int i = 0; i < 2; i++) {
        (void)begin_race();
        (void)listen_silently_at("127.0.0.3:0", port);
        (void)listen_silently_at("127.0.0.2:0", port);
        add_name(THREE_NAME, port);
    }
    options.timeout_ns = 5 * RDY_SECOND;
    options.attempt_delay_ns = 3 * RDY_SECOND; /* so that there are two attempts at most */
    open_connector();
    while (peer_connector_outcome(connector, 0)->attempts == 0 ||
           peer_connector_outcome(connector, 1)->attempts == 0)
        turn_without_result();
    ck_assert_int_eq(peer_connector_outcome(connector, 0)->state, PEER_CONNECTING);
    ck_assert_int_eq(peer_connector_outcome(connector, 1)->state, PEER_CONNECTING);
    ck_assert_uint_eq(peer_connector_outcome(connector, 0)->attempts, 1);
}
END_TEST

START_TEST(with_room_for_one_connection_there_is_never_a_second)
{
    (void)begin_race();
    options.concurrency = 1;
    options.timeout_ns = RDY_SECOND;
    (void)listen_silently_at("127.0.0.2:0", port);
    add_name(TWO_NAME, port);
    open_connector();
    expect_no_more();
    ck_assert_str_eq(word_of(0), "timed out");
    ck_assert_uint_eq(peer_connector_outcome(connector, 0)->attempts, 1);
}
END_TEST

START_TEST(the_attempts_of_a_race_keep_to_the_rate)
{
    (void)begin_race();
    options.rate = 4;
    options.attempt_delay_ns = PEER_CONNECTOR_ATTEMPT_LEAST;
    (void)listen_silently_at("127.0.0.3:0", port);
    (void)listen_silently_at("127.0.0.2:0", port);
    add_name(THREE_NAME, port);
    (void)add_good();
    open_connector();
    (void)next_peer();
    (void)next_peer();
    const peer_outcome *outcome = peer_connector_outcome(connector, 0);
    ck_assert_int_ge(outcome->elapsed_ns, 2 * RDY_SECOND / options.rate);
    ck_assert_uint_eq(outcome->attempts, 3);
}
END_TEST

START_TEST(without_happy_the_next_address_waits_for_the_failure_of_the_last)
{
    (void)begin_race();
    options.happy = false;
    options.timeout_ns = RDY_SECOND;
    (void)listen_silently_at("127.0.0.2:0", port);
    add_name(TWO_NAME, port);
    open_connector();
    expect_no_more();
    ck_assert_uint_eq(peer_connector_outcome(connector, 0)->attempts, 1);
}
END_TEST

START_TEST(closing_ends_a_race_and_leaks_no_descriptor)
{
    const int good = begin_race();
    close(good);
    (void)listen_silently_at("127.0.0.2:0", port);
    (void)listen_silently_at("127.0.0.3:0", port);
    const size_t before = open_descriptors();
    add_name(THREE_NAME, port);
    open_connector();
    await_attempts(2);
    peer_connector_close(connector);
    connector = NULL;
    ck_assert_uint_eq(open_descriptors(), before);
}
END_TEST

static int accept_first(void *context, size_t index, rdy_tcp_stream *stream, int64_t *deadline_ns)
{
    unsigned *talks = context;
    ck_assert_uint_eq(index, 0);
    ck_assert_int_eq(*deadline_ns, RDY_NEVER);
    ck_assert_int_eq(rdy_tcp_stream_write(stream, "x", 1), 1);
    (*talks)++;
    return 0;
}

START_TEST(only_the_winner_is_talked_to)
{
    unsigned talks = 0;
    use_backend(_i);
    (void)begin_race();
    options.talk = (peer_talk){.advance = accept_first, .context = &talks};
    (void)listen_silently_at("127.0.0.2:0", port);
    add_name(TWO_NAME, port);
    open_connector();
    ck_assert_uint_eq(next_peer(), 0);
    ck_assert_uint_eq(talks, 1);
    check_address(0, "127.0.0.1:0");
    expect_no_more();
}
END_TEST

START_TEST(addresses_of_another_family_than_asked_for_are_no_attempts)
{
    (void)begin_race();
    options.family = _i == 0 ? AF_INET : AF_INET6;
    add_name(BOTH_NAME, port);
    open_connector();
    if (_i == 0)
        ck_assert_uint_eq(next_peer(), 0);
    expect_no_more();
    const rdy_address *address = peer_connector_outcome(connector, 0)->address;
    ck_assert_int_eq(rdy_address_family(address), options.family);
    ck_assert_uint_ge(peer_connector_outcome(connector, 0)->attempts, 1);
}
END_TEST

int main(void)
{
    const TTest *const for_each_order[] = {families_take_turns_and_keep_their_order, NULL};
    const TTest *const on_every_backend[] = {
        addresses_that_do_not_answer_are_passed_by,
        addresses_that_do_not_answer_are_passed_by_one_peer_after_another,
        the_first_that_answers_wins_and_the_others_are_closed,
        a_race_has_one_deadline,
        only_the_winner_is_talked_to,
        NULL,
    };
    const TTest *const twice[] = {
        a_race_that_nobody_wins_has_the_last_failure,
        races_that_fill_all_the_room_do_not_starve_each_other,
        addresses_of_another_family_than_asked_for_are_no_attempts,
        NULL,
    };
    const TTest *const once[] = {
        when_one_fails_the_next_is_begun_at_once,
        a_race_that_nobody_wins_is_run_again_by_a_retry,
        a_race_takes_no_room_for_attempts_that_its_time_forbids,
        with_room_for_one_connection_there_is_never_a_second,
        the_attempts_of_a_race_keep_to_the_rate,
        without_happy_the_next_address_waits_for_the_failure_of_the_last,
        closing_ends_a_race_and_leaks_no_descriptor,
        NULL,
    };
    Suite *suite = suite_create("peer_race");
    add_connector_case(suite, "for each order", for_each_order, sizeof orders / sizeof orders[0]);
    add_connector_case(suite, "on every backend", on_every_backend, backend_count());
    add_connector_case(suite, "twice", twice, 2);
    add_connector_case(suite, "once", once, 1);
    return run_suite(suite);
}
