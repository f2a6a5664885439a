#include <check.h>
#include <errno.h>
#include <string.h>

#include "apps/torrent/info_hash.h"
#include "apps/torrent/sha1.h"
#include "tests/suite.h"

/* The messages of FIPS 180-2, appendix A, and the empty one. */
static const struct {
    const char *text;
    const char *digest;
} known[] = {
    {"", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
    {"abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
};

static void assert_digest(const uint8_t digest[SHA1_SIZE], const char *hex)
{
    uint8_t expected[SHA1_SIZE];
    ck_assert_int_eq(info_hash_parse(hex, expected), 0);
    ck_assert_mem_eq(digest, expected, SHA1_SIZE);
}

START_TEST(known_messages_have_their_digests)
{
    uint8_t digest[SHA1_SIZE];
    ck_assert_int_eq(sha1_of(known[_i].text, strlen(known[_i].text), digest), 0);
    assert_digest(digest, known[_i].digest);
}
END_TEST

START_TEST(bytes_may_come_one_by_one_and_a_digest_begin_again)
{
    uint8_t digest[SHA1_SIZE];
    struct sha1 sha1 = {0};
    for (int i = 0; i < COUNT(known); i++) {
        ck_assert_int_eq(sha1_begin(&sha1), 0);
        for (const char *byte = known[i].text; *byte != '\0'; byte++)
            sha1_add(&sha1, byte, 1);
        ck_assert_int_eq(sha1_end(&sha1, digest), 0);
        assert_digest(digest, known[i].digest);
    }
    sha1_free(&sha1);
}
END_TEST

START_TEST(what_was_added_before_a_new_beginning_is_forgotten)
{
    uint8_t digest[SHA1_SIZE];
    struct sha1 sha1 = {0};
    ck_assert_int_eq(sha1_begin(&sha1), 0);
    sha1_add(&sha1, "xyz", 3);
    ck_assert_int_eq(sha1_begin(&sha1), 0);
    ck_assert_int_eq(sha1_end(&sha1, digest), 0);
    assert_digest(digest, known[0].digest);
    sha1_free(&sha1);
}
END_TEST

START_TEST(a_digest_that_was_not_begun_does_not_end)
{
    uint8_t digest[SHA1_SIZE] = {7};
    struct sha1 sha1 = {0};
    sha1_add(&sha1, "abc", 3);
    ck_assert_int_eq(sha1_end(&sha1, digest), -EIO);
    ck_assert_uint_eq(digest[0], 7);
    sha1_free(&sha1);
    sha1_free(NULL);
}
END_TEST

START_TEST(without_a_library_there_is_no_digest)
{
    uint8_t digest[SHA1_SIZE] = {7};
    ck_assert_int_eq(sha1_of("abc", 3, digest), -ENOTSUP);
    ck_assert_uint_eq(digest[0], 7);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sha1");
    TCase *cases = tcase_create("sha1");
    tcase_add_test(cases, a_digest_that_was_not_begun_does_not_end);
    if (sha1_is_available()) {
        tcase_add_loop_test(cases, known_messages_have_their_digests, 0, COUNT(known));
        tcase_add_test(cases, bytes_may_come_one_by_one_and_a_digest_begin_again);
        tcase_add_test(cases, what_was_added_before_a_new_beginning_is_forgotten);
    } else {
        tcase_add_test(cases, without_a_library_there_is_no_digest);
    }
    suite_add_tcase(suite, cases);

    return run_suite(suite);
}
