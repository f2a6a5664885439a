#include <check.h>
#include <errno.h>
#include <string.h>

#include "apps/torrent/info_hash.h"
#include "tests/suite.h"

static const uint8_t expected[INFO_HASH_SIZE] = {0,  1,  2,  3,  4,    5,    6,    7,    8,    9,
                                                 10, 11, 12, 13, 0xFF, 0xFE, 0xAB, 0xCD, 0xEF, 0x10};

START_TEST(an_info_hash_is_read_in_either_case)
{
    uint8_t hash[INFO_HASH_SIZE];
    ck_assert_int_eq(info_hash_parse("000102030405060708090a0B0c0DfFFeabcDEF10", hash), 0);
    ck_assert_mem_eq(hash, expected, sizeof expected);
}
END_TEST

static const char *const bad_hashes[] = {
    "",
    "00",
    "000102030405060708090a0b0c0d0e0f1011121",
    "000102030405060708090a0b0c0d0e0f101112131",
    "000102030405060708090a0b0c0d0e0f1011121g",
    "0x0102030405060708090a0b0c0d0e0f10111213",
    " 00102030405060708090a0b0c0d0e0f10111213",
    "AAAQEAYEAUDAOCAJBIFQYDP772V433YQ",
};

START_TEST(other_text_is_no_info_hash_and_leaves_the_old_one)
{
    uint8_t hash[INFO_HASH_SIZE] = {7};
    ck_assert_int_eq(info_hash_parse(bad_hashes[_i], hash), -EINVAL);
    ck_assert_uint_eq(hash[0], 7);
}
END_TEST

static const char *const in_magnets[] = {
    "000102030405060708090a0B0c0DfFFeabcDEF10&",
    "AAAQEAYEAUDAOCAJBIFQYDP772V433YQ",
    "aaaqeayeaudaocajbifqydp772v433yq&",
};

START_TEST(a_magnet_may_have_the_hash_in_hex_or_base32)
{
    uint8_t hash[INFO_HASH_SIZE];
    ck_assert_int_eq(info_hash_parse_magnet(in_magnets[_i], strcspn(in_magnets[_i], "&"), hash), 0);
    ck_assert_mem_eq(hash, expected, sizeof expected);
}
END_TEST

static const char *const bad_in_magnets[] = {
    "",
    "AAAQEAYEAUDAOCAJBIFQYDP772V433Y",
    "AAAQEAYEAUDAOCAJBIFQYDP772V433YQA",
    "0AAQEAYEAUDAOCAJBIFQYDP772V433YQ",
    "1AAQEAYEAUDAOCAJBIFQYDP772V433YQ",
    "8AAQEAYEAUDAOCAJBIFQYDP772V433YQ",
    "AAAQEAYEAUDAOCAJBIFQYDP772V433Y=",
    "000102030405060708090a0b0c0d0e0f1011121g",
};

START_TEST(digits_of_another_number_or_kind_are_no_hash)
{
    uint8_t hash[INFO_HASH_SIZE] = {7};
    ck_assert_int_eq(info_hash_parse_magnet(bad_in_magnets[_i], strlen(bad_in_magnets[_i]), hash), -EINVAL);
    ck_assert_uint_eq(hash[0], 7);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("info_hash");
    TCase *cases = tcase_create("info_hash");
    tcase_add_test(cases, an_info_hash_is_read_in_either_case);
    tcase_add_loop_test(cases, other_text_is_no_info_hash_and_leaves_the_old_one, 0, COUNT(bad_hashes));
    tcase_add_loop_test(cases, a_magnet_may_have_the_hash_in_hex_or_base32, 0, COUNT(in_magnets));
    tcase_add_loop_test(cases, digits_of_another_number_or_kind_are_no_hash, 0, COUNT(bad_in_magnets));
    suite_add_tcase(suite, cases);

    return run_suite(suite);
}
