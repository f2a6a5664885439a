/* What datagrams of every kind have in common: each test runs once for each kind. */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "net/unix_datagram.h"
#include "tests/net/datagrams.h"

#define TOKEN ((rdy_token)7)

/* Two sockets that are connected to each other. */
static rdy_source one, other;

static void open_udp(const char *host)
{
    const struct udp_pair pair = open_connected_udp(host);
    one = pair.one.source;
    other = pair.other.source;
}

static void open_v4(void)
{
    open_udp("127.0.0.1:0");
}

static void open_unix(void)
{
    rdy_unix_datagram ends[2];
    ck_assert_int_eq(rdy_unix_datagram_pair(&ends[0], &ends[1]), 0);
    one = ends[0].source;
    other = ends[1].source;
}

static void open_v6(void)
{
    open_udp("[::1]:0");
}

static void (*const kinds[])(void) = {open_v4, open_unix, open_v6}; /* the last may be missing */

static void close_both(void)
{
    rdy_source_close(&one);
    rdy_source_close(&other);
}

/* ---- moving ---- */

START_TEST(a_datagram_is_received_whole_and_once)
{
    char bytes[8];
    kinds[_i]();
    send_text(&one, "hello", NULL);
    send_text(&one, "you", NULL);
    await_readable(&other);
    for (int looks = 0; looks < 2; looks++)
        ck_assert_int_eq(rdy_datagram_peek(&other, bytes, sizeof bytes), 5);
    ck_assert_int_eq(rdy_datagram_recv(&other, bytes, sizeof bytes), 5);
    ck_assert_mem_eq(bytes, "hello", 5);
    expect_text(&other, "you");
    ck_assert_int_eq(rdy_datagram_recv(&other, bytes, sizeof bytes), -EAGAIN);
}
END_TEST

START_TEST(an_empty_datagram_is_0_and_no_end)
{
    char byte;
    kinds[_i]();
    ck_assert_int_eq(rdy_datagram_send(&one, NULL, 0), 0);
    send_text(&one, "more", NULL);
    await_readable(&other);
    ck_assert_int_eq(rdy_datagram_recv(&other, &byte, 1), 0);
    expect_text(&other, "more");
    expect_nothing(&other);
}
END_TEST

START_TEST(pieces_are_one_datagram)
{
    char head[2], tail[4];
    bool truncated = true;
    const struct iovec sent[] = {{"ab", 2}, {"", 0}, {"cd", 2}, {"e", 1}};
    const struct iovec rooms[] = {{head, sizeof head}, {tail, sizeof tail}};
    kinds[_i]();
    ck_assert_int_eq(rdy_datagram_sendv(&one, sent, 4, NULL), 5);
    await_readable(&other);
    ck_assert_int_eq(rdy_datagram_recvv(&other, rooms, 2, NULL, &truncated), 5);
    ck_assert_mem_eq(head, "ab", 2);
    ck_assert_mem_eq(tail, "cde", 3);
    ck_assert(!truncated);
    ck_assert_int_eq(rdy_datagram_recvv(&other, rooms, 2, NULL, &truncated), -EAGAIN);
    ck_assert_int_eq(rdy_datagram_sendv(&one, NULL, 0, NULL), 0);
    await_readable(&other);
    ck_assert_int_eq(rdy_datagram_recvv(&other, NULL, 0, NULL, &truncated), 0);
    ck_assert(!truncated);
    for (int i = 0; i < 2; i++) {
        const int count = i == 0 ? -1 : 100000;
        ck_assert_int_eq(rdy_datagram_sendv(&one, sent, count, NULL), -EINVAL);
        ck_assert_int_eq(rdy_datagram_recvv(&other, rooms, count, NULL, NULL), -EINVAL);
    }
}
END_TEST

START_TEST(what_is_too_long_is_cut_and_told_and_the_next_is_whole)
{
    char bytes[3] = "";
    bool truncated = false;
    const struct iovec room = {bytes, 2};
    kinds[_i]();
    send_text(&one, "abc", NULL);
    send_text(&one, "def", NULL);
    send_text(&one, "gone", NULL);
    send_text(&one, "gh", NULL);
    await_readable(&other);
    ck_assert_int_eq(rdy_datagram_recv(&other, bytes, 2), 2);
    ck_assert_str_eq(bytes, "ab");
    ck_assert_int_eq(rdy_datagram_recvv(&other, &room, 1, NULL, &truncated), 2);
    ck_assert_str_eq(bytes, "de");
    ck_assert(truncated);
    ck_assert_int_eq(rdy_datagram_recv(&other, NULL, 0), 0);
    ck_assert_int_eq(rdy_datagram_recvv(&other, &room, 1, NULL, &truncated), 2);
    ck_assert_str_eq(bytes, "gh");
    ck_assert(!truncated);
}
END_TEST

START_TEST(what_no_datagram_can_hold_is_emsgsize)
{
    static const char bytes[1 << 20];
    kinds[_i]();
    ck_assert_int_eq(rdy_datagram_send(&one, bytes, sizeof bytes), -EMSGSIZE);
    send_text(&one, "short", NULL);
    expect_text(&other, "short");
}
END_TEST

START_TEST(after_the_write_side_is_shut_down_a_send_is_epipe)
{
    kinds[_i]();
    send_text(&other, "still", NULL);
    ck_assert_int_eq(rdy_datagram_shutdown(&one, SHUT_WR), 0);
    ck_assert_int_eq(rdy_datagram_send(&one, "x", 1), -EPIPE);
    expect_text(&one, "still");
    ck_assert_int_eq(rdy_datagram_shutdown(&other, 77), -EINVAL);
}
END_TEST

/* ---- answers ---- */

START_TEST(an_unnamed_sender_is_answered_through_the_association)
{
    char byte;
    rdy_address from;
    const struct iovec piece = {&byte, 1};
    open_unix();
    send_text(&one, "x", NULL);
    ck_assert_int_eq(rdy_datagram_recv_from(&other, &byte, 1, &from), 1);
    ck_assert_int_eq(rdy_datagram_send_to(&other, &byte, 1, &from), 1);
    ck_assert_int_eq(rdy_datagram_sendv(&other, &piece, 1, &from), 1);
    for (int i = 0; i < 2; i++)
        expect_text(&one, "x");
    ck_assert_int_eq(rdy_datagram_disconnect(&other), 0);
    ck_assert_int_eq(rdy_datagram_send_to(&other, &byte, 1, &from), -ENOTCONN);
}
END_TEST

START_TEST(a_batch_goes_back_as_it_came)
{
    char bytes[2][1];
    rdy_datagram batch[] = {{.bytes = bytes[0], .room = 1}, {.bytes = bytes[1], .room = 1}};
    kinds[_i]();
    send_text(&one, "a", NULL);
    send_text(&one, "b", NULL);
    await_readable(&other);
    ck_assert_int_eq(rdy_datagram_recv_many(&other, batch, 2), 2);
    ck_assert_int_eq(rdy_datagram_send_many(&other, batch, 2), 2);
    expect_text(&one, "a");
    expect_text(&one, "b");
}
END_TEST

/* ---- edges ---- */

START_TEST(a_drained_socket_reports_the_next_datagram)
{
    kinds[_i]();
    watch(&other, TOKEN, RDY_READABLE);
    for (int i = 0; i < 3; i++) {
        expect_nothing(&other);
        expect_silence();
        send_text(&one, "x", NULL);
        wait_for(TOKEN, RDY_EVENT_READABLE);
        expect_text(&other, "x");
    }
}
END_TEST

/* Each of these would arm select for what is still there if it took that for a would-block. */
START_TEST(a_short_datagram_is_no_would_block)
{
    char bytes[100];
    const struct iovec room = {bytes, sizeof bytes};
    kinds[_i]();
    watch(&other, TOKEN, RDY_READABLE);
    send_text(&one, "one", NULL);
    send_text(&one, "two", NULL);
    send_text(&one, "three", NULL);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    ck_assert_int_eq(rdy_datagram_peek(&other, bytes, sizeof bytes), 3);
    ck_assert_int_eq(rdy_datagram_recv(&other, bytes, sizeof bytes), 3);
    ck_assert_int_eq(rdy_datagram_recvv(&other, &room, 1, NULL, NULL), 3);
    expect_silence();
}
END_TEST

START_TEST(a_would_block_of_receiving_does_not_arm_the_writing_side)
{
    kinds[_i]();
    watch(&other, TOKEN, RDY_READABLE | RDY_WRITABLE);
    wait_for(TOKEN, RDY_EVENT_WRITABLE);
    for (int i = 0; i < 3; i++) {
        expect_nothing(&other);
        expect_silence();
        send_text(&one, "x", NULL);
        wait_for(TOKEN, RDY_EVENT_READABLE);
        expect_text(&other, "x");
    }
}
END_TEST

START_TEST(level_reports_until_all_is_received)
{
    kinds[_i]();
    watch(&other, TOKEN, RDY_READABLE | RDY_LEVEL);
    send_text(&one, "one", NULL);
    send_text(&one, "", NULL);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    expect_text(&other, "one");
    wait_for(TOKEN, RDY_EVENT_READABLE);
    expect_text(&other, "");
    expect_silence();
}
END_TEST

static TCase *closing_case(Suite *suite, const char *name)
{
    TCase *tests = contract_case(suite, name);
    tcase_add_checked_fixture(tests, NULL, close_both);
    return tests;
}

int main(void)
{
    Suite *suite = contract_suite("datagram");
    TCase *moving = closing_case(suite, "moving"), *answers = closing_case(suite, "answers"),
          *edges = closing_case(suite, "edges");
    const int count = has_ipv6() ? COUNT(kinds) : COUNT(kinds) - 1;

    tcase_add_loop_test(moving, a_datagram_is_received_whole_and_once, 0, count);
    tcase_add_loop_test(moving, an_empty_datagram_is_0_and_no_end, 0, count);
    tcase_add_loop_test(moving, pieces_are_one_datagram, 0, count);
    tcase_add_loop_test(moving, what_is_too_long_is_cut_and_told_and_the_next_is_whole, 0, count);
    tcase_add_loop_test(moving, what_no_datagram_can_hold_is_emsgsize, 0, count);
    tcase_add_loop_test(moving, after_the_write_side_is_shut_down_a_send_is_epipe, 0, count);

    tcase_add_test(answers, an_unnamed_sender_is_answered_through_the_association);
    tcase_add_loop_test(answers, a_batch_goes_back_as_it_came, 0, count);

    tcase_add_loop_test(edges, a_drained_socket_reports_the_next_datagram, 0, count);
    tcase_add_loop_test(edges, a_short_datagram_is_no_would_block, 0, count);
    tcase_add_loop_test(edges, a_would_block_of_receiving_does_not_arm_the_writing_side, 0, count);
    tcase_add_loop_test(edges, level_reports_until_all_is_received, 0, count);
    return run_suite(suite);
}
