#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

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

int main(void)
{
    Suite *suite = suite_create("metainfo_refusal");
    TCase *cases = tcase_create("info");
    tcase_add_checked_fixture(cases, NULL, tear_down);
    tcase_add_loop_test(cases, an_info_dictionary_that_does_not_fit_together_is_refused_likewise, 0,
                        COUNT(bad_infos));
    tcase_add_test(cases, a_nul_byte_is_no_part_of_a_name);
    suite_add_tcase(suite, cases);

    cases = tcase_create("whole"); /* what is around the info dictionary is read after its digest was made */
    tcase_add_checked_fixture(cases, NULL, tear_down);
    if (sha1_is_available()) {
        tcase_add_loop_test(cases, other_bytes_are_refused_with_the_place_and_what_was_expected_there, 0,
                            COUNT(bad));
        tcase_add_test(cases, the_number_of_trackers_is_bounded_equal_ones_too);
    }
    suite_add_tcase(suite, cases);

    return run_suite(suite);
}
