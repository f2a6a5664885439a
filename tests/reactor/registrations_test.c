#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/suite.h"

/*
 * The table is compiled into this test, with an allocation and a look at a file that can be made to fail. The allocation
 * always moves, and its new memory is full of ones.
 */
static bool memory_is_short;

static int test_fstat(int fd, struct stat *file)
{
    if (!memory_is_short)
        return fstat(fd, file);
    errno = ENOMEM;
    return -1;
}

static void *test_realloc(void *memory, size_t size)
{
    static size_t held;
    void *moved = memory_is_short ? NULL : malloc(size);
    if (moved == NULL)
        return NULL;
    memset(moved, 0xff, size);
    if (memory != NULL)
        memcpy(moved, memory, held);
    held = size;
    free(memory);
    return moved;
}

#undef fstat /* tests/memory.h may have it */
#define fstat   test_fstat
#define realloc test_realloc
#include "reactor/os/descriptor_array.c"
#include "reactor/os/registrations.c"
#undef realloc
#undef fstat

#define TOKEN   ((rdy_token)7)
#define OTHER   ((rdy_token)8)
#define NUMBERS 300 /* the table grows three times on the way there */
#define HIGH    (NUMBERS - 1)

static struct rdy_registrations table;
static int numbers[NUMBERS]; /* open descriptors, in rising order */

static void open_numbers(void)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    numbers[0] = ends[0];
    for (int i = 1; i < NUMBERS; i++) {
        numbers[i] = fcntl(ends[0], F_DUPFD, numbers[i - 1] + 1);
        ck_assert_int_gt(numbers[i], numbers[i - 1]);
    }
}

static void close_numbers(void)
{
    rdy_registrations_free(&table);
    for (int i = 0; i < NUMBERS; i++)
        close(numbers[i]);
}

static void add(int i, rdy_token token)
{
    ck_assert_int_eq(rdy_registrations_add(&table, numbers[i], token, RDY_READABLE), 0);
}

static void expect_entry(int i, rdy_token token)
{
    const struct rdy_registration *entry = rdy_registrations_find(&table, numbers[i]);
    ck_assert_ptr_nonnull(entry);
    ck_assert_uint_eq(entry->token, token);
}

static void expect_none(int i)
{
    ck_assert_ptr_null(rdy_registrations_find(&table, numbers[i]));
}

/* ---- against a plain model ---- */

static struct {
    bool there;
    rdy_token token;
    rdy_interest interest;
    uint64_t generation;
} model[NUMBERS];

static uint64_t newest;

static void note(int i, rdy_token token, rdy_interest interest)
{
    const struct rdy_registration *entry = rdy_registrations_find(&table, numbers[i]);
    ck_assert_ptr_nonnull(entry);
    ck_assert_uint_gt(entry->generation, newest);
    newest = entry->generation;
    model[i].there = true;
    model[i].token = token;
    model[i].interest = interest;
    model[i].generation = newest;
}

static void add_one(int i, rdy_token token, rdy_interest interest)
{
    const bool was_there = model[i].there;
    ck_assert_int_eq(rdy_registrations_add(&table, numbers[i], token, interest), was_there ? -EEXIST : 0);
    if (!was_there)
        note(i, token, interest);
}

static void change_one(int i, rdy_token token, rdy_interest interest)
{
    struct rdy_registration *entry = rdy_registrations_find(&table, numbers[i]);
    if (entry != NULL)
        entry->armed = 0;
    ck_assert_int_eq(rdy_registrations_change(&table, numbers[i], token, interest),
                     model[i].there ? 0 : -ENOENT);
    if (entry != NULL)
        note(i, token, interest);
}

static void remove_one(int i)
{
    ck_assert_int_eq(rdy_registrations_remove(&table, numbers[i]), model[i].there ? 0 : -ENOENT);
    model[i].there = false;
}

static bool is_as_in_model(int i)
{
    const struct rdy_registration *entry = rdy_registrations_find(&table, numbers[i]);
    if (entry == NULL || !model[i].there)
        return entry == NULL && !model[i].there;
    return entry->token == model[i].token && entry->interest == model[i].interest &&
           entry->armed == (model[i].interest & RDY_CONDITIONS) && entry->generation == model[i].generation;
}

static void compare_with_model(void)
{
    int end = 0;
    for (int i = 0; i < NUMBERS; i++) {
        if (!is_as_in_model(i))
            ck_abort_msg("descriptor %d is not as it should be", numbers[i]);
        if (model[i].there)
            end = numbers[i] + 1;
    }
    ck_assert_int_eq(table.end, end);
}

/* Among few numbers and among all; small steps are enough to come from an empty table to a full one. */
START_TEST(a_table_is_what_a_plain_list_would_be)
{
    static const rdy_interest interests[] = {RDY_READABLE, RDY_WRITABLE | RDY_LEVEL,
                                             RDY_READABLE | RDY_PRIORITY | RDY_ONESHOT};
    const int most = _i == 0 ? 5 : NUMBERS;
    srand(1);
    for (int step = 0; step < 4000; step++) {
        const int i = NUMBERS - 1 - rand() % most;
        const rdy_token token = (rdy_token)rand();
        const rdy_interest interest = interests[rand() % COUNT(interests)];
        switch (rand() % 5) {
        case 0:
        case 1:
            add_one(i, token, interest);
            break;
        case 2:
            change_one(i, token, interest);
            break;
        default:
            remove_one(i);
        }
        compare_with_model();
    }
}
END_TEST

START_TEST(growing_keeps_what_is_there_and_adds_nothing)
{
    for (int i = 0; i < NUMBERS; i += 2)
        add(i, (rdy_token)i);
    for (int i = 0; i < NUMBERS; i += 2) {
        expect_entry(i, (rdy_token)i);
        expect_none(i + 1);
    }
}
END_TEST

START_TEST(what_is_no_descriptor_of_the_table_is_not_found)
{
    static const int never[] = {-1, INT_MIN, INT_MAX, 1 << 20};
    ck_assert_ptr_null(rdy_registrations_find(&table, never[_i]));
    ck_assert_int_eq(rdy_registrations_remove(&table, never[_i]), -ENOENT);
    add(0, TOKEN);
    ck_assert_ptr_null(rdy_registrations_find(&table, never[_i]));
    ck_assert_int_eq(rdy_registrations_remove(&table, never[_i]), -ENOENT);
}
END_TEST

START_TEST(a_freed_table_is_empty_and_serves_again)
{
    add(HIGH, TOKEN);
    rdy_registrations_free(&table);
    expect_none(HIGH);
    rdy_registrations_free(&table);
    add(HIGH, OTHER);
    expect_entry(HIGH, OTHER);
}
END_TEST

/* ---- refusals ---- */

START_TEST(out_of_memory_leaves_the_table_as_before)
{
    for (int full = 0; full < 2; full++) {
        if (full)
            add(0, TOKEN);
        memory_is_short = true;
        ck_assert_int_eq(rdy_registrations_add(&table, numbers[HIGH], OTHER, RDY_READABLE), -ENOMEM);
        memory_is_short = false;
        expect_none(HIGH);
        ck_assert_int_eq(table.end, full ? numbers[0] + 1 : 0);
    }
    expect_entry(0, TOKEN);
    add(HIGH, OTHER);
    expect_entry(0, TOKEN);
    expect_entry(HIGH, OTHER);
}
END_TEST

START_TEST(removing_is_never_out_of_memory)
{
    add(HIGH, TOKEN);
    memory_is_short = true;
    ck_assert_int_eq(rdy_registrations_remove(&table, numbers[HIGH]), 0);
    memory_is_short = false;
    expect_none(HIGH);
    ck_assert_int_eq(table.end, 0);
}
END_TEST

START_TEST(what_cannot_be_registered_leaves_no_trace)
{
    const int directory = open("/", O_RDONLY | O_DIRECTORY);
    ck_assert_int_ge(directory, 0);
    close(numbers[HIGH]);
    ck_assert_int_eq(rdy_registrations_add(&table, directory, TOKEN, RDY_READABLE), -EPERM);
    ck_assert_int_eq(rdy_registrations_add(&table, numbers[HIGH], TOKEN, RDY_READABLE), -EBADF);
    ck_assert_int_eq(rdy_registrations_add(&table, -1, TOKEN, RDY_READABLE), -EBADF);
    ck_assert_int_eq(table.end, 0);
    ck_assert_ptr_null(rdy_registrations_find(&table, directory));
    close(directory);
}
END_TEST

/* ---- descriptors that were closed behind our back ---- */

/* Whose number is used again, by another file. */
static void replace_file(int i)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(dup2(ends[0], numbers[i]), numbers[i]);
    close(ends[0]);
    close(ends[1]);
}

START_TEST(removing_what_was_closed_is_ebadf_and_removes_it)
{
    add(HIGH, TOKEN);
    close(numbers[HIGH]);
    ck_assert_int_eq(rdy_registrations_remove(&table, numbers[HIGH]), -EBADF);
    expect_none(HIGH);
    ck_assert_int_eq(table.end, 0);
}
END_TEST

START_TEST(removing_another_files_registration_is_enoent_and_removes_it)
{
    add(HIGH, TOKEN);
    replace_file(HIGH);
    ck_assert_int_eq(rdy_registrations_remove(&table, numbers[HIGH]), -ENOENT);
    expect_none(HIGH);
    ck_assert_int_eq(table.end, 0);
}
END_TEST

START_TEST(changing_what_became_another_file_drops_the_registration)
{
    add(0, TOKEN);
    replace_file(0);
    ck_assert_int_eq(rdy_registrations_change(&table, numbers[0], OTHER, RDY_READABLE), -ENOENT);
    ck_assert_ptr_null(rdy_registrations_find(&table, numbers[0]));
}
END_TEST

START_TEST(adding_a_new_file_under_an_old_number_replaces_the_registration)
{
    add(0, TOKEN);
    struct rdy_registration *old = rdy_registrations_find(&table, numbers[0]);
    const uint64_t generation = old->generation;
    old->slot = 5;
    old->batch = 6;
    replace_file(0);
    add(0, OTHER);
    expect_entry(0, OTHER);
    const struct rdy_registration *entry = rdy_registrations_find(&table, numbers[0]);
    ck_assert_uint_ne(entry->generation, generation);
    ck_assert_int_eq(entry->slot, 0);
    ck_assert_uint_eq(entry->batch, 0);
    ck_assert_int_eq(rdy_registrations_remove(&table, numbers[0]), 0);
}
END_TEST

START_TEST(a_descriptor_too_large_to_double_up_to_is_out_of_memory)
{
    int size = 0;
    ck_assert_ptr_null(rdy_descriptor_array_reach(NULL, INT_MAX, 1, &size));
    ck_assert_ptr_null(rdy_descriptor_array_reach(NULL, INT_MAX / 2 + 1, 1, &size));
    ck_assert_int_eq(size, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("registrations");
    TCase *tests = tcase_create("table");
    TCase *refusals = tcase_create("refusals");
    TCase *closed = tcase_create("closed");

    tcase_add_checked_fixture(tests, open_numbers, close_numbers);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, a_table_is_what_a_plain_list_would_be, 0, 2);
    tcase_add_test(tests, growing_keeps_what_is_there_and_adds_nothing);
    tcase_add_loop_test(tests, what_is_no_descriptor_of_the_table_is_not_found, 0, 4);
    tcase_add_test(tests, a_freed_table_is_empty_and_serves_again);
    tcase_add_checked_fixture(refusals, open_numbers, close_numbers);
    tcase_add_test(refusals, out_of_memory_leaves_the_table_as_before);
    tcase_add_test(refusals, removing_is_never_out_of_memory);
    tcase_add_test(refusals, a_descriptor_too_large_to_double_up_to_is_out_of_memory);
    tcase_add_test(refusals, what_cannot_be_registered_leaves_no_trace);
    tcase_add_checked_fixture(closed, open_numbers, close_numbers);
    tcase_add_test(closed, removing_what_was_closed_is_ebadf_and_removes_it);
    tcase_add_test(closed, removing_another_files_registration_is_enoent_and_removes_it);
    tcase_add_test(closed, changing_what_became_another_file_drops_the_registration);
    tcase_add_test(closed, adding_a_new_file_under_an_old_number_replaces_the_registration);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, refusals);
    suite_add_tcase(suite, closed);
    return run_suite(suite);
}
