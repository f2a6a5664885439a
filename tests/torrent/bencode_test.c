#include <check.h>
#include <errno.h>
#include <string.h>

#include "apps/torrent/bencode.h"
#include "tests/suite.h"

static struct format_error error;

static int check(const char *text, enum bencode_keys keys, struct bencode *value)
{
    return bencode_check(text, strlen(text), keys, value, &error);
}

/* The value of a text that is right. */
static struct bencode parse(const char *text)
{
    struct bencode value;
    ck_assert_msg(check(text, BENCODE_SORTED, &value) == 0, "%s: byte %zu: expected %s", text, error.offset,
                  error.expected);
    return value;
}

static void assert_text(struct bencode value, const char *text)
{
    ck_assert_uint_eq(value.size, strlen(text));
    ck_assert_mem_eq(value.bytes, text, value.size);
}

static const char *const good[] = {
    "i0e",
    "i-1e",
    "i9223372036854775807e",
    "i-9223372036854775808e",
    "0:",
    "3:abc",
    "10:aaaaaaaaaa",
    "le",
    "de",
    "llelee",
    "d0:0:e",
    "d1:ai1e1:bli2ed1:cleeee",
    "d1:a0:2:aa0:1:b0:e",
};

START_TEST(a_value_in_canonical_form_is_one_in_either_order)
{
    struct bencode value;
    ck_assert_int_eq(check(good[_i], BENCODE_SORTED, &value), 0);
    assert_text(value, good[_i]);
    ck_assert_int_eq(check(good[_i], BENCODE_ANY_ORDER, &value), 0);
}
END_TEST

static const struct {
    const char *text;
    size_t offset;
    const char *expected;
} bad[] = {
    {"", 0, "an integer, a string, a list or a dictionary"},
    {"e", 0, "an integer, a string, a list or a dictionary"},
    {"x", 0, "an integer, a string, a list or a dictionary"},
    {" i1e", 0, "an integer, a string, a list or a dictionary"},
    {"i", 1, "a digit"},
    {"ie", 1, "a digit"},
    {"i1", 2, "a digit or 'e' in an integer"},
    {"i1x", 2, "a digit or 'e' in an integer"},
    {"i1.0e", 2, "a digit or 'e' in an integer"},
    {"i+1e", 1, "a digit"},
    {"i 1e", 1, "a digit"},
    {"i00e", 2, "a number without leading zeros"},
    {"i01e", 2, "a number without leading zeros"},
    {"i-0e", 2, "a digit from 1 to 9 after '-'"},
    {"i-01e", 2, "a digit from 1 to 9 after '-'"},
    {"i-e", 2, "a digit"},
    {"i--1e", 2, "a digit"},
    {"i9223372036854775808e", 19, "a number that fits in 64 bits"},
    {"i-9223372036854775809e", 20, "a number that fits in 64 bits"},
    {"i18446744073709551616e", 20, "a number that fits in 64 bits"},
    {"i99999999999999999999999999e", 19, "a number that fits in 64 bits"},
    {"1", 1, "a digit or ':' in the length of a string"},
    {"1:", 2, "as many bytes as the length of the string says"},
    {"4:abc", 2, "as many bytes as the length of the string says"},
    {"03:abc", 1, "a number without leading zeros"},
    {"00:", 1, "a number without leading zeros"},
    {"-1:a", 0, "an integer, a string, a list or a dictionary"},
    {"9223372036854775807:a", 20, "as many bytes as the length of the string says"},
    {"9223372036854775808:a", 18, "a number that fits in 64 bits"},
    {"18446744073709551617:a", 19, "a number that fits in 64 bits"},
    {"l", 1, "an integer, a string, a list or a dictionary"},
    {"li1e", 4, "an integer, a string, a list or a dictionary"},
    {"d", 1, "a string as the key of a dictionary, or its end"},
    {"di1e0:e", 1, "a string as the key of a dictionary, or its end"},
    {"dle0:e", 1, "a string as the key of a dictionary, or its end"},
    {"d1:ae", 4, "an integer, a string, a list or a dictionary"},
    {"d1:a", 4, "an integer, a string, a list or a dictionary"},
    {"d1:a0:1:be", 9, "an integer, a string, a list or a dictionary"},
    {"i1ei2e", 3, "nothing behind the value"},
    {"0:\n", 2, "nothing behind the value"},
    {"dee", 2, "nothing behind the value"},
};

START_TEST(other_bytes_are_refused_with_the_place_and_what_was_expected_there)
{
    const char untouched = '\0';
    struct bencode value = {(const uint8_t *)&untouched, 7};
    ck_assert_int_eq(check(bad[_i].text, BENCODE_SORTED, &value), -EINVAL);
    ck_assert_uint_eq(error.offset, bad[_i].offset);
    ck_assert_str_eq(error.expected, bad[_i].expected);
    ck_assert_int_eq(check(bad[_i].text, BENCODE_ANY_ORDER, &value), -EINVAL);
    ck_assert_uint_eq(value.size, 7);
}
END_TEST

static const struct {
    const char *text;
    size_t offset;
} unsorted[] = {
    {"d1:b0:1:a0:e", 6},
    {"d1:a0:1:a0:e", 6},
    {"d2:aa0:1:a0:e", 7},
    {"d1:a0:0:0:e", 6},
    {"d1:ad1:y0:1:x0:ee", 10},
    {"ld1:b0:1:a0:ee", 7},
    {"d1:\xFF"
     "0:1:a0:e",
     6},
};

START_TEST(keys_out_of_order_or_twice_are_refused_unless_any_order_will_do)
{
    struct bencode value;
    ck_assert_int_eq(check(unsorted[_i].text, BENCODE_SORTED, &value), -EINVAL);
    ck_assert_uint_eq(error.offset, unsorted[_i].offset);
    ck_assert_str_eq(error.expected, "a key greater than the one before it");
    ck_assert_int_eq(check(unsorted[_i].text, BENCODE_ANY_ORDER, &value), 0);
}
END_TEST

START_TEST(of_equal_keys_the_first_is_found)
{
    struct bencode dict;
    struct bencode value;
    ck_assert_int_eq(check("d1:b1:x1:a1:y1:b1:ze", BENCODE_ANY_ORDER, &dict), 0);
    ck_assert(bencode_find(dict, "b", &value));
    assert_text(value, "1:x");
}
END_TEST

START_TEST(the_depth_is_bounded)
{
    char text[2 * BENCODE_DEPTH_MAX + 3];
    struct bencode value;
    memset(text, 'l', BENCODE_DEPTH_MAX);
    memset(text + BENCODE_DEPTH_MAX, 'e', BENCODE_DEPTH_MAX);
    ck_assert_int_eq(bencode_check(text, (size_t)2 * BENCODE_DEPTH_MAX, BENCODE_SORTED, &value, &error), 0);
    memset(text, 'l', BENCODE_DEPTH_MAX + 1);
    memset(text + BENCODE_DEPTH_MAX + 1, 'e', BENCODE_DEPTH_MAX + 1);
    ck_assert_int_eq(bencode_check(text, (size_t)2 * BENCODE_DEPTH_MAX + 2, BENCODE_SORTED, &value, &error),
                     -EINVAL);
    ck_assert_uint_eq(error.offset, BENCODE_DEPTH_MAX);
}
END_TEST

START_TEST(a_string_may_hold_any_byte)
{
    static const char bytes[] = "4:\0e:\xFF";
    struct bencode value;
    struct bencode_text text;
    ck_assert_int_eq(bencode_check(bytes, sizeof bytes - 1, BENCODE_SORTED, &value, &error), 0);
    ck_assert(bencode_string(value, &text));
    ck_assert_uint_eq(text.size, 4);
    ck_assert_mem_eq(text.bytes, bytes + 2, 4);
}
END_TEST

static const struct {
    const char *text;
    int64_t number;
} integers[] = {
    {"i0e", 0},
    {"i42e", 42},
    {"i-42e", -42},
    {"i9223372036854775807e", INT64_MAX},
    {"i-9223372036854775808e", INT64_MIN},
};

START_TEST(an_integer_has_its_value)
{
    int64_t number;
    ck_assert(bencode_integer(parse(integers[_i].text), &number));
    ck_assert_int_eq(number, integers[_i].number);
}
END_TEST

START_TEST(a_value_is_of_one_kind)
{
    static const char *const kinds[] = {"i1e", "1:a", "le", "de"};
    for (int i = 0; i < COUNT(kinds); i++) {
        const struct bencode value = parse(kinds[i]);
        int64_t number;
        struct bencode_text text;
        ck_assert_int_eq(bencode_integer(value, &number), i == 0);
        ck_assert_int_eq(bencode_string(value, &text), i == 1);
        ck_assert_int_eq(bencode_is_list(value), i == 2);
        ck_assert_int_eq(bencode_is_dict(value), i == 3);
    }
}
END_TEST

START_TEST(a_walk_gives_the_items_of_a_list_as_they_stand_there)
{
    static const char *const items[] = {"i1e", "l1:ee", "0:", "d1:xi-3ee", "le"};
    const struct bencode list = parse("li1el1:ee0:d1:xi-3eelee");
    struct bencode_walk walk = bencode_walk(list);
    struct bencode item;
    for (int i = 0; i < COUNT(items); i++) {
        ck_assert(bencode_next(&walk, &item));
        assert_text(item, items[i]);
    }
    ck_assert(!bencode_next(&walk, &item));
    ck_assert(!bencode_next(&walk, &item));
    ck_assert_uint_eq(bencode_count(list), COUNT(items));
}
END_TEST

START_TEST(a_walk_gives_the_keys_of_a_dictionary_and_their_values)
{
    static const char *const items[] = {"1:a", "i1e", "1:b", "de"};
    struct bencode_walk walk = bencode_walk(parse("d1:ai1e1:bdee"));
    struct bencode item;
    for (int i = 0; i < COUNT(items); i++) {
        ck_assert(bencode_next(&walk, &item));
        assert_text(item, items[i]);
    }
    ck_assert(!bencode_next(&walk, &item));
}
END_TEST

START_TEST(what_is_no_list_and_no_dictionary_has_no_items_and_no_keys)
{
    static const char *const others[] = {"i1e", "3:1:a", "le", "de"};
    struct bencode item;
    for (int i = 0; i < COUNT(others); i++) {
        struct bencode_walk walk = bencode_walk(parse(others[i]));
        ck_assert(!bencode_next(&walk, &item));
        ck_assert(!bencode_find(parse(others[i]), "1", &item));
    }
    ck_assert(!bencode_find(parse("l1:a1:be"), "a", &item));
}
END_TEST

START_TEST(a_key_is_found_by_all_of_its_name_and_on_its_own_level)
{
    const struct bencode dict = parse("d1:ad1:xi1ee2:ab1:b1:x1:y2:xx0:e");
    struct bencode value;
    ck_assert(bencode_find(dict, "a", &value));
    assert_text(value, "d1:xi1ee");
    ck_assert(bencode_find(dict, "ab", &value));
    assert_text(value, "1:b");
    ck_assert(bencode_find(dict, "xx", &value));
    assert_text(value, "0:");
    ck_assert(!bencode_find(dict, "y", &value));
    ck_assert(!bencode_find(dict, "abc", &value));
    ck_assert(!bencode_find(dict, "", &value));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bencode");
    TCase *cases = tcase_create("check");
    tcase_add_loop_test(cases, a_value_in_canonical_form_is_one_in_either_order, 0, COUNT(good));
    tcase_add_loop_test(cases, other_bytes_are_refused_with_the_place_and_what_was_expected_there, 0,
                        COUNT(bad));
    tcase_add_loop_test(cases, keys_out_of_order_or_twice_are_refused_unless_any_order_will_do, 0,
                        COUNT(unsorted));
    tcase_add_test(cases, of_equal_keys_the_first_is_found);
    tcase_add_test(cases, the_depth_is_bounded);
    suite_add_tcase(suite, cases);

    cases = tcase_create("walk");
    tcase_add_test(cases, a_string_may_hold_any_byte);
    tcase_add_loop_test(cases, an_integer_has_its_value, 0, COUNT(integers));
    tcase_add_test(cases, a_value_is_of_one_kind);
    tcase_add_test(cases, a_walk_gives_the_items_of_a_list_as_they_stand_there);
    tcase_add_test(cases, a_walk_gives_the_keys_of_a_dictionary_and_their_values);
    tcase_add_test(cases, what_is_no_list_and_no_dictionary_has_no_items_and_no_keys);
    tcase_add_test(cases, a_key_is_found_by_all_of_its_name_and_on_its_own_level);
    suite_add_tcase(suite, cases);

    return run_suite(suite);
}
