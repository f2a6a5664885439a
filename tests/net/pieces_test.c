#include <errno.h>
#include <limits.h>

#include "net/pieces.h"
#include "tests/contract/support.h"

static const int refused[] = {INT_MIN, -1, IOV_MAX + 1, INT_MAX};
static const struct iovec two[] = {{"ab", 2}, {"cde", 3}};

START_TEST(what_one_call_does_not_take_is_einval_and_stays)
{
    const struct iovec *pieces = two;
    int count = refused[_i];
    struct msghdr message = {.msg_iovlen = 7};
    ck_assert_int_eq(rdy_pieces_check(&pieces, &count), -EINVAL);
    ck_assert_ptr_eq(pieces, two);
    ck_assert_int_eq(count, refused[_i]);
    ck_assert_int_eq(rdy_pieces_message(two, refused[_i], &message), -EINVAL);
    ck_assert_uint_eq(message.msg_iovlen, 7);
}
END_TEST

START_TEST(pieces_are_handed_on_as_they_are)
{
    const struct iovec *pieces = two;
    int count = 2;
    struct msghdr message;
    ck_assert_int_eq(rdy_pieces_check(&pieces, &count), 0);
    ck_assert_ptr_eq(pieces, two);
    ck_assert_int_eq(count, 2);
    ck_assert_uint_eq(rdy_pieces_total(pieces, count), 5);
    ck_assert_int_eq(rdy_pieces_message(two, 2, &message), 0);
    ck_assert_ptr_eq(message.msg_iov, two);
    ck_assert_uint_eq(message.msg_iovlen, 2);
    ck_assert_ptr_null(message.msg_name);
}
END_TEST

START_TEST(none_are_one_that_is_empty)
{
    const struct iovec *pieces = NULL;
    int count = 0;
    struct msghdr message;
    ck_assert_int_eq(rdy_pieces_check(&pieces, &count), 0);
    ck_assert_int_eq(count, 1);
    ck_assert_uint_eq(rdy_pieces_total(pieces, count), 0);
    ck_assert_int_eq(rdy_pieces_message(NULL, 0, &message), 0);
    ck_assert_uint_eq(message.msg_iovlen, 1);
    ck_assert_uint_eq(message.msg_iov[0].iov_len, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pieces");
    TCase *tests = tcase_create("pieces");
    tcase_add_loop_test(tests, what_one_call_does_not_take_is_einval_and_stays, 0, COUNT(refused));
    tcase_add_test(tests, pieces_are_handed_on_as_they_are);
    tcase_add_test(tests, none_are_one_that_is_empty);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
