#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/probe/talk/content.h"
#include "tests/suite.h"

/* Four pieces of 10 bytes and one of 5, in files whose borders are not those of the pieces. */
enum { PIECES = 5, PIECE_LENGTH = 10, SIZE = 45 };

static char folder[] = "/tmp/content-test-XXXXXX";
static const uint8_t bytes[] = "0123456789abcdefghijABCDEFGHIJklmnopqrstKLMNO";
static struct metainfo torrent;
static struct content *content;

static struct metainfo_file files[] = {
    {.path = (char *)"one", .offset = 0, .size = 12},
    {.path = (char *)"deep/er/two", .offset = 12, .size = 20},
    {.path = (char *)"deep/empty", .offset = 32, .size = 0},
    {.path = (char *)".pad/3", .offset = 32, .size = 8, .is_padding = true},
    {.path = (char *)"deep/three", .offset = 40, .size = 5},
};

static void set_up(void)
{
    torrent = (struct metainfo){.size = SIZE, .piece_length = PIECE_LENGTH, .piece_count = PIECES};
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

static void tear_down(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    char command[64];
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0); /* NOLINT(cert-env33-c): the folder is ours */
}

static void use_files(void)
{
    torrent.files = files;
    torrent.file_count = sizeof files / sizeof *files;
}

static void open_content(void)
{
    ck_assert_int_eq(content_open("out", &torrent, &content), 0);
}

static void write_piece(uint32_t piece)
{
    content_write(content, piece, bytes + (size_t)piece * PIECE_LENGTH);
}

static void expect_file(const char *path, const char *expected)
{
    char found[64] = {0};
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    ck_assert_msg(fd >= 0, "%s is missing", path);
    ck_assert_int_eq(read(fd, found, sizeof found), (ssize_t)strlen(expected));
    ck_assert_str_eq(found, expected);
    close(fd);
}

static void expect_nothing(const char *path)
{
    struct stat found;
    ck_assert_msg(lstat(path, &found) < 0 && errno == ENOENT, "%s is there", path);
}

START_TEST(a_single_file_gets_its_name_when_all_pieces_are_there)
{
    static const uint32_t order[] = {3, 0, 4, 1, 2};
    open_content();
    for (size_t i = 0; i < PIECES; i++) {
        expect_nothing("out");
        write_piece(order[i]);
    }
    ck_assert_int_eq(content_close(content), 0);
    expect_file("out", (const char *)bytes);
    expect_nothing("out.part");
}
END_TEST

START_TEST(the_files_of_a_folder_get_their_bytes_and_padding_is_left_out)
{
    use_files();
    open_content();
    for (uint32_t i = PIECES; i-- > 0;)
        write_piece(i);
    ck_assert_int_eq(content_close(content), 0);
    expect_file("out/one", "0123456789ab");
    expect_file("out/deep/er/two", "cdefghijABCDEFGHIJkl");
    expect_file("out/deep/empty", "");
    expect_file("out/deep/three", "KLMNO");
    expect_nothing("out/.pad");
    expect_nothing("out.part");
}
END_TEST

START_TEST(what_is_incomplete_stays_in_the_part_at_its_full_size)
{
    open_content();
    write_piece(4);
    ck_assert_int_eq(content_close(content), 0);
    expect_nothing("out");
    struct stat found;
    ck_assert_int_eq(stat("out.part", &found), 0);
    ck_assert_int_eq(found.st_size, SIZE);
}
END_TEST

START_TEST(without_any_piece_nothing_is_left)
{
    if (_i == 1)
        use_files();
    open_content();
    ck_assert_int_eq(content_close(content), 0);
    expect_nothing("out");
    expect_nothing("out.part");
}
END_TEST

START_TEST(nothing_that_exists_is_touched)
{
    static const char *const paths[] = {"out", "out.part"};
    const char *path = paths[_i % 2];
    if (_i >= 2)
        use_files();
    ck_assert_int_eq(symlink("nowhere", path), 0);
    ck_assert_int_eq(content_open("out", &torrent, &content), -EEXIST);
    char target[16] = {0};
    ck_assert_int_eq(readlink(path, target, sizeof target), 7);
    expect_nothing("nowhere");
    expect_nothing(paths[1 - _i % 2]);
}
END_TEST

START_TEST(what_came_in_between_is_not_overwritten)
{
    open_content();
    for (uint32_t i = 0; i < PIECES; i++)
        write_piece(i);
    ck_assert_int_eq(mkdir("out", 0700), 0);
    ck_assert_int_eq(content_close(content), -EEXIST);
    expect_file("out.part", (const char *)bytes);
}
END_TEST

/* A file where another one needs a folder. */
START_TEST(files_that_cannot_be_made_leave_nothing_behind)
{
    use_files();
    char *path = files[4].path;
    files[4].path = (char *)"one/three";
    ck_assert_int_eq(content_open("out", &torrent, &content), -ENOTDIR);
    files[4].path = path;
    expect_nothing("out.part");
}
END_TEST

START_TEST(a_piece_is_wanted_until_it_is_written)
{
    open_content();
    uint8_t *first = content_reserve(content, 1);
    uint8_t *second = content_reserve(content, 1);
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_nonnull(second);
    memcpy(first, bytes + PIECE_LENGTH, PIECE_LENGTH);
    memset(second, 'X', PIECE_LENGTH);
    content_write(content, 1, first);
    content_write(content, 1, second);
    content_release(content, 1, first);
    content_release(content, 1, second);
    ck_assert_ptr_null(content_reserve(content, 1));
    ck_assert_int_eq(content_close(content), 0);
    const int fd = open("out.part", O_RDONLY | O_CLOEXEC);
    char found[PIECE_LENGTH];
    ck_assert_int_eq(pread(fd, found, sizeof found, PIECE_LENGTH), PIECE_LENGTH);
    ck_assert_mem_eq(found, bytes + PIECE_LENGTH, PIECE_LENGTH);
    close(fd);
}
END_TEST

START_TEST(memory_for_pieces_that_are_coming_is_bounded)
{
    enum { LENGTH = 40 << 20 };
    torrent = (struct metainfo){.size = (uint64_t)LENGTH * 3, .piece_length = LENGTH, .piece_count = 3};
    open_content();
    uint8_t *one = content_reserve(content, 0);
    ck_assert_ptr_nonnull(one);
    ck_assert_ptr_null(content_reserve(content, 1));
    content_release(content, 0, one);
    one = content_reserve(content, 1);
    ck_assert_ptr_nonnull(one);
    content_release(content, 1, one);
    ck_assert_int_eq(content_close(content), 0);
}
END_TEST

START_TEST(a_write_that_fails_is_told_once_and_at_the_end)
{
    open_content();
    struct rlimit old;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &(struct rlimit){.rlim_cur = 0, .rlim_max = old.rlim_max}), 0);
    write_piece(0);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &old), 0);
    write_piece(1);
    ck_assert_ptr_null(content_reserve(content, 2));
    ck_assert_int_eq(content_close(content), -EMFILE);
    expect_nothing("out.part");
}
END_TEST

/* The descriptor that is opened next. */
static int next_descriptor(void)
{
    const int fd = dup(STDIN_FILENO);
    close(fd);
    return fd;
}

START_TEST(what_cannot_be_closed_gets_no_name)
{
    open_content();
    const int fd = next_descriptor();
    for (uint32_t i = 0; i < PIECES; i++)
        write_piece(i);
    close(fd); /* so that it cannot be closed again */
    ck_assert_int_eq(content_close(content), -EBADF);
    expect_nothing("out");
    expect_file("out.part", (const char *)bytes);
}
END_TEST

START_TEST(a_file_that_cannot_be_closed_is_an_error_also_when_another_follows)
{
    use_files();
    open_content();
    const int fd = next_descriptor();
    for (uint32_t i = 0; i < PIECES; i++) {
        if (i + 1 == PIECES)
            close(fd);
        write_piece(i);
    }
    ck_assert_int_eq(content_close(content), -EBADF);
    expect_nothing("out");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("content");
    TCase *cases = tcase_create("content");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, a_single_file_gets_its_name_when_all_pieces_are_there);
    tcase_add_test(cases, the_files_of_a_folder_get_their_bytes_and_padding_is_left_out);
    tcase_add_test(cases, what_is_incomplete_stays_in_the_part_at_its_full_size);
    tcase_add_loop_test(cases, without_any_piece_nothing_is_left, 0, 2);
    tcase_add_loop_test(cases, nothing_that_exists_is_touched, 0, 4);
    tcase_add_test(cases, what_came_in_between_is_not_overwritten);
    tcase_add_test(cases, files_that_cannot_be_made_leave_nothing_behind);
    tcase_add_test(cases, a_piece_is_wanted_until_it_is_written);
    tcase_add_test(cases, memory_for_pieces_that_are_coming_is_bounded);
    tcase_add_test(cases, a_write_that_fails_is_told_once_and_at_the_end);
    tcase_add_test(cases, what_cannot_be_closed_gets_no_name);
    tcase_add_test(cases, a_file_that_cannot_be_closed_is_an_error_also_when_another_follows);
    suite_add_tcase(suite, cases);

    return run_suite(suite);
}
