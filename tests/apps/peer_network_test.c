#include "apps/common/peer_network.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "apps/common/peer_list.h"
#include "tests/suite.h"

static peer_list list;

static void begin(void)
{
    list = (peer_list){0};
}

static void end(void)
{
    peer_list_free(&list);
}

static const struct {
    const char *text;
    uint16_t default_port;
    size_t count;
    const char *first;
    const char *last;
} good[] = {
    {"10.0.0.0/24:80", 0, 256, "10.0.0.0:80", "10.0.0.255:80"},
    {"10.0.0.77/24:80", 0, 256, "10.0.0.0:80", "10.0.0.255:80"},
    {"10.0.0.0/24", 6881, 256, "10.0.0.0:6881", "10.0.0.255:6881"},
    {"10.0.0.0/24:80", 6881, 256, "10.0.0.0:80", "10.0.0.255:80"},
    {"10.0.0.7/32:80", 0, 1, "10.0.0.7:80", "10.0.0.7:80"},
    {"10.0.0.7/31:80", 0, 2, "10.0.0.6:80", "10.0.0.7:80"},
    {"10.0.0.7/30:80", 0, 4, "10.0.0.4:80", "10.0.0.7:80"},
    {"255.255.255.255/23:1", 0, 512, "255.255.254.0:1", "255.255.255.255:1"},
    {"[2001:db8::/120]:80", 0, 256, "[2001:db8::]:80", "[2001:db8::ff]:80"},
    {"[2001:db8::/120]", 80, 256, "[2001:db8::]:80", "[2001:db8::ff]:80"},
    {"2001:db8::77/121", 80, 128, "[2001:db8::]:80", "[2001:db8::7f]:80"},
    {"[::1/128]:80", 0, 1, "[::1]:80", "[::1]:80"},
    {"[::ffff:10.0.0.9/127]:80", 0, 2, "10.0.0.8:80", "10.0.0.9:80"},
    {"::ffff:10.0.0.0/120", 80, 256, "10.0.0.0:80", "10.0.0.255:80"},
    {"10.32.0.0/12:80", 0, PEER_NETWORK_MAX, "10.32.0.0:80", "10.47.255.255:80"},
    {"[2001:db8::/108]:80", 0, PEER_NETWORK_MAX, "[2001:db8::]:80", "[2001:db8::f:ffff]:80"},
};

static void expect_address(const rdy_address *address, const char *expected)
{
    char text[RDY_ADDRESS_TEXT_MAX];
    rdy_address_print(address, text, sizeof text);
    ck_assert_str_eq(text, expected);
}

START_TEST(a_network_has_all_its_addresses_whatever_the_bits_behind_the_prefix)
{
    peer_network network;
    ck_assert_int_eq(peer_network_parse(good[_i].text, good[_i].default_port, &network), 0);
    ck_assert_uint_eq(network.count, good[_i].count);
    const rdy_address first = peer_network_address(&network, 0);
    const rdy_address last = peer_network_address(&network, network.count - 1);
    expect_address(&first, good[_i].first);
    expect_address(&last, good[_i].last);
}
END_TEST

static const struct {
    const char *text;
    uint16_t default_port;
    int error;
} bad[] = {
    {"10.0.0.0/24", 0, -EINVAL},
    {"10.0.0.0/:80", 0, -EINVAL},
    {"10.0.0.0/33:80", 0, -EINVAL},
    {"10.0.0.0/-1:80", 0, -EINVAL},
    {"10.0.0.0/+24:80", 0, -EINVAL},
    {"10.0.0.0/ 24:80", 0, -EINVAL},
    {"10.0.0.0/0024:80", 0, -EINVAL},
    {"10.0.0.0/24/24:80", 0, -EINVAL},
    {"10.0.0.0/255.255.255.0:80", 0, -EINVAL},
    {"10.0.0.0:80/24", 0, -EINVAL},
    {"10.0.0.0/24]:80", 0, -EINVAL},
    {"[10.0.0.0/24]:80", 0, -EINVAL},
    {"10.0.0/24:80", 0, -EINVAL},
    {"/24:80", 0, -EINVAL},
    {"/", 80, -EINVAL},
    {"name/24:80", 0, -EINVAL},
    {"unix:/24", 80, -EINVAL},
    {"10.0.0.0/24:", 80, -EINVAL},
    {"10.0.0.0/24:80x", 0, -EINVAL},
    {"10.0.0.0/24:0", 80, -ERANGE},
    {"10.0.0.0/24:65536", 80, -ERANGE},
    {"[::1/128]:65536", 80, -ERANGE},
    {"[::1/129]:80", 0, -EINVAL},
    {"[::1]/128:80", 0, -EINVAL},
    {"[::1/128:80", 0, -EINVAL},
    {"::1/128]", 80, -EINVAL},
    {"2001:db8::1/120:6881", 80, -EINVAL},
    {"::1/128", 0, -EINVAL},
    {"10.0.0.0/11:80", 0, -E2BIG},
    {"0.0.0.0/0:80", 0, -E2BIG},
    {"[::/0]:80", 0, -E2BIG},
    {"[::/107]:80", 0, -E2BIG},
    {"[::ffff:10.0.0.0/107]:80", 0, -E2BIG},
    {"[::ffff:10.0.0.0/95]:80", 0, -E2BIG},
};

START_TEST(other_text_is_no_network_and_adds_nothing)
{
    ck_assert_int_eq(peer_list_add(&list, bad[_i].text, bad[_i].default_port), bad[_i].error);
    ck_assert_uint_eq(list.count, 0);
}
END_TEST

START_TEST(text_that_is_too_long_is_no_network)
{
    char text[4 * RDY_ADDRESS_TEXT_MAX];
    memset(text, '0', sizeof text);
    memcpy(text + sizeof text - 4, "/24", 4);
    ck_assert_int_eq(peer_list_add(&list, text, 80), -EINVAL);
    memcpy(text, "1.2.3.4/24", 10);
    memset(text + 10, '0', sizeof text - 11);
    ck_assert_int_eq(peer_list_add(&list, text, 80), -EINVAL);
}
END_TEST

START_TEST(a_link_local_network_keeps_its_interface)
{
    ck_assert_int_eq(peer_list_add(&list, "[fe80::%1/127]:80", 0), 0);
    ck_assert_uint_eq(list.count, 2);
    ck_assert_int_eq(peer_list_add(&list, "[fe80::1%1]:80", 0), 0);
    ck_assert_uint_eq(list.count, 2);
    ck_assert_int_eq(peer_list_add(&list, "[fe80::1%2]:80", 0), 0);
    ck_assert_uint_eq(list.count, 3);
}
END_TEST

START_TEST(an_address_of_networks_and_entries_is_there_once)
{
    static const char *const texts[] = {"10.0.0.3:80",       "10.0.0.0/29:80",           "10.0.0.6/30",
                                        "[::ffff:a00:5]:80", "[::ffff:10.0.0.0/125]:80", "10.0.0.0:81"};
    static const char *const expected[] = {"10.0.0.3:80", "10.0.0.0:80", "10.0.0.1:80",
                                           "10.0.0.2:80", "10.0.0.4:80", "10.0.0.5:80",
                                           "10.0.0.6:80", "10.0.0.7:80", "10.0.0.0:81"};
    for (size_t i = 0; i < COUNT(texts); i++)
        ck_assert_int_eq(peer_list_add(&list, texts[i], 80), 0);
    ck_assert_uint_eq(list.count, COUNT(expected));
    for (size_t i = 0; i < COUNT(expected); i++)
        ck_assert_str_eq(list.peers[i].text, expected[i]);
}
END_TEST

/* The peers that a list was told of, and nothing twice. */
static void add_mixture(void)
{
    static const char *const texts[] = {"10.0.0.0/28:80", "name:80", "[2001:db8::/124]:80", "10.0.0.7:80",
                                        "other:81"};
    for (size_t i = 0; i < COUNT(texts); i++)
        ck_assert_int_eq(peer_list_add(&list, texts[i], 0), 0);
    ck_assert_uint_eq(list.count, 34);
}

START_TEST(each_entry_is_in_exactly_one_shard)
{
    enum { SHARDS = 5 };
    add_mixture();
    const peer_list whole = list;
    size_t seen = 0;
    for (size_t index = 1; index <= SHARDS; index++) {
        list = (peer_list){0};
        add_mixture();
        peer_list_keep_shard(&list, index, SHARDS);
        for (size_t i = 0; i < list.count; i++, seen++)
            ck_assert_str_eq(list.peers[i].text, whole.peers[index - 1 + i * SHARDS].text);
        peer_list_free(&list);
    }
    ck_assert_uint_eq(seen, whole.count);
    list = whole;
}
END_TEST

START_TEST(one_shard_of_one_is_all_and_a_shard_may_be_empty)
{
    add_mixture();
    peer_list_keep_shard(&list, 1, 1);
    ck_assert_uint_eq(list.count, 34);
    peer_list_keep_shard(&list, 35, SIZE_MAX);
    ck_assert_uint_eq(list.count, 0);
    peer_list_keep_shard(&list, 1, 2);
    ck_assert_uint_eq(list.count, 0);
}
END_TEST

START_TEST(a_family_keeps_its_addresses_and_all_names)
{
    add_mixture();
    ck_assert_uint_eq(peer_list_keep_family(&list, AF_INET6), 16);
    ck_assert_uint_eq(list.count, 18);
    ck_assert_uint_eq(peer_list_keep_family(&list, AF_INET), 16);
    ck_assert_uint_eq(list.count, 2);
    ck_assert_str_eq(list.peers[0].text, "name:80");
    ck_assert_str_eq(list.peers[1].text, "other:81");
}
END_TEST

START_TEST(what_was_dropped_may_be_added_again_and_what_stayed_is_known)
{
    add_mixture();
    peer_list_keep_shard(&list, 1, 2);
    ck_assert_uint_eq(list.count, 17);
    for (int round = 0; round < 2; round++) {
        ck_assert_int_eq(peer_list_add(&list, "10.0.0.0/28:80", 0), 0);
        ck_assert_uint_eq(list.count, 25);
    }
}
END_TEST

START_TEST(an_entry_of_a_large_network_is_small)
{
    enum { MOST_BYTES = 192 };
    ck_assert_int_eq(peer_list_add(&list, "10.0.0.0/16:6881", 0), 0);
    ck_assert_uint_eq(list.count, 65536);
    const size_t bytes = list.capacity * sizeof *list.peers + list.slot_count * sizeof *list.slots;
    ck_assert_uint_le(bytes / list.count + sizeof "10.255.255.255:6881", MOST_BYTES);
}
END_TEST

static Suite *peer_network_suite(void)
{
    Suite *suite = suite_create("peer_network");
    TCase *reading = tcase_create("reading");
    TCase *choosing = tcase_create("choosing");

    tcase_add_checked_fixture(reading, begin, end);
    tcase_add_loop_test(reading, a_network_has_all_its_addresses_whatever_the_bits_behind_the_prefix, 0,
                        COUNT(good));
    tcase_add_loop_test(reading, other_text_is_no_network_and_adds_nothing, 0, COUNT(bad));
    tcase_add_test(reading, text_that_is_too_long_is_no_network);
    tcase_add_test(reading, a_link_local_network_keeps_its_interface);
    tcase_add_test(reading, an_address_of_networks_and_entries_is_there_once);
    tcase_add_test(reading, an_entry_of_a_large_network_is_small);
    tcase_add_checked_fixture(choosing, begin, end);
    tcase_add_test(choosing, each_entry_is_in_exactly_one_shard);
    tcase_add_test(choosing, one_shard_of_one_is_all_and_a_shard_may_be_empty);
    tcase_add_test(choosing, a_family_keeps_its_addresses_and_all_names);
    tcase_add_test(choosing, what_was_dropped_may_be_added_again_and_what_stayed_is_known);
    suite_add_tcase(suite, reading);
    suite_add_tcase(suite, choosing);
    return suite;
}

int main(void)
{
    return run_suite(peer_network_suite());
}
