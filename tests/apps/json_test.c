#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "apps/common/json.h"
#include "tests/suite.h"

static char *text;
static size_t size;
static struct json json;

static void set_up(void)
{
    json = (struct json){.file = open_memstream(&text, &size)};
    ck_assert_ptr_nonnull(json.file);
}

static void tear_down(void)
{
    free(text);
}

static void assert_written(const char *expected)
{
    ck_assert_int_eq(fclose(json.file), 0);
    ck_assert_str_eq(text, expected);
}

START_TEST(members_are_named_and_separated)
{
    json_open(&json, NULL, '{');
    json_count(&json, "a", 1);
    json_open(&json, "b", '[');
    json_open(&json, NULL, '{');
    json_close(&json, '}');
    json_text(&json, NULL, "x");
    json_close(&json, ']');
    json_open(&json, "c", '[');
    json_close(&json, ']');
    json_truth(&json, "d", true);
    json_truth(&json, "e", false);
    json_text(&json, "f", NULL);
    json_milliseconds(&json, "g", 1234567);
    json_close(&json, '}');
    assert_written("{\"a\":1,\"b\":[{},\"x\"],\"c\":[],\"d\":true,\"e\":false,\"f\":null,\"g\":1.235}");
}
END_TEST

static const struct {
    const char *plain;
    const char *written;
} strings[] = {
    {"", "\"\""},
    {"[::1]:80", "\"[::1]:80\""},
    {"\"\\", "\"\\\"\\\\\""},
    {"a\nb\x1f\x7f", "\"a\\u000ab\\u001f\\u007f\""},
    {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
    {"\x80", "\"\\ufffd\""},                                    /* a continuation byte alone */
    {"\xc3", "\"\\ufffd\""},                                    /* cut off by the end of the string */
    {"\xe2\x82", "\"\\ufffd\\ufffd\""},                         /* likewise */
    {"\xc0\xaf", "\"\\ufffd\\ufffd\""},                         /* overlong */
    {"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""},              /* a surrogate */
    {"\xf4\x90\x80\x80z", "\"\\ufffd\\ufffd\\ufffd\\ufffdz\""}, /* above U+10FFFF */
};

START_TEST(a_string_is_escaped_and_what_is_no_utf_8_replaced)
{
    json_text(&json, NULL, strings[_i].plain);
    assert_written(strings[_i].written);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json");
    TCase *cases = tcase_create("json");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, members_are_named_and_separated);
    tcase_add_loop_test(cases, a_string_is_escaped_and_what_is_no_utf_8_replaced, 0, COUNT(strings));
    suite_add_tcase(suite, cases);

    return run_suite(suite);
}
