#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "apps/common/record.h"
#include "tests/suite.h"

static char *text;
static size_t size;
static struct record record;

static void set_up(void)
{
    record = (struct record){.json.file = open_memstream(&text, &size)};
    ck_assert_ptr_nonnull(record.json.file);
}

static void tear_down(void)
{
    free(text);
}

static void put(const char *name, int64_t ns)
{
    record_begin(&record);
    record_text(&record, "name", name);
    record_count(&record, "count", 7);
    record_milliseconds(&record, "a_ms", ns);
    record_end(&record);
}

static const struct {
    enum record_format format;
    const char *name;
    int64_t ns;
    const char *written;
} records[] = {
    {RECORD_JSON, "x", 0, "{\"name\":\"x\",\"count\":7,\"a_ms\":0.000000}"},
    {RECORD_JSON, NULL, -1, "{\"name\":null,\"count\":7,\"a_ms\":null}"},
    {RECORD_JSON, "x", 1234567, "{\"name\":\"x\",\"count\":7,\"a_ms\":1.234567}"},
    {RECORD_JSON, "x", INT64_MAX, "{\"name\":\"x\",\"count\":7,\"a_ms\":9223372036854.775807}"},
    {RECORD_CSV_NAMES, "x", 0, "name,count,a_ms\n"},
    {RECORD_CSV, "[::1]:80", 5000000000, "[::1]:80,7,5000.000000\n"},
    {RECORD_CSV, NULL, -1, ",7,\n"},
    {RECORD_CSV, "a,b", 1, "\"a,b\",7,0.000001\n"},
    {RECORD_CSV, "say \"a\"", 1, "\"say \"\"a\"\"\",7,0.000001\n"},
    {RECORD_CSV, "a\nb", 1, "\"a\nb\",7,0.000001\n"},
    {RECORD_CSV, "a\rb", 1, "\"a\rb\",7,0.000001\n"},
};

START_TEST(the_same_fields_are_written_in_each_format)
{
    record.format = records[_i].format;
    put(records[_i].name, records[_i].ns);
    ck_assert_int_eq(fclose(record.json.file), 0);
    ck_assert_str_eq(text, records[_i].written);
}
END_TEST

START_TEST(records_of_an_array_are_separated_and_those_of_lines_are_not)
{
    json_open(&record.json, NULL, '[');
    put("a", -1);
    put("b", -1);
    json_close(&record.json, ']');
    record.format = RECORD_CSV;
    put("c", -1);
    put("d", -1);
    ck_assert_int_eq(fclose(record.json.file), 0);
    ck_assert_str_eq(text,
                     "[{\"name\":\"a\",\"count\":7,\"a_ms\":null},{\"name\":\"b\",\"count\":7,\"a_ms\":null}]"
                     "c,7,\nd,7,\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("record");
    TCase *cases = tcase_create("record");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_loop_test(cases, the_same_fields_are_written_in_each_format, 0, COUNT(records));
    tcase_add_test(cases, records_of_an_array_are_separated_and_those_of_lines_are_not);
    suite_add_tcase(suite, cases);

    return run_suite(suite);
}
