#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/common/output_file.h"
#include "tests/suite.h"

enum { PATH_SIZE = 128 };

static char folder[PATH_SIZE];
static char path[2 * PATH_SIZE];
static struct output_file output;

static void write_old(const char *text)
{
    FILE *file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static void assert_holds(const char *text)
{
    char found[64] = "";
    FILE *file = fopen(path, "re");
    ck_assert_ptr_nonnull(file);
    found[fread(found, 1, sizeof found - 1, file)] = '\0';
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_str_eq(found, text);
}

static size_t files_there(void)
{
    size_t count = 0;
    DIR *directory = opendir(folder);
    ck_assert_ptr_nonnull(directory);
    for (const struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory))
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

static void set_up(void)
{
    const char *root = getenv("TMPDIR");
    (void)snprintf(folder, sizeof folder, "%s/rdy-output-XXXXXX", root == NULL ? "/tmp" : root);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/report.json", folder);
}

static void tear_down(void)
{
    (void)unlink(path);
    ck_assert_uint_eq(files_there(), 0);
    ck_assert_int_eq(rmdir(folder), 0);
}

START_TEST(a_file_is_there_when_it_is_whole_and_not_before)
{
    write_old("old");
    ck_assert_int_eq(output_file_open(path, OUTPUT_WHOLE, &output), 0);
    ck_assert_int_ge(fputs("new", output.file), 0);
    ck_assert_int_eq(fflush(output.file), 0);
    assert_holds("old");
    ck_assert(output_file_close(&output));
    assert_holds("new");
    ck_assert_uint_eq(files_there(), 1);
}
END_TEST

START_TEST(a_file_that_is_given_up_leaves_the_old_one)
{
    write_old("old");
    ck_assert_int_eq(output_file_open(path, OUTPUT_WHOLE, &output), 0);
    ck_assert_int_ge(fputs("new", output.file), 0);
    output_file_abandon(&output);
    assert_holds("old");
    ck_assert_uint_eq(files_there(), 1);
}
END_TEST

static volatile sig_atomic_t signals_seen;

static void note_signal(int number)
{
    (void)number;
    signals_seen++;
}

START_TEST(signals_that_would_leave_half_a_file_wait_until_it_is_settled)
{
    static const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const sig_atomic_t before = signals_seen;
        ck_assert(signal(numbers[i], note_signal) != SIG_ERR);
        ck_assert_int_eq(output_file_open(path, OUTPUT_WHOLE, &output), 0);
        ck_assert_int_eq(raise(numbers[i]), 0);
        ck_assert_int_eq(signals_seen, before);
        ck_assert(output_file_close(&output));
        ck_assert_int_eq(signals_seen, before + 1);
        ck_assert_int_eq(output_file_open(path, OUTPUT_WHOLE, &output), 0);
        output_file_abandon(&output);
        ck_assert_int_eq(raise(numbers[i]), 0);
        ck_assert_int_eq(signals_seen, before + 2);
    }
}
END_TEST

START_TEST(a_file_that_was_not_there_is_made_and_to_try_makes_none)
{
    ck_assert_int_eq(output_file_try(path), 0);
    ck_assert_uint_eq(files_there(), 0);
    ck_assert_int_eq(output_file_open(path, OUTPUT_WHOLE, &output), 0);
    ck_assert(output_file_close(&output));
    assert_holds("");
}
END_TEST

START_TEST(lines_can_be_read_as_they_come)
{
    ck_assert_int_eq(output_file_open(path, OUTPUT_AS_COMES, &output), 0);
    ck_assert_int_ge(fputs("one\n", output.file), 0);
    ck_assert_int_eq(fflush(output.file), 0);
    assert_holds("one\n");
    ck_assert(output_file_close(&output));
}
END_TEST

START_TEST(the_new_file_has_the_rights_of_the_old_one)
{
    struct stat found;
    write_old("old");
    ck_assert_int_eq(chmod(path, 0600), 0);
    ck_assert_int_eq(output_file_open(path, OUTPUT_WHOLE, &output), 0);
    ck_assert(output_file_close(&output));
    ck_assert_int_eq(stat(path, &found), 0);
    ck_assert_uint_eq(found.st_mode & 0777, 0600);
}
END_TEST

/* ---- groups, which only root can choose freely ---- */

enum { SECRET_GROUP = 54322, USER = 54321 };

static bool belongs_to_secret_group(mode_t mode)
{
    write_old("old");
    return chown(path, USER, SECRET_GROUP) == 0 && chmod(path, mode) == 0;
}

START_TEST(the_new_file_has_the_group_of_the_old_one)
{
    struct stat found;
    if (!belongs_to_secret_group(0640))
        return;
    ck_assert_int_eq(output_file_open(path, OUTPUT_WHOLE, &output), 0);
    ck_assert(output_file_close(&output));
    ck_assert_int_eq(stat(path, &found), 0);
    ck_assert_uint_eq(found.st_gid, SECRET_GROUP);
    ck_assert_uint_eq(found.st_mode & 0777, 0640);
}
END_TEST

START_TEST(a_group_that_cannot_be_kept_gives_its_rights_to_no_other)
{
    struct stat found;
    if (!belongs_to_secret_group(0664) || chown(folder, USER, USER) < 0 || setgroups(0, NULL) < 0 ||
        setegid(USER) < 0 || seteuid(USER) < 0)
        return;
    ck_assert_int_eq(output_file_open(path, OUTPUT_WHOLE, &output), 0);
    ck_assert(output_file_close(&output));
    ck_assert_int_eq(seteuid(0) | setegid(0), 0);
    ck_assert_int_eq(stat(path, &found), 0);
    ck_assert_uint_eq(found.st_gid, USER);
    ck_assert_uint_eq(found.st_mode & 0777, 0604);
}
END_TEST

START_TEST(a_link_stays_and_what_it_leads_to_is_new)
{
    char link[sizeof path + 8];
    struct stat found;
    (void)snprintf(link, sizeof link, "%s.link", path);
    write_old("old");
    ck_assert_int_eq(symlink(path, link), 0);
    ck_assert_int_eq(output_file_open(link, OUTPUT_WHOLE, &output), 0);
    ck_assert_int_ge(fputs("new", output.file), 0);
    ck_assert(output_file_close(&output));
    assert_holds("new");
    ck_assert_int_eq(lstat(link, &found), 0);
    ck_assert(S_ISLNK(found.st_mode));
    ck_assert_int_eq(unlink(link), 0);
}
END_TEST

START_TEST(what_a_link_leads_to_is_made_if_it_is_not_there)
{
    char links[2][sizeof path + 8];
    struct stat found;
    for (size_t i = 0; i < 2; i++)
        (void)snprintf(links[i], sizeof links[i], "%s.%zu", path, i);
    ck_assert_int_eq(symlink("report.json", links[0]), 0);
    ck_assert_int_eq(symlink(links[0], links[1]), 0);
    ck_assert_int_eq(output_file_try(links[1]), 0);
    ck_assert_uint_eq(files_there(), 2);
    ck_assert_int_eq(output_file_open(links[1], OUTPUT_WHOLE, &output), 0);
    ck_assert_int_ge(fputs("new", output.file), 0);
    ck_assert(output_file_close(&output));
    assert_holds("new");
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(lstat(links[i], &found), 0);
        ck_assert(S_ISLNK(found.st_mode));
        ck_assert_int_eq(unlink(links[i]), 0);
    }
}
END_TEST

START_TEST(a_link_that_leads_to_itself_is_refused)
{
    ck_assert_int_eq(symlink("report.json", path), 0);
    ck_assert_int_eq(output_file_open(path, OUTPUT_WHOLE, &output), -ELOOP);
}
END_TEST

START_TEST(a_name_may_be_as_long_as_the_file_system_allows)
{
    char name[PATH_SIZE + 256];
    const int length = snprintf(name, sizeof name, "%s/", folder);
    memset(name + length, 'x', 250);
    name[length + 250] = '\0';
    ck_assert_int_eq(output_file_open(name, OUTPUT_WHOLE, &output), 0);
    ck_assert(output_file_close(&output));
    ck_assert_int_eq(unlink(name), 0);
}
END_TEST

START_TEST(a_file_in_a_folder_that_takes_no_other_is_written_in_its_place)
{
    const uid_t user = geteuid();
    write_old("old and long");
    ck_assert_int_eq(chmod(path, 0666), 0);
    ck_assert_int_eq(chmod(folder, 0555), 0);
    ck_assert(user != 0 || seteuid(65534) == 0); /* root may write in all folders */
    ck_assert_int_eq(output_file_try(path), 0);
    assert_holds("old and long");
    ck_assert_int_eq(output_file_open(path, OUTPUT_WHOLE, &output), 0);
    ck_assert_int_ge(fputs("new", output.file), 0);
    ck_assert(output_file_close(&output));
    assert_holds("new");
    ck_assert_int_eq(unlink(path), -1); /* or the folder proves nothing */
    ck_assert_int_eq(seteuid(user), 0);
    ck_assert_int_eq(chmod(folder, 0700), 0);
}
END_TEST

START_TEST(a_device_is_written_to_and_stays)
{
    struct stat found;
    ck_assert_int_eq(output_file_open("/dev/null", OUTPUT_WHOLE, &output), 0);
    ck_assert_ptr_null(output.temporary);
    ck_assert(output_file_close(&output));
    ck_assert_int_eq(stat("/dev/null", &found), 0);
    ck_assert(S_ISCHR(found.st_mode));
}
END_TEST

START_TEST(what_cannot_be_opened_or_written_is_told)
{
    char missing[sizeof path + 8];
    (void)snprintf(missing, sizeof missing, "%s/no", path);
    ck_assert_int_eq(output_file_open(missing, OUTPUT_WHOLE, &output), -ENOENT);
    ck_assert_int_eq(output_file_try(missing), -ENOENT);
    ck_assert_int_eq(output_file_open(folder, OUTPUT_WHOLE, &output), -EISDIR);
    if (access("/dev/full", W_OK) < 0)
        return;
    ck_assert_int_eq(output_file_open("/dev/full", OUTPUT_WHOLE, &output), 0);
    ck_assert_int_ge(fputs("new", output.file), 0);
    ck_assert(!output_file_close(&output));
}
END_TEST

START_TEST(no_path_and_a_dash_are_the_standard_output)
{
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(output_file_open(i == 0 ? NULL : "-", OUTPUT_WHOLE, &output), 0);
        ck_assert_ptr_eq(output.file, stdout);
        ck_assert(output_file_close(&output));
    }
    ck_assert_int_ge(puts("still open"), 0);
}
END_TEST

START_TEST(one_that_was_never_opened_can_be_closed)
{
    struct output_file none = {0};
    ck_assert(output_file_close(&none));
    output_file_abandon(&none);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("output_file");
    TCase *cases = tcase_create("output_file");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, a_file_is_there_when_it_is_whole_and_not_before);
    tcase_add_test(cases, a_file_that_is_given_up_leaves_the_old_one);
    tcase_add_test(cases, signals_that_would_leave_half_a_file_wait_until_it_is_settled);
    tcase_add_test(cases, a_file_that_was_not_there_is_made_and_to_try_makes_none);
    tcase_add_test(cases, lines_can_be_read_as_they_come);
    tcase_add_test(cases, the_new_file_has_the_rights_of_the_old_one);
    tcase_add_test(cases, the_new_file_has_the_group_of_the_old_one);
    tcase_add_test(cases, a_group_that_cannot_be_kept_gives_its_rights_to_no_other);
    tcase_add_test(cases, a_link_stays_and_what_it_leads_to_is_new);
    tcase_add_test(cases, what_a_link_leads_to_is_made_if_it_is_not_there);
    tcase_add_test(cases, a_link_that_leads_to_itself_is_refused);
    tcase_add_test(cases, a_name_may_be_as_long_as_the_file_system_allows);
    tcase_add_test(cases, a_file_in_a_folder_that_takes_no_other_is_written_in_its_place);
    tcase_add_test(cases, a_device_is_written_to_and_stays);
    tcase_add_test(cases, what_cannot_be_opened_or_written_is_told);
    tcase_add_test(cases, no_path_and_a_dash_are_the_standard_output);
    tcase_add_test(cases, one_that_was_never_opened_can_be_closed);
    suite_add_tcase(suite, cases);

    return run_suite(suite);
}
