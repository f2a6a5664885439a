#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apps/torrent/metainfo.h"
#include "tests/suite.h"

#define HASH_A "aaaaaaaaaaaaaaaaaaaa"
#define HASH_B "bbbbbbbbbbbbbbbbbbbb"

/* Parts of an info dictionary, in their order. */
#define NAME                  "4:name1:f"
#define LENGTH_2              "12:piece lengthi2e"
#define PIECES_1              "6:pieces20:" HASH_A
#define PIECES_2              "6:pieces40:" HASH_A HASH_B
#define ONE_FILE              "d6:lengthi3e" NAME LENGTH_2 PIECES_2 "e"
#define FILES(list)           "d5:filesl" list "e" NAME LENGTH_2 PIECES_2 "e"
#define FILE_OF(length, path) "d6:lengthi" length "e4:pathl" path "ee"

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
    ck_assert(!metainfo.is_private);
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
    const char *info;
    bool is_private;
} privates[] = {
    {"d6:lengthi3e" NAME LENGTH_2 PIECES_2 "7:privatei1ee", true},
    {"d6:lengthi3e" NAME LENGTH_2 PIECES_2 "7:privatei0ee", false},
    {"d6:lengthi3e" NAME LENGTH_2 PIECES_2 "7:private1:1e", false},
};

START_TEST(a_torrent_is_private_if_it_says_1)
{
    ck_assert_int_eq(parse_info(privates[_i].info), 0);
    ck_assert_int_eq(metainfo.is_private, privates[_i].is_private);
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
};

START_TEST(announce_list_comes_before_announce)
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

/* What is wrong, and the text at the place that the error names. */
static const struct {
    const char *text;
    const char *at;
    const char *expected;
} bad[] = {
    {"", "", "an integer, a string, a list or a dictionary"},
    {"<html>", "<html>", "an integer, a string, a list or a dictionary"},
    {"le", "le", "a dictionary with a key 'info'"},
    {"de", "de", "a dictionary with a key 'info'"},
    {"d4:infolee", "lee", "a dictionary as 'info'"},
    {"d4:info" ONE_FILE "e\n", "\n", "nothing behind the value"},
    {"d4:info" ONE_FILE "8:announce1:ae", "8:announce", "a key greater than the one before it"},
    {"d4:infod4:name1:f6:lengthi3eee", "6:length", "a key greater than the one before it"},
    {"d4:info" ONE_FILE "5:nodesi1", "", "a digit or 'e' in an integer"},
    {"d13:announce-list1:b4:info" ONE_FILE "e", "1:b", "a list of lists of URLs as 'announce-list'"},
    {"d13:announce-listl1:be4:info" ONE_FILE "e", "1:b", "a list of URLs"},
    {"d13:announce-listlli1eee4:info" ONE_FILE "e", "i1e", "the URL of a tracker"},
    {"d8:announce3:a b4:info" ONE_FILE "e", "3:a b", "the URL of a tracker"},
    {"d8:announcei1e4:info" ONE_FILE "e", "i1e", "the URL of a tracker"},
};

/* Likewise, of an info dictionary. */
static const struct {
    const char *info;
    const char *at;
    const char *expected;
} bad_infos[] = {
    {"d9:file treede12:meta versioni2e" NAME LENGTH_2 "e", "d9:file tree",
     "a torrent of version 1 or a hybrid, not version 2 alone (BEP 52)"},
    {"d6:lengthi3e" LENGTH_2 PIECES_2 "e", "d6:length", "a key 'name' in 'info'"},
    {"d6:lengthi3e4:namei1e" LENGTH_2 PIECES_2 "e", "i1e",
     "a name without '/' and NUL that is not '.' or '..'"},
    {"d6:lengthi3e4:name0:" LENGTH_2 PIECES_2 "e",
     "0:", "a name without '/' and NUL that is not '.' or '..'"},
    {"d6:lengthi3e4:name1:." LENGTH_2 PIECES_2 "e", "1:.",
     "a name without '/' and NUL that is not '.' or '..'"},
    {"d6:lengthi3e4:name2:.." LENGTH_2 PIECES_2 "e", "2:..",
     "a name without '/' and NUL that is not '.' or '..'"},
    {"d6:lengthi3e4:name3:a/b" LENGTH_2 PIECES_2 "e", "3:a/b",
     "a name without '/' and NUL that is not '.' or '..'"},
    {"d6:lengthi3e" NAME PIECES_2 "e", "d6:length", "a key 'piece length' in 'info'"},
    {"d6:lengthi3e" NAME "12:piece lengthi0e" PIECES_2 "e", "i0e", "a piece length from 1 to 2147483647"},
    {"d6:lengthi3e" NAME "12:piece lengthi-2e" PIECES_2 "e", "i-2e", "a piece length from 1 to 2147483647"},
    {"d6:lengthi3e" NAME "12:piece lengthi2147483648e" PIECES_2 "e", "i2147483648e",
     "a piece length from 1 to 2147483647"},
    {"d6:lengthi3e" NAME "12:piece length1:2" PIECES_2 "e", "1:2", "a piece length from 1 to 2147483647"},
    {"d" NAME LENGTH_2 PIECES_2 "e", "d4:name", "either a key 'length' or a key 'files' in 'info'"},
    {"d5:filesle6:lengthi3e" NAME LENGTH_2 PIECES_2 "e", "d5:files",
     "either a key 'length' or a key 'files' in 'info'"},
    {"d6:lengthi-1e" NAME LENGTH_2 PIECES_2 "e", "i-1e", "a length of 0 bytes or more"},
    {"d6:length1:3" NAME LENGTH_2 PIECES_2 "e", "1:3", "a length of 0 bytes or more"},
    {"d6:lengthi0e" NAME LENGTH_2 "6:pieces0:e", "d6:length", "at least 1 byte of content"},
    {"d6:lengthi3e" NAME LENGTH_2 "e", "d6:length", "a key 'pieces' in 'info'"},
    {"d6:lengthi3e" NAME LENGTH_2 PIECES_1 "e", "20:a", "a string of 20 bytes for each piece of the content"},
    {"d6:lengthi2e" NAME LENGTH_2 PIECES_2 "e", "40:a", "a string of 20 bytes for each piece of the content"},
    {"d6:lengthi3e" NAME LENGTH_2 "6:pieces41:" HASH_A HASH_B "xe", "41:a",
     "a string of 20 bytes for each piece of the content"},
    {"d6:lengthi3e" NAME LENGTH_2 "6:piecesi2ee", "i2e",
     "a string of 20 bytes for each piece of the content"},
    {"d6:lengthi9223372036854775807e" NAME "12:piece lengthi1e" PIECES_2 "e", "40:a",
     "a string of 20 bytes for each piece of the content"},
    {FILES(""), "le4:name", "a list of at least one file"},
    {"d5:files0:" NAME LENGTH_2 PIECES_2 "e", "0:4:name", "a list of at least one file"},
    {FILES("i1e"), "i1e", "a dictionary with the keys 'length' and 'path'"},
    {FILES("d6:lengthi3ee"), "d6:length", "a dictionary with the keys 'length' and 'path'"},
    {FILES("d4:pathl1:aee"), "d4:path", "a dictionary with the keys 'length' and 'path'"},
    {FILES(FILE_OF("-3", "1:a")), "i-3e", "a length of 0 bytes or more"},
    {FILES(FILE_OF("0", "1:a")), "d5:files", "at least 1 byte of content"},
    {FILES(FILE_OF("9223372036854775807", "1:a") FILE_OF("1", "1:b")), "i1e",
     "lengths whose sum fits in 64 bits"},
    {FILES(FILE_OF("3", "")), "lee", "a list of the parts of a path"},
    {FILES("d6:lengthi3e4:path1:ae"), "1:a", "a list of the parts of a path"},
    {FILES(FILE_OF("3", "i1e")), "i1e", "a part of a path without '/' and NUL that is not '.' or '..'"},
    {FILES(FILE_OF("3", "0:")), "0:", "a part of a path without '/' and NUL that is not '.' or '..'"},
    {FILES(FILE_OF("3", "1:a1:.")), "1:.", "a part of a path without '/' and NUL that is not '.' or '..'"},
    {FILES(FILE_OF("3", "2:..1:a")), "2:..", "a part of a path without '/' and NUL that is not '.' or '..'"},
    {FILES(FILE_OF("3", "2:/a")), "2:/a", "a part of a path without '/' and NUL that is not '.' or '..'"},
    {FILES(FILE_OF("1", "1:a1:b") FILE_OF("1", "1:c") FILE_OF("1", "1:a1:b")), "ld6:length",
     "no two files of the same path"},
};

static void assert_refused(const char *text, int status, const char *at, const char *expected)
{
    ck_assert_int_eq(status, -EINVAL);
    ck_assert_str_eq(error.expected, expected);
    ck_assert_uint_le(error.offset, strlen(text));
    ck_assert_msg(strncmp(text + error.offset, at, strlen(at)) == 0, "at '%s'", text + error.offset);
    ck_assert_ptr_null(metainfo.name);
}

START_TEST(other_bytes_are_refused_with_the_place_and_what_was_expected_there)
{
    assert_refused(bad[_i].text, parse(bad[_i].text), bad[_i].at, bad[_i].expected);
}
END_TEST

START_TEST(an_info_dictionary_that_does_not_fit_together_is_refused_likewise)
{
    char text[1024];
    (void)snprintf(text, sizeof text, "d4:info%se", bad_infos[_i].info);
    assert_refused(text, parse(text), bad_infos[_i].at, bad_infos[_i].expected);
}
END_TEST

START_TEST(a_nul_byte_is_no_part_of_a_name)
{
    static const char text[] = "d4:infod6:lengthi3e4:name3:a\0b" LENGTH_2 PIECES_2 "ee";
    ck_assert_int_eq(metainfo_parse(text, sizeof text - 1, &metainfo, &error), -EINVAL);
    ck_assert_str_eq(error.expected, "a name without '/' and NUL that is not '.' or '..'");
}
END_TEST

START_TEST(the_number_of_trackers_is_bounded_equal_ones_too)
{
    char text[4096] = "d13:announce-listll0:";
    for (int i = 0; i <= TRACKER_TIERS_MAX; i++)
        strcat(text, "1:a");
    const size_t last = strlen(text) - strlen("1:a");
    strcat(text, "ee4:info" ONE_FILE "e");
    ck_assert_int_eq(parse(text), -EINVAL);
    ck_assert_uint_eq(error.offset, last);
    ck_assert_str_eq(error.expected, "at most 1000 trackers");
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
    tcase_add_loop_test(cases, a_torrent_is_private_if_it_says_1, 0, COUNT(privates));
    tcase_add_loop_test(cases, announce_list_comes_before_announce, 0, COUNT(announces));
    tcase_add_loop_test(cases, other_bytes_are_refused_with_the_place_and_what_was_expected_there, 0,
                        COUNT(bad));
    tcase_add_test(cases, the_number_of_trackers_is_bounded_equal_ones_too);
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
    tcase_add_loop_test(cases, an_info_dictionary_that_does_not_fit_together_is_refused_likewise, 0,
                        COUNT(bad_infos));
    tcase_add_test(cases, a_nul_byte_is_no_part_of_a_name);
    tcase_add_test(cases, a_file_that_cannot_be_read_or_is_none_of_these_is_an_error);
    suite_add_tcase(suite, cases);

    return run_suite(suite);
}
