#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "net/address.h"
#include "tests/contract/support.h"

static rdy_address address_of(const char *text)
{
    rdy_address address;
    ck_assert_msg(rdy_address_parse(text, &address) == 0, "cannot parse \"%s\"", text);
    return address;
}

/* ---- text ---- */

static const struct {
    const char *text;
    int family;
    uint16_t port;
    const char *printed; /* NULL: as it was read */
} addresses[] = {
    {"1.2.3.4:80", AF_INET, 80, NULL},
    {"0.0.0.0:0", AF_INET, 0, NULL},
    {"255.255.255.255:65535", AF_INET, 65535, NULL},
    {"[::1]:80", AF_INET6, 80, NULL},
    {"[::]:0", AF_INET6, 0, NULL},
    {"[2001:DB8::A]:1", AF_INET6, 1, "[2001:db8::a]:1"},
    {"[0:0:0:0:0:0:0:1]:65535", AF_INET6, 65535, "[::1]:65535"},
    {"[1:2:3:4:5:6:7:8]:9", AF_INET6, 9, NULL},
    {"[::ffff:1.2.3.4]:80", AF_INET6, 80, NULL},
    {"[fe80::1%900000]:80", AF_INET6, 80, NULL},
    {"[fe80::1%4294967295]:80", AF_INET6, 80, NULL},
    {"unix:/run/some.sock", AF_UNIX, 0, NULL},
    {"unix:relative", AF_UNIX, 0, NULL},
    {"unix:/with spaces: and [colons]:80", AF_UNIX, 0, NULL},
#ifdef __linux__
    {"unix:@abstract", AF_UNIX, 0, NULL},
#endif
};

START_TEST(an_address_is_printed_as_it_is_read)
{
    const char *expected = addresses[_i].printed != NULL ? addresses[_i].printed : addresses[_i].text;
    char text[RDY_ADDRESS_TEXT_MAX];
    const rdy_address address = address_of(addresses[_i].text);
    ck_assert_int_eq(rdy_address_family(&address), addresses[_i].family);
    ck_assert_uint_eq(rdy_address_port(&address), addresses[_i].port);
    ck_assert_int_eq(rdy_address_print(&address, text, sizeof text), (int)strlen(expected));
    ck_assert_str_eq(text, expected);
    const rdy_address again = address_of(text);
    ck_assert_int_eq(rdy_address_compare(&address, &again), 0);
}
END_TEST

static const char *const bad_texts[] = {
    "",
    ":",
    "1.2.3.4",
    "1.2.3.4:",
    ":80",
    "1.2.3:80",
    "1.2.3.4.5:80",
    "1.2.3.256:80",
    "1.2.3.-4:80",
    "localhost:80",
    "*:80",
    "1.2.3.4:80:80",
    " 1.2.3.4:80",
    "1.2.3.4 :80",
    "1.2.3.4: 80",
    "1.2.3.4:80 ",
    "1.2.3.4:80\n",
    "1.2.3.4:+80",
    "1.2.3.4:-1",
    "1.2.3.4:0x50",
    "1.2.3.4:80x",
    "1.2.3.4:8 0",
    "1.2.3.4:http",
    "1.2.3.4:65536",
    "1.2.3.4:4294967376",           /* 80 in 32 bits */
    "1.2.3.4:18446744073709551696", /* 80 in 64 bits */
    "1.2.3.4.1.2.3.4.1.2.3.4.1.2.3.4.1.2.3.4:80",
    "::1",
    "::1:80",
    "[",
    "[]",
    "[]:80",
    "[::1",
    "[::1:80",
    "::1]:80",
    "[::1]",
    "[::1]:",
    "[::1]80",
    "[::1] :80",
    "[::1]]:80",
    "[[::1]]:80",
    "[ ::1]:80",
    "[::1]:65536",
    "[::1]:+80",
    "[1.2.3.4]:80",
    "[1:2:3:4:5:6:7]:80",
    "[1:2:3:4:5:6:7:8:9]:80",
    "[::12345]:80",
    "[fe80::1%]:80",
    "[fe80::1%0]:80",
    "[fe80::1%4294967296]:80",
    "[fe80::1%-1]:80",
    "[fe80::1%+1]:80",
    "[fe80::1%0x1]:80",
    "[fe80::1%no such one]:80",
    "[%1]:80",
    "unix:",
    "Unix:/run/some.sock",
    " unix:/run/some.sock",
#ifdef __linux__
    "unix:@",
#endif
};

START_TEST(other_text_is_einval_and_leaves_the_address_untouched)
{
    rdy_address address, untouched;
    memset(&address, 0xa5, sizeof address);
    untouched = address;
    ck_assert_msg(rdy_address_parse(bad_texts[_i], &address) == -EINVAL, "\"%s\"", bad_texts[_i]);
    ck_assert_mem_eq(&address, &untouched, sizeof address);
}
END_TEST

/* A Unix address whose path, or abstract name with the '@', has `length` characters. */
static const char *unix_text(char first, size_t length)
{
    static char text[512];
    memcpy(text, "unix:", 5);
    memset(text + 5, 'x', length);
    text[5] = first;
    text[5 + length] = '\0';
    return text;
}

START_TEST(a_path_is_as_long_as_the_system_allows)
{
    const size_t most = sizeof((struct sockaddr_un *)NULL)->sun_path;
    char text[RDY_ADDRESS_TEXT_MAX];
    rdy_address address = address_of(unix_text('/', most - 1));
    ck_assert_int_eq(rdy_address_print(&address, text, sizeof text), (int)(5 + most - 1));
    ck_assert_str_eq(text, unix_text('/', most - 1));
    ck_assert_int_eq(rdy_address_parse(unix_text('/', most), &address), -ENAMETOOLONG);
    ck_assert_int_eq(rdy_address_parse(unix_text('/', 2 * most), &address), -ENAMETOOLONG);
#ifdef __linux__
    address = address_of(unix_text('@', most));
    ck_assert_int_eq(rdy_address_print(&address, text, sizeof text), (int)(5 + most));
    ck_assert_str_eq(text, unix_text('@', most));
    ck_assert_int_eq(rdy_address_parse(unix_text('@', most + 1), &address), -ENAMETOOLONG);
#endif
}
END_TEST

#ifdef __linux__
START_TEST(an_abstract_name_has_no_end_but_its_length)
{
    const rdy_address address = address_of("unix:@abstract");
    const struct sockaddr_un *local = (const struct sockaddr_un *)(const void *)&address.storage;
    ck_assert_uint_eq(address.length, offsetof(struct sockaddr_un, sun_path) + 1 + strlen("abstract"));
    ck_assert_mem_eq(local->sun_path, "\0abstract", 9);
}
END_TEST
#endif

START_TEST(the_scope_may_be_the_name_of_an_interface)
{
    struct if_nameindex *interfaces = if_nameindex();
    ck_assert_ptr_nonnull(interfaces);
    char text[RDY_ADDRESS_TEXT_MAX], expected[RDY_ADDRESS_TEXT_MAX];
    snprintf(text, sizeof text, "[fe80::1%%%s]:80", interfaces[0].if_name);
    snprintf(expected, sizeof expected, "[fe80::1%%%u]:80", interfaces[0].if_index);
    if_freenameindex(interfaces);
    const rdy_address address = address_of(text);
    rdy_address_print(&address, text, sizeof text);
    ck_assert_str_eq(text, expected);
}
END_TEST

START_TEST(text_that_does_not_fit_is_cut_and_counted_like_snprintf)
{
    char whole[RDY_ADDRESS_TEXT_MAX];
    const rdy_address address = address_of(addresses[_i].text);
    const int length = rdy_address_print(&address, whole, sizeof whole);
    for (size_t size = 1; size <= (size_t)length + 1; size++) {
        char text[RDY_ADDRESS_TEXT_MAX];
        memset(text, '#', sizeof text);
        ck_assert_int_eq(rdy_address_print(&address, text, size), length);
        ck_assert_uint_eq(strlen(text), size - 1);
        ck_assert_mem_eq(text, whole, size - 1);
        ck_assert_int_eq(text[size], '#');
    }
    ck_assert_int_eq(rdy_address_print(&address, NULL, 0), length);
}
END_TEST

/* ---- values ---- */

START_TEST(a_zeroed_address_is_of_no_family)
{
    const rdy_address zeroed = {0};
    rdy_address changed = zeroed;
    char text[RDY_ADDRESS_TEXT_MAX];
    ck_assert_int_eq(rdy_address_family(&zeroed), AF_UNSPEC);
    ck_assert_uint_eq(rdy_address_port(&zeroed), 0);
    ck_assert_int_eq(rdy_address_set_port(&changed, 80), -EAFNOSUPPORT);
    rdy_address_print(&zeroed, text, sizeof text);
    ck_assert_str_eq(text, "(none)");
    ck_assert_int_eq(rdy_address_compare(&zeroed, &changed), 0);
}
END_TEST

START_TEST(bytes_and_port_make_the_address_that_text_makes)
{
    static const uint8_t four[4] = {1, 2, 3, 4};
    static const uint8_t sixteen[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 0x0a};
    const rdy_address ipv4 = rdy_address_ipv4(four, 80), read_ipv4 = address_of("1.2.3.4:80");
    const rdy_address ipv6 = rdy_address_ipv6(sixteen, 65535), read_ipv6 = address_of("[2001:db8::a]:65535");
    ck_assert_int_eq(rdy_address_compare(&ipv4, &read_ipv4), 0);
    ck_assert_int_eq(rdy_address_compare(&ipv6, &read_ipv6), 0);
    ck_assert_uint_eq(ipv4.length, sizeof(struct sockaddr_in));
    ck_assert_uint_eq(ipv6.length, sizeof(struct sockaddr_in6));
}
END_TEST

START_TEST(the_port_can_be_replaced_where_there_is_one)
{
    rdy_address address = address_of(addresses[_i].text);
    const rdy_address before = address;
    const bool has_port = addresses[_i].family != AF_UNIX;
    ck_assert_int_eq(rdy_address_set_port(&address, 4711), has_port ? 0 : -EAFNOSUPPORT);
    ck_assert_uint_eq(rdy_address_port(&address), has_port ? 4711 : 0);
    ck_assert_int_eq(rdy_address_compare(&address, &before) == 0, !has_port);
}
END_TEST

/* Within a family in the order of host, scope and port, or path. */
static const char *const ascending[] = {
#ifdef __linux__
    "unix:@a",
    "unix:@b",
#endif
    "unix:/a",
    "unix:/a/b",
    "unix:/ab",
    "unix:/b",
    "1.2.3.4:80",
    "1.2.3.4:81",
    "1.2.3.4:256", /* below 80 in network order on a little-endian machine */
    "1.2.3.4:65535",
    "1.2.3.5:0",
    "2.2.3.4:0",
    "200.2.3.4:0",
    "[::]:9",
    "[::1]:80",
    "[::1]:256",
    "[fe80::1]:80",
    "[fe80::1%900000]:79",
    "[fe80::1%900000]:80",
    "[fe80::1%4294967295]:80",
    "[fe80::2]:1",
};

static int compare(const void *left, const void *right)
{
    return rdy_address_compare(left, right);
}

static int sign(int number)
{
    return (number > 0) - (number < 0);
}

START_TEST(the_order_is_total)
{
    rdy_address sorted[COUNT(ascending) + 1] = {0}; /* and one of no family */
    for (int i = 0; i < COUNT(ascending); i++)
        sorted[i] = address_of(ascending[COUNT(ascending) - 1 - i]);
    qsort(sorted, COUNT(sorted), sizeof sorted[0], compare);
    for (int i = 0; i < COUNT(sorted); i++)
        for (int j = 0; j < COUNT(sorted); j++)
            ck_assert_int_eq(sign(rdy_address_compare(&sorted[i], &sorted[j])), sign(i - j));
}
END_TEST

START_TEST(within_a_family_host_comes_before_port)
{
    for (int i = 0; i + 1 < COUNT(ascending); i++) {
        const rdy_address left = address_of(ascending[i]), right = address_of(ascending[i + 1]);
        if (rdy_address_family(&left) == rdy_address_family(&right))
            ck_assert_msg(rdy_address_compare(&left, &right) < 0, "%s, %s", ascending[i], ascending[i + 1]);
    }
}
END_TEST

/* ---- what system calls fill in ---- */

static const struct {
    int family;
    size_t length;
    int result;
} lengths[] = {
    {AF_INET, sizeof(struct sockaddr_in), 0},
    {AF_INET, sizeof(struct sockaddr_in) - 1, -EINVAL},
    {AF_INET6, sizeof(struct sockaddr_in6), 0},
    {AF_INET6, sizeof(struct sockaddr_in6) - 1, -EINVAL},
    {AF_UNIX, offsetof(struct sockaddr_un, sun_path), 0},
    {AF_UNIX, offsetof(struct sockaddr_un, sun_path) + 1, 0},
    {AF_UNIX, sizeof(struct sockaddr_un), 0},
    {AF_UNIX, offsetof(struct sockaddr_un, sun_path) - 1, -EINVAL},
    {AF_INET, 1, -EINVAL},
    {AF_INET, 0, -EINVAL},
    {AF_INET6, sizeof(struct sockaddr_storage) + 1, -EINVAL},
    {AF_UNSPEC, sizeof(struct sockaddr_in), -EINVAL},
    {AF_APPLETALK, sizeof(struct sockaddr_storage), -EINVAL},
};

START_TEST(bytes_that_are_no_address_are_einval_and_leave_it_untouched)
{
    union {
        struct sockaddr plain;
        unsigned char bytes[2 * sizeof(struct sockaddr_storage)];
    } filled = {.plain.sa_family = (sa_family_t)lengths[_i].family};
    rdy_address address, untouched;
    memset(&address, 0xa5, sizeof address);
    untouched = address;
    const socklen_t length = (socklen_t)lengths[_i].length;
    ck_assert_int_eq(rdy_address_from_sockaddr(&filled.plain, length, &address), lengths[_i].result);
    if (lengths[_i].result == 0)
        ck_assert_int_eq(rdy_address_family(&address), lengths[_i].family);
    else
        ck_assert_mem_eq(&address, &untouched, sizeof address);
}
END_TEST

START_TEST(a_copy_of_what_a_system_call_filled_in_is_the_same_address)
{
    const rdy_address address = address_of(addresses[_i].text);
    rdy_address copy;
    const struct sockaddr *filled = (const struct sockaddr *)(const void *)&address.storage;
    ck_assert_int_eq(rdy_address_from_sockaddr(filled, address.length, &copy), 0);
    ck_assert_int_eq(rdy_address_compare(&address, &copy), 0);
    ck_assert_uint_eq(copy.length, address.length);
}
END_TEST

START_TEST(an_unnamed_unix_socket_prints_as_an_empty_path)
{
    const struct sockaddr unnamed = {.sa_family = AF_UNIX};
    char text[RDY_ADDRESS_TEXT_MAX];
    rdy_address address;
    const socklen_t length = offsetof(struct sockaddr_un, sun_path);
    ck_assert_int_eq(rdy_address_from_sockaddr(&unnamed, length, &address), 0);
    rdy_address_print(&address, text, sizeof text);
    ck_assert_str_eq(text, "unix:");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("address");
    TCase *text = tcase_create("text"), *values = tcase_create("values");
    suite_add_tcase(suite, text);
    suite_add_tcase(suite, values);

    tcase_add_loop_test(text, an_address_is_printed_as_it_is_read, 0, COUNT(addresses));
    tcase_add_loop_test(text, other_text_is_einval_and_leaves_the_address_untouched, 0, COUNT(bad_texts));
    tcase_add_test(text, a_path_is_as_long_as_the_system_allows);
#ifdef __linux__
    tcase_add_test(text, an_abstract_name_has_no_end_but_its_length);
#endif
    tcase_add_test(text, the_scope_may_be_the_name_of_an_interface);
    tcase_add_loop_test(text, text_that_does_not_fit_is_cut_and_counted_like_snprintf, 0, COUNT(addresses));

    tcase_add_test(values, a_zeroed_address_is_of_no_family);
    tcase_add_test(values, bytes_and_port_make_the_address_that_text_makes);
    tcase_add_loop_test(values, the_port_can_be_replaced_where_there_is_one, 0, COUNT(addresses));
    tcase_add_test(values, the_order_is_total);
    tcase_add_test(values, within_a_family_host_comes_before_port);
    tcase_add_loop_test(values, bytes_that_are_no_address_are_einval_and_leave_it_untouched, 0,
                        COUNT(lengths));
    tcase_add_loop_test(values, a_copy_of_what_a_system_call_filled_in_is_the_same_address, 0,
                        COUNT(addresses));
    tcase_add_test(values, an_unnamed_unix_socket_prints_as_an_empty_path);
    return run_suite(suite);
}
