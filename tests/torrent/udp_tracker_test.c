#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "apps/torrent/udp_tracker.h"
#include "tests/suite.h"

/* The size of a literal without its last NUL. */
#define SIZE(literal) (sizeof(literal) - 1)

enum { TRANSACTION = 0x01020304, WITHOUT_PATH = 98 };

#define FOR_US    "\1\2\3\4"
#define CONNECTED "\0\0\0\0" FOR_US
#define ANNOUNCED "\0\0\0\1" FOR_US
#define FAILED    "\0\0\0\3" FOR_US
#define NUMBERS   "\0\0\7\x08\0\0\0\2\x80\0\0\1"

static struct tracker_reply reply;
static struct udp_tracker_connection connection;
static struct format_error error;

static void tear_down(void)
{
    tracker_reply_free(&reply);
    free(connection.failure);
}

START_TEST(the_question_for_a_connection_is_as_in_bep_15)
{
    static const char expected[] = "\0\0\4\x17\x27\x10\x19\x80\0\0\0\0" FOR_US;
    uint8_t packet[UDP_TRACKER_CONNECT_SIZE];
    udp_tracker_make_connect(TRANSACTION, packet);
    ck_assert_uint_eq(SIZE(expected), sizeof packet);
    ck_assert_mem_eq(packet, expected, sizeof packet);
}
END_TEST

static struct udp_tracker_announce announce_with(const char *path)
{
    return (struct udp_tracker_announce){
        .connection_id = UINT64_C(0x1112131415161718),
        .transaction_id = TRANSACTION,
        .info_hash = (const uint8_t *)"aaaaaaaaaaaaaaaaaaaa",
        .peer_id = (const uint8_t *)"bbbbbbbbbbbbbbbbbbbb",
        .downloaded = 1,
        .left = UINT64_C(0xF0F1F2F3F4F5F6F7),
        .uploaded = 2,
        .event = UDP_TRACKER_STARTED,
        .key = 0x21222324,
        .numwant = -1,
        .port = 0x1AE1,
        .path = path,
    };
}

START_TEST(an_announce_is_as_in_bep_15)
{
    static const char expected[] =
        "\x11\x12\x13\x14\x15\x16\x17\x18\0\0\0\1" FOR_US "aaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbb"
        "\0\0\0\0\0\0\0\1\xF0\xF1\xF2\xF3\xF4\xF5\xF6\xF7\0\0\0\0\0\0\0\2"
        "\0\0\0\2\0\0\0\0\x21\x22\x23\x24\xFF\xFF\xFF\xFF\x1A\xE1";
    uint8_t packet[UDP_TRACKER_ANNOUNCE_MAX];
    struct udp_tracker_announce announce = announce_with(_i == 0 ? NULL : "");
    ck_assert_int_eq(udp_tracker_make_announce(&announce, packet), SIZE(expected));
    ck_assert_mem_eq(packet, expected, SIZE(expected));
}
END_TEST

START_TEST(the_path_of_the_url_is_an_option_behind_it)
{
    static const char expected[] = "\2\x11/announce?key=1&2";
    uint8_t packet[UDP_TRACKER_ANNOUNCE_MAX];
    struct udp_tracker_announce announce = announce_with("/announce?key=1&2");
    ck_assert_int_eq(udp_tracker_make_announce(&announce, packet), WITHOUT_PATH + SIZE(expected));
    ck_assert_mem_eq(packet + WITHOUT_PATH, expected, SIZE(expected));
}
END_TEST

START_TEST(a_long_path_takes_several_options_and_has_an_end)
{
    char path[UDP_TRACKER_PATH_MAX + 2] = "";
    uint8_t packet[UDP_TRACKER_ANNOUNCE_MAX];
    struct udp_tracker_announce announce = announce_with(path);
    memset(path, 'p', 256);
    ck_assert_int_eq(udp_tracker_make_announce(&announce, packet), WITHOUT_PATH + 2 + 255 + 2 + 1);
    ck_assert_mem_eq(packet + WITHOUT_PATH, "\2\xFFp", 3);
    ck_assert_mem_eq(packet + WITHOUT_PATH + 2 + 255, "\2\1p", 3);
    memset(path, 'p', UDP_TRACKER_PATH_MAX);
    ck_assert_int_eq(udp_tracker_make_announce(&announce, packet), UDP_TRACKER_ANNOUNCE_MAX);
    path[UDP_TRACKER_PATH_MAX] = 'p';
    ck_assert_int_eq(udp_tracker_make_announce(&announce, packet), -ENAMETOOLONG);
}
END_TEST

static int read_connect(const char *packet, size_t size)
{
    return udp_tracker_read_connect(packet, size, TRANSACTION, &connection, &error);
}

static int read_announce(const char *packet, size_t size, int family)
{
    return udp_tracker_read_announce(packet, size, TRANSACTION, family, &reply, &error);
}

START_TEST(a_connection_has_its_id)
{
    ck_assert_int_eq(read_connect(CONNECTED "\xF1\2\3\4\5\6\7\x08more", 20), 0);
    ck_assert_uint_eq(connection.id, UINT64_C(0xF102030405060708));
    ck_assert_ptr_null(connection.failure);
}
END_TEST

START_TEST(an_announce_is_answered_with_peers)
{
    static const char packet[] = ANNOUNCED NUMBERS "\x7F\0\0\1\x1A\xE1\1\2\3\4\0\0\1\2\3\4\0\1";
    ck_assert_int_eq(read_announce(packet, SIZE(packet), AF_INET), 0);
    ck_assert_int_eq(reply.interval_s, 1800);
    ck_assert_int_eq(reply.incomplete, 2);
    ck_assert_int_eq(reply.complete, INT64_C(0x80000001));
    ck_assert_int_eq(reply.min_interval_s, -1);
    ck_assert_uint_eq(reply.address_count, 2);
    ck_assert_uint_eq(rdy_address_port(&reply.addresses[0]), 6881);
    ck_assert_uint_eq(reply.skipped, 1);
}
END_TEST

START_TEST(a_tracker_that_is_reached_over_ipv6_has_peers_of_18_bytes)
{
    static const char packet[] = ANNOUNCED NUMBERS "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\x50";
    char text[RDY_ADDRESS_TEXT_MAX];
    ck_assert_int_eq(read_announce(packet, SIZE(packet), AF_INET6), 0);
    ck_assert_uint_eq(reply.address_count, 1);
    rdy_address_print(&reply.addresses[0], text, sizeof text);
    ck_assert_str_eq(text, "[::1]:80");
}
END_TEST

START_TEST(an_announce_may_be_answered_without_a_peer)
{
    ck_assert_int_eq(read_announce(ANNOUNCED NUMBERS, SIZE(ANNOUNCED NUMBERS), AF_INET), 0);
    ck_assert_uint_eq(reply.address_count, 0);
    ck_assert_ptr_null(reply.failure);
}
END_TEST

START_TEST(a_failure_has_the_words_of_the_tracker)
{
    ck_assert_int_eq(read_announce(FAILED "gone\0more", SIZE(FAILED) + 9, AF_INET), 0);
    ck_assert_str_eq(reply.failure, "gone");
    ck_assert_int_eq(read_connect(FAILED "away", SIZE(FAILED) + 4), 0);
    ck_assert_str_eq(connection.failure, "away");
}
END_TEST

START_TEST(a_failure_may_be_wordless)
{
    ck_assert_int_eq(read_announce(FAILED, SIZE(FAILED), AF_INET), 0);
    ck_assert_str_eq(reply.failure, "");
}
END_TEST

static const struct {
    const char *packet;
    size_t size;
} not_ours[] = {
    {"", 0}, {FOR_US, 4}, {ANNOUNCED, 7}, {"\0\0\0\1\1\2\3\5" NUMBERS, 20}, {"\0\0\0\3\4\3\2\1gone", 12},
};

START_TEST(a_packet_of_another_transaction_is_not_for_us)
{
    connection.id = 7;
    ck_assert_int_eq(read_announce(not_ours[_i].packet, not_ours[_i].size, AF_INET), -EAGAIN);
    ck_assert_int_eq(read_connect(not_ours[_i].packet, not_ours[_i].size), -EAGAIN);
    ck_assert_uint_eq(connection.id, 7);
}
END_TEST

static const struct {
    const char *packet;
    size_t size;
    int family;
    size_t offset;
    const char *expected;
} bad_announces[] = {
    {ANNOUNCED, 8, AF_INET, 8, "an answer with a body: this tracker may not know the torrent"},
    {ANNOUNCED NUMBERS, 9, AF_INET, 9, "at least 20 bytes of an answer to an announce"},
    {ANNOUNCED NUMBERS, 19, AF_INET, 19, "at least 20 bytes of an answer to an announce"},
    {ANNOUNCED NUMBERS "aaaaa", 25, AF_INET, 20, "peers of 6 bytes each"},
    {ANNOUNCED NUMBERS "aaaaaaa", 27, AF_INET, 20, "peers of 6 bytes each"},
    {ANNOUNCED NUMBERS "aaaaaa", 26, AF_INET6, 20, "peers of 18 bytes each"},
    {CONNECTED NUMBERS, 20, AF_INET, 0, "the action that was asked for, or 3 for an error"},
    {"\0\0\0\2" FOR_US NUMBERS, 20, AF_INET, 0, "the action that was asked for, or 3 for an error"},
    {"\1\0\0\1" FOR_US NUMBERS, 20, AF_INET, 0, "the action that was asked for, or 3 for an error"},
};

START_TEST(an_answer_of_a_wrong_action_or_size_is_refused)
{
    ck_assert_int_eq(
        read_announce(bad_announces[_i].packet, bad_announces[_i].size, bad_announces[_i].family), -EINVAL);
    ck_assert_str_eq(error.expected, bad_announces[_i].expected);
    ck_assert_uint_eq(error.offset, bad_announces[_i].offset);
    ck_assert_ptr_null(reply.addresses);
}
END_TEST

START_TEST(a_connection_of_a_wrong_action_or_size_is_refused)
{
    ck_assert_int_eq(read_connect(CONNECTED "1234567", 15), -EINVAL);
    ck_assert_str_eq(error.expected, "16 bytes of an answer to a connect");
    ck_assert_int_eq(read_connect(ANNOUNCED NUMBERS, 20), -EINVAL);
    ck_assert_str_eq(error.expected, "the action that was asked for, or 3 for an error");
}
END_TEST

static void add_answers(TCase *cases)
{
    tcase_add_test(cases, a_connection_has_its_id);
    tcase_add_test(cases, an_announce_is_answered_with_peers);
    tcase_add_test(cases, a_tracker_that_is_reached_over_ipv6_has_peers_of_18_bytes);
    tcase_add_test(cases, an_announce_may_be_answered_without_a_peer);
    tcase_add_test(cases, a_failure_has_the_words_of_the_tracker);
    tcase_add_test(cases, a_failure_may_be_wordless);
    tcase_add_loop_test(cases, a_packet_of_another_transaction_is_not_for_us, 0, COUNT(not_ours));
    tcase_add_loop_test(cases, an_answer_of_a_wrong_action_or_size_is_refused, 0, COUNT(bad_announces));
    tcase_add_test(cases, a_connection_of_a_wrong_action_or_size_is_refused);
}

int main(void)
{
    Suite *suite = suite_create("udp_tracker");
    TCase *cases = tcase_create("questions");
    tcase_add_test(cases, the_question_for_a_connection_is_as_in_bep_15);
    tcase_add_loop_test(cases, an_announce_is_as_in_bep_15, 0, 2);
    tcase_add_test(cases, the_path_of_the_url_is_an_option_behind_it);
    tcase_add_test(cases, a_long_path_takes_several_options_and_has_an_end);
    suite_add_tcase(suite, cases);

    cases = tcase_create("answers");
    tcase_add_checked_fixture(cases, NULL, tear_down);
    add_answers(cases);
    suite_add_tcase(suite, cases);

    return run_suite(suite);
}
