#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apps/torrent/metainfo.h"
#include "tests/suite.h"
#include "tests/torrent/torrents.h"

static struct metainfo metainfo;
static struct format_error error;

static void tear_down(void)
{
    metainfo_free(&metainfo);
}

static int parse(const char *text)
{
    return metainfo_parse(text, strlen(text), &metainfo, &error);
}

static int parse_info(const char *info)
{
    char text[1024];
    (void)snprintf(text, sizeof text, "d4:info%se", info);
    return parse(text);
}

static void assert_parses(const char *text)
{
    ck_assert_msg(parse(text) == 0, "%s: byte %zu: expected %s", text, error.offset, error.expected);
}

START_TEST(a_torrent_of_one_file_is_read)
{
    uint8_t info_hash[INFO_HASH_SIZE];
    assert_parses("d8:announce10:http://t/a4:info" ONE_FILE "e");
    ck_assert_int_eq(info_hash_parse("a2cce15dfc75583cdf5df055341aab4162602ed3", info_hash), 0);
    ck_assert_mem_eq(metainfo.info_hash, info_hash, sizeof info_hash);
    ck_assert_str_eq(metainfo.name, "f");
    ck_assert_uint_eq(metainfo.size, 3);
    ck_assert_uint_eq(metainfo.piece_length, 2);
    ck_assert_uint_eq(metainfo.piece_count, 2);
    ck_assert_mem_eq(metainfo.piece_hashes[0], HASH_A, SHA1_SIZE);
    ck_assert_mem_eq(metainfo.piece_hashes[1], HASH_B, SHA1_SIZE);
    ck_assert_ptr_null(metainfo.files);
    ck_assert_uint_eq(metainfo.file_count, 0);
    ck_assert_uint_eq(metainfo.trackers.count, 1);
    ck_assert_str_eq(metainfo.trackers.trackers[0].url, "http://t/a");
}
END_TEST

START_TEST(the_info_hash_is_that_of_the_bytes_as_they_stand_there)
{
    static const char info[] = "d6:lengthi2e" NAME LENGTH_2 PIECES_1 "7:unknownd1:ali-1e0:eee";
    uint8_t info_hash[INFO_HASH_SIZE];
    ck_assert_int_eq(sha1_of(info, sizeof info - 1, info_hash), 0);
    ck_assert_int_eq(parse_info(info), 0);
    ck_assert_mem_eq(metainfo.info_hash, info_hash, sizeof info_hash);
}
END_TEST

static const struct {
    const char *info;
    uint64_t size;
    uint32_t last;
} sizes[] = {
    {"d6:lengthi1e" NAME LENGTH_2 PIECES_1 "e", 1, 1},
    {"d6:lengthi2e" NAME LENGTH_2 PIECES_1 "e", 2, 2},
    {"d6:lengthi3e" NAME LENGTH_2 PIECES_2 "e", 3, 1},
    {"d6:lengthi4e" NAME LENGTH_2 PIECES_2 "e", 4, 2},
    {"d6:lengthi4294967294e" NAME "12:piece lengthi2147483647e" PIECES_2 "e", 4294967294, 2147483647},
};

START_TEST(all_pieces_but_the_last_are_of_the_same_length)
{
    ck_assert_int_eq(parse_info(sizes[_i].info), 0);
    ck_assert_uint_eq(metainfo.size, sizes[_i].size);
    for (uint32_t piece = 0; piece + 1 < metainfo.piece_count; piece++)
        ck_assert_uint_eq(metainfo_piece_size(&metainfo, piece), metainfo.piece_length);
    ck_assert_uint_eq(metainfo_piece_size(&metainfo, metainfo.piece_count - 1), sizes[_i].last);
}
END_TEST

START_TEST(files_stand_one_behind_the_other)
{
    static const struct metainfo_file expected[] = {
        {(char *)(uintptr_t) "d/a", 0, 1, false},
        {(char *)(uintptr_t) ".pad/1", 1, 1, true},
        {(char *)(uintptr_t) "e", 2, 0, false},
        {(char *)(uintptr_t) "...", 2, 2, false},
    };
    ck_assert_int_eq(
        parse_info(FILES(FILE_OF("1", "1:d1:a") "d4:attr2:xp6:lengthi1e4:pathl4:.pad1:1ee" FILE_OF(
            "0", "1:e") "d4:attr1:x6:lengthi2e4:pathl3:...ee")),
        0);
    ck_assert_uint_eq(metainfo.size, 4);
    ck_assert_uint_eq(metainfo.file_count, COUNT(expected));
    for (int i = 0; i < COUNT(expected); i++) {
        ck_assert_str_eq(metainfo.files[i].path, expected[i].path);
        ck_assert_uint_eq(metainfo.files[i].offset, expected[i].offset);
        ck_assert_uint_eq(metainfo.files[i].size, expected[i].size);
        ck_assert_int_eq(metainfo.files[i].is_padding, expected[i].is_padding);
    }
}
END_TEST

static const struct {
    uint64_t offset;
    uint64_t size;
    size_t file;
    uint64_t inside;
    uint64_t found;
} ranges[] = {
    {0, 1, 0, 0, 1}, {0, 4, 0, 0, 1}, {1, 1, 2, 0, 1}, {1, 3, 2, 0, 2}, {2, 2, 2, 1, 1}, {3, 1, 4, 0, 1},
};

START_TEST(a_range_of_the_content_lies_in_a_file_that_has_bytes)
{
    ck_assert_int_eq(parse_info(FILES(FILE_OF("1", "1:a") FILE_OF("0", "1:b") FILE_OF("2", "1:c")
                                          FILE_OF("0", "1:d") FILE_OF("1", "1:e") FILE_OF("0", "1:f"))),
                     0);
    const struct metainfo_range range = metainfo_locate(&metainfo, ranges[_i].offset, ranges[_i].size);
    ck_assert_ptr_eq(range.file, &metainfo.files[ranges[_i].file]);
    ck_assert_uint_eq(range.offset, ranges[_i].inside);
    ck_assert_uint_eq(range.size, ranges[_i].found);
}
END_TEST

START_TEST(the_only_file_holds_every_range)
{
    ck_assert_int_eq(parse_info(ONE_FILE), 0);
    const struct metainfo_range range = metainfo_locate(&metainfo, 1, 2);
    ck_assert_ptr_null(range.file);
    ck_assert_uint_eq(range.offset, 1);
    ck_assert_uint_eq(range.size, 2);
}
END_TEST

START_TEST(of_a_hybrid_the_side_of_version_1_is_read)
{
    ck_assert_int_eq(
        parse_info("d9:file treed1:fd0:d6:lengthi3eeee6:lengthi3e12:meta versioni2e" NAME LENGTH_2 PIECES_2
                   "e"),
        0);
    ck_assert_uint_eq(metainfo.piece_count, 2);
}
END_TEST

static const struct {
    const char *text;
    const char *urls; /* with the tier of each */
} announces[] = {
    {"d4:info" ONE_FILE "e", ""},
    {"d8:announce1:a4:info" ONE_FILE "e", "0a"},
    {"d8:announce0:4:info" ONE_FILE "e", ""},
    {"d8:announce1:a13:announce-listll1:b1:cel1:dee4:info" ONE_FILE "e", "0b0c1d"},
    {"d8:announce1:a13:announce-listle4:info" ONE_FILE "e", "0a"},
    {"d8:announce1:a13:announce-listllel0:ee4:info" ONE_FILE "e", "0a"},
    {"d8:announce1:a13:announce-listll0:1:bel1:bee4:info" ONE_FILE "e", "0b"},
    {"d13:announce-listll1:bee4:info" ONE_FILE "e", "0b"},
    {"d8:announce3: a\n4:info" ONE_FILE "e", "0a"},
    {"d8:announce3:a b4:info" ONE_FILE "e", ""},
    {"d8:announce1: 4:info" ONE_FILE "e", ""},
    {"d13:announce-listll3:a b1:c2:d el3:e\nfel1:gee4:info" ONE_FILE "e", "0c0d2g"},
    {"d8:announce1:a13:announce-listll3:b cee4:info" ONE_FILE "e", "0a"},
};

START_TEST(announce_list_comes_before_announce_and_what_is_no_url_is_left_out)
{
    char urls[64] = "";
    size_t length = 0;
    assert_parses(announces[_i].text);
    for (size_t i = 0; i < metainfo.trackers.count; i++)
        length += (size_t)snprintf(urls + length, sizeof urls - length, "%zu%s",
                                   metainfo.trackers.trackers[i].tier, metainfo.trackers.trackers[i].url);
    ck_assert_str_eq(urls, announces[_i].urls);
}
END_TEST

START_TEST(equal_paths_of_padding_do_not_matter)
{
    ck_assert_int_eq(parse_info(FILES(FILE_OF("1", "1:a") "d4:attr1:p6:lengthi1e4:pathl1:pee"
                                                          "d4:attr1:p6:lengthi1e4:pathl1:pee")),
                     0);
}
END_TEST

/* The path of a new file with that content, in the working directory. */
static const char *make_file(const char *content, size_t size)
{
    static char path[] = "metainfo_test.XXXXXX";
    memcpy(path + sizeof path - 7, "XXXXXX", 6);
    const int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, content, size), (ptrdiff_t)size);
    ck_assert_int_eq(close(fd), 0);
    return path;
}

START_TEST(a_file_is_read_from_its_path)
{
    static const char text[] = "d4:info" ONE_FILE "e";
    const char *path = make_file(text, sizeof text - 1);
    const int status = metainfo_read(path, &metainfo);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(status, 0);
    ck_assert_str_eq(metainfo.name, "f");
}
END_TEST

START_TEST(a_file_that_cannot_be_read_or_is_none_of_these_is_an_error)
{
    const char *path = make_file("d4:infole", 9);
    const int status = metainfo_read(path, &metainfo);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(status, -EINVAL);
    ck_assert_int_eq(metainfo_read(path, &metainfo), -ENOENT);
    ck_assert_int_eq(metainfo_read("/", &metainfo), -EISDIR);
    ck_assert_int_eq(metainfo_read("/dev/zero", &metainfo), -EFBIG);
    ck_assert_ptr_null(metainfo.name);
}
END_TEST

START_TEST(without_sha1_no_torrent_is_read)
{
    ck_assert_int_eq(parse_info(ONE_FILE), -ENOTSUP);
    ck_assert_ptr_null(metainfo.name);
}
END_TEST

static void add_readings(TCase *cases)
{
    tcase_add_test(cases, a_torrent_of_one_file_is_read);
    tcase_add_test(cases, the_info_hash_is_that_of_the_bytes_as_they_stand_there);
    tcase_add_loop_test(cases, all_pieces_but_the_last_are_of_the_same_length, 0, COUNT(sizes));
    tcase_add_test(cases, files_stand_one_behind_the_other);
    tcase_add_loop_test(cases, a_range_of_the_content_lies_in_a_file_that_has_bytes, 0, COUNT(ranges));
    tcase_add_test(cases, the_only_file_holds_every_range);
    tcase_add_test(cases, of_a_hybrid_the_side_of_version_1_is_read);
    tcase_add_loop_test(cases, announce_list_comes_before_announce_and_what_is_no_url_is_left_out, 0,
                        COUNT(announces));
    tcase_add_test(cases, equal_paths_of_padding_do_not_matter);
    tcase_add_test(cases, a_file_is_read_from_its_path);
}

int main(void)
{
    Suite *suite = suite_create("metainfo");
    TCase *cases = tcase_create("metainfo");
    tcase_add_checked_fixture(cases, NULL, tear_down);
    if (sha1_is_available())
        add_readings(cases);
    else
        tcase_add_test(cases, without_sha1_no_torrent_is_read);
    tcase_add_test(cases, a_file_that_cannot_be_read_or_is_none_of_these_is_an_error);
    suite_add_tcase(suite, cases);

    return run_suite(suite);
}
