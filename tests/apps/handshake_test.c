#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "apps/probe/talk/handshake.h"
#include "tests/suite.h"

static const uint8_t info_hash[HANDSHAKE_HASH_SIZE] = "0123456789abcdefghij";
static const uint8_t our_id[HANDSHAKE_ID_SIZE] = "-RD0001-............";
static uint8_t ours[HANDSHAKE_SIZE];
static uint8_t theirs[HANDSHAKE_SIZE];

/* The peer's side differs where it may: in the reserved bytes and in the id. */
static void set_up(void)
{
    handshake_make(info_hash, our_id, ours);
    handshake_make(info_hash, (const uint8_t *)"-XX9999-############", theirs);
    memset(theirs + 20, 0xFF, 8);
}

static enum handshake_verdict feed(size_t size)
{
    struct handshake came = {0};
    return handshake_feed(ours, &came, theirs, size);
}

START_TEST(ours_is_laid_out_as_in_bep_3)
{
    static const char expected[] = "\x13"
                                   "BitTorrent protocol"
                                   "\0\0\0\0\0\0\0\0"
                                   "0123456789abcdefghij"
                                   "-RD0001-............";
    ck_assert_uint_eq(sizeof expected - 1, HANDSHAKE_SIZE);
    ck_assert_mem_eq(ours, expected, HANDSHAKE_SIZE);
}
END_TEST

START_TEST(what_we_offer_is_in_the_bits_of_bep_6_and_bep_10)
{
    static const uint8_t reserved[] = {0, 0, 0, 0, 0, 0x10, 0, 0x04};
    handshake_offer_extensions(ours);
    ck_assert_mem_eq(ours + 20, reserved, sizeof reserved);
}
END_TEST

static const struct {
    uint8_t byte_25;
    uint8_t byte_27;
    bool has_extended;
    bool has_fast;
} offers[] = {
    {0x00, 0x00, false, false}, {0x10, 0x00, true, false},  {0x00, 0x04, false, true},
    {0x10, 0x05, true, true},   {0xEF, 0xFB, false, false},
};

START_TEST(what_the_peer_offers_is_read_from_its_own_bits)
{
    theirs[25] = offers[_i].byte_25;
    theirs[27] = offers[_i].byte_27;
    struct handshake came = {0};
    ck_assert_int_eq(handshake_feed(ours, &came, theirs, HANDSHAKE_SIZE), HANDSHAKE_OK);
    ck_assert_int_eq(came.has_extended, offers[_i].has_extended);
    ck_assert_int_eq(came.has_fast, offers[_i].has_fast);
}
END_TEST

START_TEST(a_whole_handshake_with_other_reserved_bytes_and_id_is_ok)
{
    ck_assert_int_eq(feed(HANDSHAKE_SIZE), HANDSHAKE_OK);
}
END_TEST

START_TEST(every_part_of_a_handshake_is_incomplete)
{
    ck_assert_int_eq(feed((size_t)_i), HANDSHAKE_INCOMPLETE);
}
END_TEST

START_TEST(a_handshake_that_comes_in_two_parts_is_ok_wherever_it_is_cut)
{
    const size_t cut = (size_t)_i;
    struct handshake came = {0};
    ck_assert_int_eq(handshake_feed(ours, &came, theirs, cut), HANDSHAKE_INCOMPLETE);
    ck_assert_uint_eq(came.received, cut);
    ck_assert_int_eq(handshake_feed(ours, &came, theirs + cut, HANDSHAKE_SIZE - cut), HANDSHAKE_OK);
}
END_TEST

START_TEST(each_wrong_byte_is_judged_by_the_field_it_is_in_as_soon_as_it_comes)
{
    const size_t at = (size_t)_i;
    theirs[at] ^= 0x01;
    const enum handshake_verdict verdict = feed(at + 1);
    if (at < 20)
        ck_assert_int_eq(verdict, HANDSHAKE_WRONG_PROTOCOL);
    else if (at >= 28 && at < 48)
        ck_assert_int_eq(verdict, HANDSHAKE_WRONG_INFO_HASH);
    else
        ck_assert_int_eq(verdict, at + 1 == HANDSHAKE_SIZE ? HANDSHAKE_OK : HANDSHAKE_INCOMPLETE);
}
END_TEST

START_TEST(the_first_wrong_byte_decides)
{
    theirs[0] ^= 0x01;
    theirs[30] ^= 0x01;
    ck_assert_int_eq(feed(HANDSHAKE_SIZE), HANDSHAKE_WRONG_PROTOCOL);
}
END_TEST

START_TEST(bytes_behind_the_handshake_do_not_matter)
{
    uint8_t more[HANDSHAKE_SIZE + 5];
    memcpy(more, theirs, HANDSHAKE_SIZE);
    memset(more + HANDSHAKE_SIZE, 0xEE, 5);
    struct handshake came = {0};
    ck_assert_int_eq(handshake_feed(ours, &came, more, sizeof more), HANDSHAKE_OK);
    ck_assert_uint_eq(came.received, HANDSHAKE_SIZE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("handshake");
    TCase *cases = tcase_create("handshake");
    tcase_add_checked_fixture(cases, set_up, NULL);
    tcase_add_test(cases, ours_is_laid_out_as_in_bep_3);
    tcase_add_test(cases, what_we_offer_is_in_the_bits_of_bep_6_and_bep_10);
    tcase_add_loop_test(cases, what_the_peer_offers_is_read_from_its_own_bits, 0, COUNT(offers));
    tcase_add_test(cases, a_whole_handshake_with_other_reserved_bytes_and_id_is_ok);
    tcase_add_loop_test(cases, every_part_of_a_handshake_is_incomplete, 0, HANDSHAKE_SIZE);
    tcase_add_loop_test(cases, a_handshake_that_comes_in_two_parts_is_ok_wherever_it_is_cut, 0,
                        HANDSHAKE_SIZE);
    tcase_add_loop_test(cases, each_wrong_byte_is_judged_by_the_field_it_is_in_as_soon_as_it_comes, 0,
                        HANDSHAKE_SIZE);
    tcase_add_test(cases, the_first_wrong_byte_decides);
    tcase_add_test(cases, bytes_behind_the_handshake_do_not_matter);
    suite_add_tcase(suite, cases);

    return run_suite(suite);
}
