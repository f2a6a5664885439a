#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "apps/torrent/magnet.h"
#include "tests/suite.h"

#define HEX "000102030405060708090a0b0c0d0e0f10111213"
#define XT  "xt=urn:btih:" HEX

static struct magnet magnet;
static const char *expected;

static void tear_down(void)
{
    magnet_free(&magnet);
}

static void parse(const char *uri)
{
    ck_assert_msg(magnet_parse(uri, &magnet, &expected) == 0, "%s: expected %s", uri, expected);
}

static const char *const same[] = {
    "magnet:?" XT,
    "MAGNET:?XT=URN:BTIH:" HEX,
    "magnet:?&&" XT "&",
    "magnet:?kt&=x&xl=5&ws=%zz&" XT,
    "magnet:?xt.1=urn:btih:" HEX,
    "magnet:?xt=urn%3Abtih%3a" HEX,
    "magnet:?xt=urn:btih:AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQT",
    "magnet:?xt=urn:sha1:ABC&" XT "&xt=urn:btmh:1220caf1",
    "magnet:?" XT "&" XT,
};

START_TEST(the_info_hash_is_found)
{
    parse(same[_i]);
    for (uint8_t i = 0; i < INFO_HASH_SIZE; i++)
        ck_assert_uint_eq(magnet.info_hash[i], i);
    ck_assert_ptr_null(magnet.name);
    ck_assert_uint_eq(magnet.trackers.count + magnet.peer_count, 0);
}
END_TEST

START_TEST(the_name_is_decoded_and_the_first_counts)
{
    parse("magnet:?dn=a%20b%2Fc%26+%C3%A4&" XT "&dn=z");
    ck_assert_str_eq(magnet.name, "a b/c&+\xC3\xA4");
}
END_TEST

START_TEST(each_tracker_is_a_tier_of_its_own)
{
    static const char *const urls[] = {"http://a/b?c=d&e", "udp://b:1", "https://c/%41"};
    parse("magnet:?tr=http%3A%2F%2Fa%2Fb%3Fc=d%26e&" XT "&tr.2=udp://b:1&tr=https://c/%2541");
    ck_assert_uint_eq(magnet.trackers.count, COUNT(urls));
    for (size_t i = 0; i < magnet.trackers.count; i++) {
        ck_assert_str_eq(magnet.trackers.trackers[i].url, urls[i]);
        ck_assert_uint_eq(magnet.trackers.trackers[i].tier, i);
    }
}
END_TEST

START_TEST(a_tracker_that_is_no_url_is_left_out)
{
    parse("magnet:?tr=&tr=%20&tr=a%20b&" XT "&tr=%20http://a/b%0A&tr=c%7F&tr=udp://d:1");
    ck_assert_uint_eq(magnet.trackers.count, 2);
    ck_assert_str_eq(magnet.trackers.trackers[0].url, "http://a/b");
    ck_assert_str_eq(magnet.trackers.trackers[1].url, "udp://d:1");
    ck_assert_uint_lt(magnet.trackers.trackers[0].tier, magnet.trackers.trackers[1].tier);
}
END_TEST

START_TEST(peers_are_listed_as_they_stand_there)
{
    parse("magnet:?x.pe=1.2.3.4:5&" XT "&x.pe=%5B::1%5D:6&x.pe=h.test:7");
    ck_assert_uint_eq(magnet.peer_count, 3);
    ck_assert_str_eq(magnet.peers[0], "1.2.3.4:5");
    ck_assert_str_eq(magnet.peers[1], "[::1]:6");
    ck_assert_str_eq(magnet.peers[2], "h.test:7");
}
END_TEST

static const struct {
    const char *uri;
    const char *expected;
} bad[] = {
    {"", "a URI that begins with magnet:?"},
    {"magnet:", "a URI that begins with magnet:?"},
    {"http://a/?" XT, "a URI that begins with magnet:?"},
    {"magnet:?", "a parameter xt=urn:btih:"},
    {"magnet:?dn=a", "a parameter xt=urn:btih:"},
    {"magnet:?xt=urn:sha1:ABC", "a parameter xt=urn:btih:"},
    {"magnet:?xtx=urn:btih:" HEX, "a parameter xt=urn:btih:"},
    {"magnet:?xt.x=urn:btih:" HEX, "a parameter xt=urn:btih:"},
    {"magnet:?xt=urn:btmh:1220caf1", "xt=urn:btih:, not a torrent of version 2 alone (BEP 52)"},
    {"magnet:?xt=urn:btih:", "xt=urn:btih: with 40 hexadecimal or 32 base32 digits"},
    {"magnet:?" XT "0", "xt=urn:btih: with 40 hexadecimal or 32 base32 digits"},
    {"magnet:?xt=urn:btih:x00102030405060708090a0b0c0d0e0f10111213",
     "xt=urn:btih: with 40 hexadecimal or 32 base32 digits"},
    {"magnet:?" XT "&xt=urn:btih:ff0102030405060708090a0b0c0d0e0f10111213",
     "one torrent, not several xt=urn:btih:"},
    {"magnet:?" XT "&dn=%", "two hexadecimal digits after each '%', and no %00"},
    {"magnet:?" XT "&dn=%4", "two hexadecimal digits after each '%', and no %00"},
    {"magnet:?" XT "&dn=%4&xl=1", "two hexadecimal digits after each '%', and no %00"},
    {"magnet:?" XT "&dn=%4g", "two hexadecimal digits after each '%', and no %00"},
    {"magnet:?" XT "&x.pe=a%00", "two hexadecimal digits after each '%', and no %00"},
};

START_TEST(other_text_is_refused_with_what_was_expected)
{
    magnet.peer_count = 7;
    ck_assert_int_eq(magnet_parse(bad[_i].uri, &magnet, &expected), -EINVAL);
    ck_assert_str_eq(expected, bad[_i].expected);
    ck_assert_uint_eq(magnet.peer_count, 7);
    magnet.peer_count = 0;
}
END_TEST

static const struct {
    const char *name;
    const char *expected;
} bounded[] = {{"tr", "at most 1000 trackers"}, {"x.pe", "at most 1000 peers"}};

START_TEST(the_numbers_of_trackers_and_peers_are_bounded)
{
    char uri[16 << 10] = "magnet:?" XT;
    size_t length = strlen(uri);
    for (int i = 0; i <= 1000; i++) {
        if (i == 1000)
            parse(uri);
        length += (size_t)snprintf(uri + length, sizeof uri - length, "&%s=%d", bounded[_i].name, i);
    }
    magnet_free(&magnet);
    ck_assert_int_eq(magnet_parse(uri, &magnet, &expected), -EINVAL);
    ck_assert_str_eq(expected, bounded[_i].expected);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("magnet");
    TCase *cases = tcase_create("magnet");
    tcase_add_checked_fixture(cases, NULL, tear_down);
    tcase_add_loop_test(cases, the_info_hash_is_found, 0, COUNT(same));
    tcase_add_test(cases, the_name_is_decoded_and_the_first_counts);
    tcase_add_test(cases, each_tracker_is_a_tier_of_its_own);
    tcase_add_test(cases, a_tracker_that_is_no_url_is_left_out);
    tcase_add_test(cases, peers_are_listed_as_they_stand_there);
    tcase_add_loop_test(cases, other_text_is_refused_with_what_was_expected, 0, COUNT(bad));
    tcase_add_loop_test(cases, the_numbers_of_trackers_and_peers_are_bounded, 0, COUNT(bounded));
    suite_add_tcase(suite, cases);

    return run_suite(suite);
}
