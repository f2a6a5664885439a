#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps/common/option.h"
#include "apps/common/peer_list.h"
#include "tests/suite.h"

static peer_list list;

static void begin(void)
{
    list = (peer_list){0};
    option_set_program("peer_list_test");
}

static void end(void)
{
    peer_list_free(&list);
}

static int read_text(const char *text, size_t size)
{
    FILE *file = tmpfile();
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, size, file), size);
    rewind(file);
    const int error = peer_list_read(&list, file, "peers.txt", 80);
    fclose(file);
    return error;
}

/* What `read_text` says on stderr. */
static void read_and_capture(const char *text, size_t size, int expected, char *message, size_t room)
{
    FILE *capture = tmpfile();
    ck_assert_ptr_nonnull(capture);
    const int earlier = dup(STDERR_FILENO);
    fflush(stderr);
    dup2(fileno(capture), STDERR_FILENO);
    const int error = read_text(text, size);
    fflush(stderr);
    dup2(earlier, STDERR_FILENO);
    close(earlier);
    rewind(capture);
    message[fread(message, 1, room - 1, capture)] = '\0';
    fclose(capture);
    ck_assert_int_eq(error, expected);
}

static const struct {
    const char *text;
    uint16_t default_port;
    int family;
    const char *host;
    uint16_t port;
} good[] = {
    {"1.2.3.4:80", 0, AF_INET, NULL, 80},
    {"1.2.3.4", 6881, AF_INET, NULL, 6881},
    {"1.2.3.4:80", 6881, AF_INET, NULL, 80},
    {"[::1]:80", 0, AF_INET6, NULL, 80},
    {"[::1]", 6881, AF_INET6, NULL, 6881},
    {"::1", 6881, AF_INET6, NULL, 6881},
    {"localhost:65535", 0, AF_UNSPEC, "localhost", 65535},
    {"example.org", 443, AF_UNSPEC, "example.org", 443},
    {"a-b_c.example.", 1, AF_UNSPEC, "a-b_c.example.", 1},
    {"3com.example:1", 0, AF_UNSPEC, "3com.example", 1},
    {"unix:80", 0, AF_UNSPEC, "unix", 80},
    {"0x7g:1", 0, AF_UNSPEC, "0x7g", 1},
    {"[::ffff:1.2.3.4]:80", 0, AF_INET, NULL, 80},
};

START_TEST(an_entry_is_an_address_or_a_name_with_its_port)
{
    ck_assert_int_eq(peer_list_add(&list, good[_i].text, good[_i].default_port), 0);
    ck_assert_uint_eq(list.count, 1);
    ck_assert_str_eq(list.peers[0].text, good[_i].text);
    ck_assert_int_eq(rdy_address_family(&list.peers[0].address), good[_i].family);
    ck_assert_pstr_eq(list.peers[0].host, good[_i].host);
    ck_assert_uint_eq(list.peers[0].port, good[_i].port);
    if (good[_i].host == NULL)
        ck_assert_uint_eq(rdy_address_port(&list.peers[0].address), good[_i].port);
}
END_TEST

static const struct {
    const char *text;
    uint16_t default_port;
} bad[] = {
    {"", 80},
    {":80", 0},
    {"1.2.3.4", 0},
    {"1.2.3.4:", 80},
    {"1.2.3.4:80x", 0},
    {"1.2.3.4:-80", 0},
    {"1.2.3.4:+80", 0},
    {"1.2.3.4:80:90", 0},
    {"1.2.3.999:80", 0},
    {"1.2.3:80", 0},
    {"[::1]", 0},
    {"::1", 0},
    {"[::1:80", 80},
    {"[1.2.3.4]:80", 0},
    {"name", 0},
    {"name:", 80},
    {"name:http", 80},
    {"two words:80", 0},
    {"-x:80", 0},
    {".x:80", 0},
    {"n\303\244me:80", 0},
    {"unix:/tmp/socket", 80},
    {"0x7f000001:80", 0}, /* getaddrinfo(3) would take these for addresses */
    {"0X7f:80", 0},
    {"1.2.0x3:80", 0},
    {"1.2.3.4.:80", 0},
    {"a..b:80", 0},
    {"a.b..:80", 0},
    {".:80", 0},
    {"..:80", 0},
};

static const struct {
    const char *text;
    uint16_t default_port;
} bad_ports[] = {
    {"1.2.3.4:0", 80}, {"1.2.3.4:65536", 0}, {"1.2.3.4:99999999999999999999", 0},
    {"name:0", 80},    {"[::1]:0", 0},       {"[::1]:65536", 80},
};

START_TEST(other_text_is_refused_and_adds_nothing)
{
    ck_assert_int_eq(peer_list_add(&list, bad[_i].text, bad[_i].default_port), -EINVAL);
    ck_assert_uint_eq(list.count, 0);
}
END_TEST

START_TEST(a_number_that_is_no_port_is_out_of_range)
{
    ck_assert_int_eq(peer_list_add(&list, bad_ports[_i].text, bad_ports[_i].default_port), -ERANGE);
    ck_assert_uint_eq(list.count, 0);
}
END_TEST

static const struct {
    const char *one;
    const char *other;
} same[] = {
    {"1.2.3.4:80", "1.2.3.4:80"},
    {"1.2.3.4:80", "1.2.3.4"},
    {"[::1]:80", "[0:0::1]:80"},
    {"[::1]:80", "::1"},
    {"[::a]:80", "[::A]:80"},
    {"example.org:80", "example.org"},
    {"example.org:80", "EXAMPLE.org:80"},
    {"127.0.0.1:9", "[::ffff:127.0.0.1]:9"},
};

START_TEST(a_peer_that_is_there_already_is_skipped_however_it_is_spelt)
{
    ck_assert_int_eq(peer_list_add(&list, same[_i].one, 80), 0);
    ck_assert_int_eq(peer_list_add(&list, same[_i].other, 80), 0);
    ck_assert_uint_eq(list.count, 1);
    ck_assert_str_eq(list.peers[0].text, same[_i].one);
}
END_TEST

START_TEST(peers_that_differ_in_host_port_or_kind_are_all_kept)
{
    static const char *const texts[] = {"1.2.3.4:80",     "1.2.3.4:81", "1.2.3.5:80",    "[::1]:80",
                                        "example.org:80", "[::2]:80",   "example.org:81"};
    for (size_t i = 0; i < COUNT(texts); i++)
        ck_assert_int_eq(peer_list_add(&list, texts[i], 0), 0);
    ck_assert_uint_eq(list.count, COUNT(texts));
    for (size_t i = 0; i < COUNT(texts); i++)
        ck_assert_str_eq(list.peers[i].text, texts[i]);
}
END_TEST

START_TEST(many_peers_keep_their_order_and_lose_their_duplicates)
{
    enum { PEERS = 20000 };
    char text[32];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < PEERS; i++) {
            snprintf(text, sizeof text, i % 3 == 0 ? "host-%d:80" : "10.0.1.1:%d", i + 1);
            ck_assert_int_eq(peer_list_add(&list, text, 0), 0);
        }
    }
    ck_assert_uint_eq(list.count, PEERS);
    for (int i = 0; i < PEERS; i++) {
        snprintf(text, sizeof text, i % 3 == 0 ? "host-%d:80" : "10.0.1.1:%d", i + 1);
        ck_assert_str_eq(list.peers[i].text, text);
    }
}
END_TEST

START_TEST(lines_may_be_blank_commented_indented_or_end_with_crlf)
{
    static const char text[] = "# peers\r\n\r\n  1.2.3.4:81\t\r\n\n1.2.3.5:81 # good\n#\n1.2.3.4:81\r\nlast";
    ck_assert_int_eq(read_text(text, sizeof text - 1), 0);
    ck_assert_uint_eq(list.count, 3);
    ck_assert_str_eq(list.peers[0].text, "1.2.3.4:81");
    ck_assert_str_eq(list.peers[1].text, "1.2.3.5:81");
    ck_assert_str_eq(list.peers[2].text, "last");
    ck_assert_uint_eq(list.peers[2].port, 80);
}
END_TEST

START_TEST(an_empty_file_gives_an_empty_list)
{
    ck_assert_int_eq(read_text("", 0), 0);
    ck_assert_uint_eq(list.count, 0);
}
END_TEST

START_TEST(a_bad_line_is_reported_with_its_file_and_number)
{
    static const char text[] = "1.2.3.4:80\n# comment\nx y\r\n1.2.3.5:80\n";
    char message[256];
    read_and_capture(text, sizeof text - 1, -EINVAL, message, sizeof message);
    ck_assert_str_eq(message, "peer_list_test: peers.txt:3: expected HOST[:PORT], not 'x y'\n");
    ck_assert_uint_eq(list.count, 1);
}
END_TEST

START_TEST(a_line_with_a_nul_byte_is_a_bad_line)
{
    static const char text[] = "1.2.3.4:80\0.9\n";
    char message[256];
    read_and_capture(text, sizeof text - 1, -EINVAL, message, sizeof message);
    ck_assert_str_eq(message, "peer_list_test: peers.txt:1: a NUL byte\n");
    ck_assert_uint_eq(list.count, 0);
}
END_TEST

enum { LINE_MOST = 4096 };

START_TEST(a_line_may_have_4096_bytes_and_no_more)
{
    static char text[2 * LINE_MOST] = "1.2.3.4:80\n1.2.3.5:80\n";
    static const size_t first = sizeof "1.2.3.4:80\n" - 1;
    char message[256];
    memset(text + first + strlen("1.2.3.5:80"), ' ', LINE_MOST);
    text[first + LINE_MOST] = '\n';
    ck_assert_int_eq(read_text(text, first + LINE_MOST + 1), 0);
    ck_assert_uint_eq(list.count, 2);
    text[first + LINE_MOST] = ' ';
    text[first + LINE_MOST + 1] = '\n';
    read_and_capture(text, first + LINE_MOST + 2, -EINVAL, message, sizeof message);
    ck_assert_str_eq(message, "peer_list_test: peers.txt:2: a line of more than 4096 bytes\n");
}
END_TEST

START_TEST(a_bad_port_is_reported_as_such)
{
    static const char text[] = "1.2.3.4:80000\n";
    char message[256];
    read_and_capture(text, sizeof text - 1, -ERANGE, message, sizeof message);
    ck_assert_str_eq(message,
                     "peer_list_test: peers.txt:1: expected a port from 1 to 65535, not '1.2.3.4:80000'\n");
}
END_TEST

START_TEST(a_byte_order_mark_is_skipped_at_the_start_only)
{
    static const char text[] = "\xEF\xBB\xBF"
                               "1.2.3.4:81\n";
    ck_assert_int_eq(read_text(text, sizeof text - 1), 0);
    ck_assert_uint_eq(list.count, 1);
    static const char later[] = "\n\xEF\xBB\xBF"
                                "1.2.3.4:82\n";
    char message[256];
    read_and_capture(later, sizeof later - 1, -EINVAL, message, sizeof message);
    ck_assert_ptr_nonnull(strstr(message, "peers.txt:2:"));
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_an_error)
{
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
    ck_assert_int_eq(peer_list_read_path(&list, "/nonexistent/peers", 80), -ENOENT);
    ck_assert_int_eq(peer_list_read_path(&list, "/", 80), -EIO);
}
END_TEST

static Suite *peer_list_suite(void)
{
    Suite *suite = suite_create("peer_list");
    TCase *adding = tcase_create("adding");
    TCase *reading = tcase_create("reading");

    tcase_add_checked_fixture(adding, begin, end);
    tcase_add_loop_test(adding, an_entry_is_an_address_or_a_name_with_its_port, 0, (int)COUNT(good));
    tcase_add_loop_test(adding, other_text_is_refused_and_adds_nothing, 0, (int)COUNT(bad));
    tcase_add_loop_test(adding, a_number_that_is_no_port_is_out_of_range, 0, COUNT(bad_ports));
    tcase_add_loop_test(adding, a_peer_that_is_there_already_is_skipped_however_it_is_spelt, 0,
                        (int)COUNT(same));
    tcase_add_test(adding, peers_that_differ_in_host_port_or_kind_are_all_kept);
    tcase_add_test(adding, many_peers_keep_their_order_and_lose_their_duplicates);
    tcase_add_checked_fixture(reading, begin, end);
    tcase_add_test(reading, lines_may_be_blank_commented_indented_or_end_with_crlf);
    tcase_add_test(reading, an_empty_file_gives_an_empty_list);
    tcase_add_test(reading, a_bad_line_is_reported_with_its_file_and_number);
    tcase_add_test(reading, a_line_with_a_nul_byte_is_a_bad_line);
    tcase_add_test(reading, a_line_may_have_4096_bytes_and_no_more);
    tcase_add_test(reading, a_bad_port_is_reported_as_such);
    tcase_add_test(reading, a_byte_order_mark_is_skipped_at_the_start_only);
    tcase_add_test(reading, a_file_that_cannot_be_read_is_an_error);
    suite_add_tcase(suite, adding);
    suite_add_tcase(suite, reading);
    return suite;
}

int main(void)
{
    return run_suite(peer_list_suite());
}
