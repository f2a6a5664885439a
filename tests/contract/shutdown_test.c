/* Own shutdowns, made through the library, show as read_closed and write_closed to whoever asked for the direction. */

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/datagram.h"
#include "net/stream.h"
#include "tests/contract/support.h"

#define TOKEN ((rdy_token)7)
#define BOTH  (RDY_READABLE | RDY_WRITABLE)
#define ENDS  (RDY_EVENT_READ_CLOSED | RDY_EVENT_WRITE_CLOSED)

static const struct kind *const streams[] = {&tcp_pair, &unix_pair};

static const struct {
    int how;
    uint32_t shown;
} shutdowns[] = {
    {SHUT_RD, RDY_EVENT_READABLE | RDY_EVENT_READ_CLOSED},
    {SHUT_WR, RDY_EVENT_WRITABLE | RDY_EVENT_WRITE_CLOSED},
    {SHUT_RDWR, RDY_EVENT_READABLE | RDY_EVENT_READ_CLOSED | RDY_EVENT_WRITABLE | RDY_EVENT_WRITE_CLOSED},
};

static uint32_t as_asked(uint32_t flags, rdy_interest interest)
{
    if (!(interest & RDY_READABLE))
        flags &= ~(RDY_EVENT_READABLE | RDY_EVENT_READ_CLOSED);
    if (!(interest & RDY_WRITABLE))
        flags &= ~(RDY_EVENT_WRITABLE | RDY_EVENT_WRITE_CLOSED);
    return flags;
}

/* Of a connection that is still open in the other direction, the shutdown says nothing. */
static void expect_shown(int how, uint32_t shown, rdy_interest interest)
{
    const uint32_t expected = as_asked(shown, interest);
    if (expected == 0)
        return;
    const uint32_t seen = wait_for(TOKEN, expected);
    if (how != SHUT_RDWR)
        ck_assert_uint_eq(seen & ENDS, expected & ENDS);
}

static void shut_a_registered(const struct kind *kind, rdy_interest interest, int how, uint32_t shown)
{
    struct pair pair = kind->open();
    watch(pair.end, TOKEN, interest);
    wait_for(TOKEN, kind->idle & interest);
    ck_assert_int_eq(rdy_stream_shutdown(pair.end, how), 0);
    expect_shown(how, shown, interest);
    close_sources();
}

static void register_a_shut(const struct kind *kind, rdy_interest interest, int how, uint32_t shown)
{
    struct pair pair = kind->open();
    ck_assert_int_eq(rdy_stream_shutdown(pair.end, how), 0);
    watch(pair.end, TOKEN, interest);
    expect_shown(how, shown, interest);
    close_sources();
}

START_TEST(an_own_shutdown_shows_whether_registered_before_or_after)
{
    static const rdy_interest triggers[] = {RDY_EDGE, RDY_LEVEL};
    for (int i = 0; i < COUNT(streams) * COUNT(triggers); i++)
        for (rdy_interest conditions = 1; conditions <= BOTH; conditions++) {
            const rdy_interest interest = conditions | triggers[i / COUNT(streams)];
            shut_a_registered(streams[i % COUNT(streams)], interest, shutdowns[_i].how, shutdowns[_i].shown);
            register_a_shut(streams[i % COUNT(streams)], interest, shutdowns[_i].how, shutdowns[_i].shown);
        }
}
END_TEST

START_TEST(one_direction_after_the_other_shows_both)
{
    struct pair pair = streams[_i]->open();
    watch(pair.end, TOKEN, BOTH);
    ck_assert_int_eq(rdy_stream_shutdown(pair.end, SHUT_WR), 0);
    wait_for(TOKEN, RDY_EVENT_WRITE_CLOSED);
    ck_assert_int_eq(rdy_stream_shutdown(pair.end, SHUT_RD), 0);
    wait_for(TOKEN, ENDS);
}
END_TEST

START_TEST(later_events_and_later_registrations_go_on_to_show_it)
{
    struct pair pair = streams[_i]->open();
    watch(pair.end, TOKEN, BOTH);
    ck_assert_int_eq(rdy_stream_shutdown(pair.end, SHUT_WR), 0);
    wait_for(TOKEN, RDY_EVENT_WRITE_CLOSED);
    feed(pair.peer);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    watch_again(pair.end, TOKEN, BOTH);
    wait_for(TOKEN, RDY_EVENT_WRITE_CLOSED);
    ck_assert_int_eq(rdy_source_deregister(pair.end), 0);
    watch(pair.end, TOKEN + 1, BOTH);
    wait_for(TOKEN + 1, RDY_EVENT_WRITE_CLOSED);
}
END_TEST

START_TEST(the_event_comes_under_the_latest_token)
{
    struct pair pair = streams[_i]->open();
    watch(pair.end, TOKEN, BOTH);
    watch_again(pair.end, TOKEN + 1, BOTH);
    ck_assert_int_eq(rdy_stream_shutdown(pair.end, SHUT_WR), 0);
    wait_for(TOKEN + 1, RDY_EVENT_WRITE_CLOSED);
}
END_TEST

START_TEST(a_refused_reregister_leaves_the_token_that_was)
{
    struct pair pair = streams[_i]->open();
    watch(pair.end, TOKEN, BOTH);
    ck_assert_int_eq(rdy_registry_reregister(subject.registry, pair.end, TOKEN + 1, 0), -EINVAL);
    ck_assert_int_eq(rdy_stream_shutdown(pair.end, SHUT_WR), 0);
    wait_for(TOKEN, RDY_EVENT_WRITE_CLOSED);
}
END_TEST

START_TEST(a_oneshot_that_has_fired_stays_silent_until_it_is_reregistered)
{
    struct pair pair = streams[_i]->open();
    watch(pair.end, TOKEN, BOTH | RDY_ONESHOT);
    wait_for(TOKEN, RDY_EVENT_WRITABLE);
    ck_assert_int_eq(rdy_stream_shutdown(pair.end, SHUT_WR), 0);
    expect_silence();
    watch_again(pair.end, TOKEN, BOTH | RDY_ONESHOT);
    wait_for(TOKEN, RDY_EVENT_WRITABLE | RDY_EVENT_WRITE_CLOSED);
}
END_TEST

START_TEST(a_reader_hears_nothing_of_its_own_writing)
{
    struct pair pair = streams[_i]->open();
    watch(pair.end, TOKEN, RDY_READABLE);
    ck_assert_int_eq(rdy_stream_shutdown(pair.end, SHUT_WR), 0);
    expect_silence();
    watch_again(pair.end, TOKEN, RDY_READABLE | RDY_LEVEL);
    expect_silence();
}
END_TEST

START_TEST(a_shutdown_of_what_took_over_the_number_ends_the_registration)
{
    struct pair old = streams[_i]->open(), new = streams[_i]->open();
    watch(old.end, TOKEN, BOTH);
    ck_assert_int_ge(dup2(rdy_source_fd(new.end), rdy_source_fd(old.end)), 0);
    ck_assert_int_eq(rdy_stream_shutdown(old.end, SHUT_WR), 0);
    ck_assert(!rdy_source_is_registered(old.end));
}
END_TEST

START_TEST(a_shutdown_that_failed_shows_nothing)
{
    struct pair pair = streams[_i]->open();
    watch(pair.end, TOKEN, BOTH);
    ck_assert_int_eq(rdy_stream_shutdown(pair.end, 12345), -EINVAL);
    ck_assert_uint_eq(wait_for(TOKEN, RDY_EVENT_WRITABLE) & ENDS, 0);
}
END_TEST

/* Nothing will ever make it unready, so an edge tells of it once, whatever is tried on it. */
START_TEST(what_was_shut_for_reading_is_told_once_also_where_receiving_would_block)
{
    static const struct kind *const kinds[] = {&udp_pair, &unix_datagram_pair, &tcp_pair, &unix_pair};
    char bytes[8];
    struct pair pair = kinds[_i]->open();
    watch(pair.end, TOKEN, RDY_READABLE);
    ck_assert_int_eq(rdy_stream_shutdown(pair.end, SHUT_RD), 0);
    wait_for(TOKEN, RDY_EVENT_READABLE | RDY_EVENT_READ_CLOSED);
    for (int round = 0; round < 3; round++) {
        ck_assert_int_le(rdy_datagram_recv(pair.end, bytes, sizeof bytes), 0);
        (void)rdy_source_blocked(pair.end, RDY_READABLE);
        expect_silence();
    }
}
END_TEST

int main(void)
{
    Suite *suite = contract_suite("shutdown");
    TCase *tests = contract_case(suite, "shown");

    tcase_add_loop_test(tests, an_own_shutdown_shows_whether_registered_before_or_after, 0, COUNT(shutdowns));
    tcase_add_loop_test(tests, one_direction_after_the_other_shows_both, 0, COUNT(streams));
    tcase_add_loop_test(tests, later_events_and_later_registrations_go_on_to_show_it, 0, COUNT(streams));
    tcase_add_loop_test(tests, the_event_comes_under_the_latest_token, 0, COUNT(streams));
    tcase_add_loop_test(tests, a_refused_reregister_leaves_the_token_that_was, 0, COUNT(streams));
    tcase_add_loop_test(tests, a_oneshot_that_has_fired_stays_silent_until_it_is_reregistered, 0,
                        COUNT(streams));
    tcase_add_loop_test(tests, a_reader_hears_nothing_of_its_own_writing, 0, COUNT(streams));
    tcase_add_loop_test(tests, what_was_shut_for_reading_is_told_once_also_where_receiving_would_block, 0, 4);
    tcase_add_loop_test(tests, a_shutdown_of_what_took_over_the_number_ends_the_registration, 0,
                        COUNT(streams));
    tcase_add_loop_test(tests, a_shutdown_that_failed_shows_nothing, 0, COUNT(streams));
    return run_suite(suite);
}
