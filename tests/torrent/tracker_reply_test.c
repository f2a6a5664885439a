#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "apps/torrent/tracker_reply.h"
#include "tests/suite.h"

/* Of text that may hold NUL. */
#define PARSE(text) tracker_reply_parse(text, sizeof(text) - 1, &reply, &error)

static struct tracker_reply reply;
static struct format_error error;

static void tear_down(void)
{
    tracker_reply_free(&reply);
}

static void assert_address(const rdy_address *address, const char *expected)
{
    char text[RDY_ADDRESS_TEXT_MAX];
    rdy_address_print(address, text, sizeof text);
    ck_assert_str_eq(text, expected);
}

START_TEST(compact_peers_of_both_families_are_read)
{
    ck_assert_int_eq(PARSE("d8:completei2e10:incompletei3e8:intervali1800e12:min intervali60e"
                           "5:peers12:\x7F\0\0\1\x1A\xE1\1\2\3\4\xFF\xFF"
                           "6:peers618:\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\x50"
                           "10:tracker id3:x\xFF&e"),
                     0);
    ck_assert_int_eq(reply.complete, 2);
    ck_assert_int_eq(reply.incomplete, 3);
    ck_assert_int_eq(reply.interval_s, 1800);
    ck_assert_int_eq(reply.min_interval_s, 60);
    ck_assert_str_eq(reply.tracker_id, "x\xFF&");
    ck_assert_ptr_null(reply.failure);
    ck_assert_ptr_null(reply.warning);
    ck_assert_uint_eq(reply.address_count, 3);
    assert_address(&reply.addresses[0], "127.0.0.1:6881");
    assert_address(&reply.addresses[1], "1.2.3.4:65535");
    assert_address(&reply.addresses[2], "[::1]:80");
    ck_assert_uint_eq(reply.name_count + reply.skipped, 0);
}
END_TEST

START_TEST(peers_may_be_dictionaries_with_addresses_and_names)
{
    ck_assert_int_eq(PARSE("d8:intervali1e5:peersl"
                           "d2:ip7:1.2.3.44:porti5ee"
                           "d2:ip6:h.test7:peer id20:aaaaaaaaaaaaaaaaaaaa4:porti65535ee"
                           "d2:ip3:::14:porti1ee"
                           "d2:ip14:::ffff:1.2.3.54:porti6ee"
                           "e6:peers618:\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2\0\3e"),
                     0);
    ck_assert_uint_eq(reply.address_count, 4);
    assert_address(&reply.addresses[0], "1.2.3.4:5");
    assert_address(&reply.addresses[1], "[::1]:1");
    assert_address(&reply.addresses[2], "1.2.3.5:6");
    assert_address(&reply.addresses[3], "[::2]:3");
    ck_assert_uint_eq(reply.name_count, 1);
    ck_assert_str_eq(reply.names[0].host, "h.test");
    ck_assert_uint_eq(reply.names[0].port, 65535);
    ck_assert_uint_eq(reply.skipped, 0);
}
END_TEST

START_TEST(peers_that_cannot_be_are_skipped_and_counted)
{
    ck_assert_int_eq(PARSE("d5:peers12:\1\2\3\4\0\0\1\2\3\4\0\1e"), 0);
    ck_assert_uint_eq(reply.address_count, 1);
    ck_assert_uint_eq(reply.skipped, 1);
    tracker_reply_free(&reply);
    ck_assert_int_eq(PARSE("d5:peersl"
                           "d2:ip7:1.2.3.44:porti0ee"
                           "d2:ip7:1.2.3.44:porti65536ee"
                           "d2:ip7:1.2.3.44:porti-1ee"
                           "d2:ip0:4:porti1ee"
                           "d2:ip3:a b4:porti1ee"
                           "d2:ip5:a\0b.c4:porti1ee"
                           "d2:ip9:1.2.3.2564:porti1ee"
                           "d2:ip9:1.2.3.4:54:porti1ee"
                           "d2:ip3:h:54:porti1ee"
                           "d2:ip1:h4:porti1ee"
                           "ee"),
                     0);
    ck_assert_uint_eq(reply.address_count, 0);
    ck_assert_uint_eq(reply.name_count, 1);
    ck_assert_uint_eq(reply.skipped, 9);
}
END_TEST

START_TEST(an_ip_that_is_longer_than_any_name_is_skipped)
{
    char text[512] = "d5:peersld2:ip300:";
    memset(text + strlen(text), 'a', 300);
    strcat(text, "4:porti1eeee");
    ck_assert_int_eq(tracker_reply_parse(text, strlen(text), &reply, &error), 0);
    ck_assert_uint_eq(reply.skipped, 1);
}
END_TEST

START_TEST(a_failure_has_words_and_no_peers)
{
    ck_assert_int_eq(PARSE("d14:failure reason4:gone8:intervali5e5:peers6:\1\2\3\4\0\1"
                           "15:warning message3:olde"),
                     0);
    ck_assert_str_eq(reply.failure, "gone");
    ck_assert_str_eq(reply.warning, "old");
    ck_assert_uint_eq(reply.address_count, 0);
    ck_assert_int_eq(reply.interval_s, -1);
}
END_TEST

START_TEST(what_the_tracker_does_not_say_or_cannot_mean_is_told_apart)
{
    ck_assert_int_eq(PARSE("d8:completei-2e11:external ip3:abc8:interval1:x5:peers0:10:tracker idi1ee"), 0);
    ck_assert_int_eq(reply.complete, -1);
    ck_assert_int_eq(reply.incomplete, -1);
    ck_assert_int_eq(reply.interval_s, -1);
    ck_assert_int_eq(reply.min_interval_s, -1);
    ck_assert_int_eq(rdy_address_family(&reply.external), AF_UNSPEC);
    ck_assert_ptr_null(reply.tracker_id);
    ck_assert_uint_eq(reply.address_count, 0);
}
END_TEST

START_TEST(our_own_address_may_be_told_in_either_family)
{
    ck_assert_int_eq(PARSE("d11:external ip4:\1\2\3\4"
                           "5:peers0:e"),
                     0);
    assert_address(&reply.external, "1.2.3.4:0");
    tracker_reply_free(&reply);
    ck_assert_int_eq(PARSE("d11:external ip16:\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"
                           "5:peers0:e"),
                     0);
    assert_address(&reply.external, "[::1]:0");
}
END_TEST

START_TEST(keys_may_come_in_any_order)
{
    ck_assert_int_eq(PARSE("d5:peers6:\1\2\3\4\0\1"
                           "8:intervali5e8:completei1ee"),
                     0);
    ck_assert_uint_eq(reply.address_count, 1);
    ck_assert_int_eq(reply.interval_s, 5);
}
END_TEST

static const struct {
    const char *text;
    size_t offset;
    const char *expected;
} bad[] = {
    {"", 0, "an integer, a string, a list or a dictionary"},
    {"<html>", 0, "an integer, a string, a list or a dictionary"},
    {"le", 0, "a dictionary"},
    {"4:gone", 0, "a dictionary"},
    {"de", 0, "a key 'peers', 'peers6' or 'failure reason'"},
    {"d8:intervali5ee", 0, "a key 'peers', 'peers6' or 'failure reason'"},
    {"d14:failure reasoni5ee", 0, "a key 'peers', 'peers6' or 'failure reason'"},
    {"d5:peers5:aaaaae", 8, "'peers' of 6 bytes each, or a list"},
    {"d5:peers7:aaaaaaae", 8, "'peers' of 6 bytes each, or a list"},
    {"d5:peersi6ee", 8, "'peers' of 6 bytes each, or a list"},
    {"d5:peersdee", 8, "'peers' of 6 bytes each, or a list"},
    {"d6:peers66:aaaaaae", 9, "'peers6' of 18 bytes each"},
    {"d6:peers6lee", 9, "'peers6' of 18 bytes each"},
    {"d5:peers6:aaaaaa6:peers61:ae", 24, "'peers6' of 18 bytes each"},
    {"d5:peersli1eee", 9, "a peer with a string 'ip'"},
    {"d5:peersld4:porti1eeee", 9, "a peer with a string 'ip'"},
    {"d5:peersld2:ipi1e4:porti1eeee", 9, "a peer with a string 'ip'"},
    {"d5:peersld2:ip7:1.2.3.4eee", 9, "a peer with an integer 'port'"},
    {"d5:peersld2:ip7:1.2.3.44:port1:1ed2:ip6:h.test4:porti1eeee", 9, "a peer with an integer 'port'"},
    {"d5:peersld2:ip6:h.test4:porti1eed2:ip1:hee6:peers60:e", 32, "a peer with an integer 'port'"},
    {"d5:peers0:e\n", 11, "nothing behind the value"},
};

START_TEST(other_bytes_are_refused_with_the_place_and_what_was_expected_there)
{
    ck_assert_int_eq(tracker_reply_parse(bad[_i].text, strlen(bad[_i].text), &reply, &error), -EINVAL);
    ck_assert_str_eq(error.expected, bad[_i].expected);
    ck_assert_uint_eq(error.offset, bad[_i].offset);
    ck_assert_ptr_null(reply.addresses);
}
END_TEST

START_TEST(a_reply_that_is_too_long_is_refused)
{
    char *text = calloc(1, TRACKER_REPLY_SIZE_MAX + 1);
    ck_assert_ptr_nonnull(text);
    ck_assert_int_eq(tracker_reply_parse(text, TRACKER_REPLY_SIZE_MAX + 1, &reply, &error), -EMSGSIZE);
    ck_assert_int_eq(tracker_reply_parse(text, TRACKER_REPLY_SIZE_MAX, &reply, &error), -EINVAL);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tracker_reply");
    TCase *cases = tcase_create("tracker_reply");
    tcase_add_checked_fixture(cases, NULL, tear_down);
    tcase_add_test(cases, compact_peers_of_both_families_are_read);
    tcase_add_test(cases, peers_may_be_dictionaries_with_addresses_and_names);
    tcase_add_test(cases, peers_that_cannot_be_are_skipped_and_counted);
    tcase_add_test(cases, an_ip_that_is_longer_than_any_name_is_skipped);
    tcase_add_test(cases, a_failure_has_words_and_no_peers);
    tcase_add_test(cases, what_the_tracker_does_not_say_or_cannot_mean_is_told_apart);
    tcase_add_test(cases, our_own_address_may_be_told_in_either_family);
    tcase_add_test(cases, keys_may_come_in_any_order);
    tcase_add_loop_test(cases, other_bytes_are_refused_with_the_place_and_what_was_expected_there, 0,
                        COUNT(bad));
    tcase_add_test(cases, a_reply_that_is_too_long_is_refused);
    suite_add_tcase(suite, cases);

    return run_suite(suite);
}
