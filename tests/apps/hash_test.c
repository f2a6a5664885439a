#include <check.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apps/common/hash.h"
#include "tests/suite.h"

static const uint8_t bytes[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};

/* The paper has the one of 15 bytes (appendix A), its authors' vectors.h the others. */
static const struct {
    size_t size;
    uint64_t hash;
} known[] = {
    {0, UINT64_C(0x726fdb47dd0e0e31)},
    {1, UINT64_C(0x74f839c593dc67fd)},
    {8, UINT64_C(0x93f5f5799a932462)},
    {15, UINT64_C(0xa129ca6149be45e5)},
};

START_TEST(it_is_siphash)
{
    static const uint64_t key[2] = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};
    ck_assert_uint_eq(hash_with_key(key, bytes, known[_i].size), known[_i].hash);
}
END_TEST

/* Four hashes, as another process has them. */
static void hash_elsewhere(uint32_t hashes[4])
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        for (uint8_t i = 0; i < 4; i++)
            hashes[i] = hash_bytes(80, &i, 1);
        _exit(write(ends[1], hashes, 4 * sizeof *hashes) < 0);
    }
    close(ends[1]);
    ck_assert_int_eq(read(ends[0], hashes, 4 * sizeof *hashes), 4 * sizeof *hashes);
    close(ends[0]);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
}

START_TEST(nobody_outside_knows_what_hashes_to_the_same)
{
    uint32_t one[4], other[4];
    hash_elsewhere(one);
    hash_elsewhere(other);
    ck_assert_mem_ne(one, other, sizeof one);
}
END_TEST

START_TEST(numbers_bytes_and_letters_count_and_their_case_does_not)
{
    ck_assert_uint_eq(hash_text(80, "Example.ORG"), hash_text(80, "example.org"));
    ck_assert_uint_eq(hash_text(80, "ab"), hash_bytes(80, (const uint8_t *)"ab", 2));
    ck_assert_uint_ne(hash_text(80, "ab"), hash_text(81, "ab"));
    ck_assert_uint_ne(hash_text(80, "ab"), hash_text(80, "ba"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hash");
    TCase *cases = tcase_create("hash");
    tcase_add_loop_test(cases, it_is_siphash, 0, COUNT(known));
    tcase_add_test(cases, nobody_outside_knows_what_hashes_to_the_same);
    tcase_add_test(cases, numbers_bytes_and_letters_count_and_their_case_does_not);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
