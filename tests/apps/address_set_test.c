#include <check.h>
#include <stdlib.h>

#include "apps/common/address_set.h"
#include "apps/common/unmapped.h"
#include "tests/suite.h"

static rdy_address address_of(int number)
{
    const uint8_t bytes[4] = {127, 0, (uint8_t)(number >> 8), (uint8_t)number};
    return rdy_address_ipv4(bytes, 80);
}

START_TEST(an_address_is_new_once)
{
    enum { ADDRESSES = 5000 };
    static rdy_address addresses[2][ADDRESSES];
    address_set set = {0};
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < ADDRESSES; i++) {
            addresses[round][i] = address_of(i);
            ck_assert_int_eq(address_set_add(&set, &addresses[round][i]), round == 0 ? 1 : 0);
        }
    }
    ck_assert_uint_eq(set.count, ADDRESSES);
    address_set_free(&set);
    ck_assert_int_eq(address_set_add(&set, &addresses[0][0]), 1);
    address_set_free(&set);
}
END_TEST

static const struct {
    const char *text;
    const char *unmapped;
} mapped[] = {
    {"[::ffff:1.2.3.4]:80", "1.2.3.4:80"}, {"[::1]:80", "[::1]:80"},         {"1.2.3.4:80", "1.2.3.4:80"},
    {"[::1.2.3.4]:80", "[::1.2.3.4]:80"},  {"unix:/a/path", "unix:/a/path"},
};

START_TEST(a_mapped_address_is_the_one_it_stands_for)
{
    rdy_address address, expected;
    ck_assert_int_eq(rdy_address_parse(mapped[_i].text, &address), 0);
    ck_assert_int_eq(rdy_address_parse(mapped[_i].unmapped, &expected), 0);
    address = unmapped(&address);
    ck_assert_int_eq(rdy_address_compare(&address, &expected), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("address_set");
    TCase *cases = tcase_create("address_set");
    tcase_add_test(cases, an_address_is_new_once);
    tcase_add_loop_test(cases, a_mapped_address_is_the_one_it_stands_for, 0, COUNT(mapped));
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
