/* The options of a stream, and what every function says of one that is closed. */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/net/connections.h"

static const char *const hosts[] = {"127.0.0.1:0", "[::1]:0"};

static struct connection connection;
static rdy_tcp_stream *stream = &connection.client;

static void open_it(void)
{
    connection = open_connection(hosts[0]);
}

static void close_it(void)
{
    close_connection(&connection);
}

/* ---- options ---- */

START_TEST(nodelay_is_off_until_it_is_asked_for)
{
    static const bool asked[] = {true, false, true};
    bool nodelay = true;
    ck_assert_int_eq(rdy_tcp_stream_nodelay(stream, &nodelay), 0);
    ck_assert(!nodelay);
    for (int i = 0; i < COUNT(asked); i++) {
        ck_assert_int_eq(rdy_tcp_stream_set_nodelay(stream, asked[i]), 0);
        ck_assert_int_eq(rdy_tcp_stream_nodelay(stream, &nodelay), 0);
        ck_assert_int_eq(nodelay, asked[i]);
    }
}
END_TEST

static rdy_tcp_keepalive keepalive_now(void)
{
    rdy_tcp_keepalive found;
    ck_assert_int_eq(rdy_tcp_stream_keepalive(stream, &found), 0);
    return found;
}

static void check_keepalive(const rdy_tcp_keepalive *expected)
{
    const rdy_tcp_keepalive found = keepalive_now();
    ck_assert_int_eq(found.on, expected->on);
    ck_assert_int_eq(found.idle_seconds, expected->idle_seconds);
    ck_assert_int_eq(found.interval_seconds, expected->interval_seconds);
    ck_assert_int_eq(found.probes, expected->probes);
}

START_TEST(keepalive_is_off_until_it_is_asked_for)
{
    const rdy_tcp_keepalive off = {0};
    rdy_tcp_keepalive wanted = {.on = true, .idle_seconds = 77, .interval_seconds = 11, .probes = 3};
    ck_assert(!keepalive_now().on);
    ck_assert_int_eq(rdy_tcp_stream_set_keepalive(stream, &wanted), 0);
    check_keepalive(&wanted);
    ck_assert_int_eq(rdy_tcp_stream_set_keepalive(stream, &off), 0);
    wanted.on = false;
    check_keepalive(&wanted);
}
END_TEST

START_TEST(a_0_leaves_the_systems_value)
{
    rdy_tcp_keepalive expected = keepalive_now();
    const rdy_tcp_keepalive on = {.on = true}, idle_alone = {.on = true, .idle_seconds = 77};
    ck_assert_int_eq(rdy_tcp_stream_set_keepalive(stream, &on), 0);
    expected.on = true;
    check_keepalive(&expected);
    ck_assert_int_eq(rdy_tcp_stream_set_keepalive(stream, &idle_alone), 0);
    expected.idle_seconds = 77;
    check_keepalive(&expected);
}
END_TEST

START_TEST(a_keepalive_out_of_range_is_einval)
{
    static const rdy_tcp_keepalive wrong[] = {
        {.on = true, .idle_seconds = -1},
        {.on = true, .interval_seconds = -1},
        {.on = true, .probes = -1},
        {.on = true, .idle_seconds = 1000000},
        {.on = true, .interval_seconds = 1000000},
        {.on = true, .probes = 1000000},
    };
    for (int i = 0; i < COUNT(wrong); i++)
        ck_assert_int_eq(rdy_tcp_stream_set_keepalive(stream, &wrong[i]), -EINVAL);
    ck_assert(!keepalive_now().on);
}
END_TEST

START_TEST(hops_are_set_for_both_versions_of_ip)
{
    static const int right[] = {1, 64, 255}, wrong[] = {0, -1, 256};
    int ttl = 0;
    struct connection other = open_connection(hosts[_i]);
    for (int i = 0; i < COUNT(right); i++) {
        ck_assert_int_eq(rdy_tcp_stream_set_ttl(&other.client, right[i]), 0);
        ck_assert_int_eq(rdy_tcp_stream_set_ttl(&other.client, wrong[i]), -EINVAL);
        ck_assert_int_eq(rdy_tcp_stream_ttl(&other.client, &ttl), 0);
        ck_assert_int_eq(ttl, right[i]);
    }
    close_connection(&other);
}
END_TEST

START_TEST(linger_is_off_until_it_is_asked_for)
{
    static const int asked[] = {5, 0, -1};
    int seconds = 0;
    ck_assert_int_eq(rdy_tcp_stream_linger(stream, &seconds), 0);
    ck_assert_int_eq(seconds, -1);
    for (int i = 0; i < COUNT(asked); i++) {
        ck_assert_int_eq(rdy_tcp_stream_set_linger(stream, asked[i]), 0);
        ck_assert_int_eq(rdy_tcp_stream_linger(stream, &seconds), 0);
        ck_assert_int_eq(seconds, asked[i]);
    }
    ck_assert_int_eq(rdy_tcp_stream_set_linger(stream, -2), -EINVAL);
}
END_TEST

START_TEST(a_linger_of_0_makes_close_a_reset)
{
    char byte;
    ck_assert_int_eq(rdy_tcp_stream_set_linger(stream, 0), 0);
    rdy_tcp_stream_close(stream);
    ck_assert_int_eq(read_when_ready(&connection.server.source, &byte, 1), -ECONNRESET);
}
END_TEST

START_TEST(buffers_are_at_least_as_large_as_asked)
{
    static const struct {
        int (*set)(rdy_tcp_stream *, int);
        int (*get)(const rdy_tcp_stream *, int *);
    } sides[] = {
        {rdy_tcp_stream_set_send_buffer_size, rdy_tcp_stream_send_buffer_size},
        {rdy_tcp_stream_set_receive_buffer_size, rdy_tcp_stream_receive_buffer_size},
    };
    int small = 0, large = 0;
    ck_assert_int_eq(sides[_i].set(stream, 8192), 0);
    ck_assert_int_eq(sides[_i].get(stream, &small), 0);
    ck_assert_int_eq(sides[_i].set(stream, 65536), 0);
    ck_assert_int_eq(sides[_i].get(stream, &large), 0);
    ck_assert_int_ge(small, 8192);
    ck_assert_int_lt(small, 65536);
    ck_assert_int_ge(large, 65536);
    ck_assert_int_eq(sides[_i].set(stream, 0), -EINVAL);
    ck_assert_int_eq(sides[_i].set(stream, -1), -EINVAL);
}
END_TEST

/* ---- closed ---- */

static char byte;
static struct iovec piece = {.iov_base = &byte, .iov_len = 1};
static const rdy_tcp_keepalive keepalive_on = {.on = true, .idle_seconds = 10};

static ptrdiff_t read_it(rdy_tcp_stream *closed)
{
    return rdy_tcp_stream_read(closed, &byte, 1);
}

static ptrdiff_t readv_it(rdy_tcp_stream *closed)
{
    return rdy_tcp_stream_readv(closed, &piece, 1);
}

static ptrdiff_t peek_it(rdy_tcp_stream *closed)
{
    return rdy_tcp_stream_peek(closed, &byte, 1);
}

static ptrdiff_t write_it(rdy_tcp_stream *closed)
{
    return rdy_tcp_stream_write(closed, &byte, 1);
}

static ptrdiff_t writev_it(rdy_tcp_stream *closed)
{
    return rdy_tcp_stream_writev(closed, &piece, 1);
}

static ptrdiff_t shut_it_down(rdy_tcp_stream *closed)
{
    return rdy_tcp_stream_shutdown(closed, SHUT_RDWR);
}

static ptrdiff_t finish_it(rdy_tcp_stream *closed)
{
    return rdy_tcp_stream_finish_connect(closed);
}

static ptrdiff_t give_it_away(rdy_tcp_stream *closed)
{
    return rdy_tcp_stream_into_fd(closed);
}

static ptrdiff_t take_its_error(rdy_tcp_stream *closed)
{
    return rdy_tcp_stream_take_error(closed);
}

static ptrdiff_t set_its_nodelay(rdy_tcp_stream *closed)
{
    return rdy_tcp_stream_set_nodelay(closed, true);
}

static ptrdiff_t set_its_keepalive(rdy_tcp_stream *closed)
{
    return rdy_tcp_stream_set_keepalive(closed, &keepalive_on);
}

static ptrdiff_t set_its_hops(rdy_tcp_stream *closed)
{
    return rdy_tcp_stream_set_ttl(closed, 64);
}

static ptrdiff_t set_its_linger(rdy_tcp_stream *closed)
{
    return rdy_tcp_stream_set_linger(closed, 1);
}

static ptrdiff_t set_its_send_buffer(rdy_tcp_stream *closed)
{
    return rdy_tcp_stream_set_send_buffer_size(closed, 8192);
}

static ptrdiff_t set_its_receive_buffer(rdy_tcp_stream *closed)
{
    return rdy_tcp_stream_set_receive_buffer_size(closed, 8192);
}

static ptrdiff_t (*const functions[])(rdy_tcp_stream *) = {
    read_it,
    readv_it,
    peek_it,
    write_it,
    writev_it,
    shut_it_down,
    finish_it,
    give_it_away,
    take_its_error,
    set_its_nodelay,
    set_its_keepalive,
    set_its_hops,
    set_its_linger,
    set_its_send_buffer,
    set_its_receive_buffer,
};

START_TEST(a_closed_and_a_zeroed_stream_are_ebadf)
{
    rdy_tcp_stream zeroed;
    memset(&zeroed, 0, sizeof zeroed);
    rdy_tcp_stream_close(stream);
    for (int i = 0; i < COUNT(functions); i++) {
        ck_assert_msg(functions[i](stream) == -EBADF, "row %d", i);
        ck_assert_msg(functions[i](&zeroed) == -EBADF, "row %d", i);
    }
    ck_assert_int_eq(rdy_source_fd(&stream->source), -1);
    rdy_tcp_stream_close(stream);
    rdy_tcp_stream_close(&zeroed);
    rdy_tcp_stream_close(NULL);
}
END_TEST

START_TEST(what_is_asked_of_a_closed_stream_leaves_the_answer_untouched)
{
    const rdy_tcp_stream closed = {0};
    rdy_tcp_keepalive keepalive = {.on = true, .probes = 7};
    rdy_address address = address_of("1.2.3.4:5");
    const rdy_address before = address;
    bool nodelay = true;
    int number = 7;
    ck_assert_int_eq(rdy_tcp_stream_nodelay(&closed, &nodelay), -EBADF);
    ck_assert_int_eq(rdy_tcp_stream_keepalive(&closed, &keepalive), -EBADF);
    ck_assert_int_eq(rdy_tcp_stream_ttl(&closed, &number), -EBADF);
    ck_assert_int_eq(rdy_tcp_stream_linger(&closed, &number), -EBADF);
    ck_assert_int_eq(rdy_tcp_stream_send_buffer_size(&closed, &number), -EBADF);
    ck_assert_int_eq(rdy_tcp_stream_receive_buffer_size(&closed, &number), -EBADF);
    ck_assert_int_eq(rdy_tcp_stream_local_address(&closed, &address), -EBADF);
    ck_assert_int_eq(rdy_tcp_stream_peer_address(&closed, &address), -EBADF);
    ck_assert(nodelay && keepalive.on);
    ck_assert_int_eq(keepalive.probes, 7);
    ck_assert_int_eq(number, 7);
    ck_assert_mem_eq(&address, &before, sizeof address);
}
END_TEST

int main(void)
{
    Suite *suite = contract_suite("tcp_options");
    TCase *options = contract_case(suite, "options"), *closed = contract_case(suite, "closed");
    tcase_add_checked_fixture(options, open_it, close_it);
    tcase_add_checked_fixture(closed, open_it, close_it);

    tcase_add_test(options, nodelay_is_off_until_it_is_asked_for);
    tcase_add_test(options, keepalive_is_off_until_it_is_asked_for);
    tcase_add_test(options, a_0_leaves_the_systems_value);
    tcase_add_test(options, a_keepalive_out_of_range_is_einval);
    tcase_add_loop_test(options, hops_are_set_for_both_versions_of_ip, 0, has_ipv6() ? 2 : 1);
    tcase_add_test(options, linger_is_off_until_it_is_asked_for);
    if (!socket_errors_are_eaten())
        tcase_add_test(options, a_linger_of_0_makes_close_a_reset);
    tcase_add_loop_test(options, buffers_are_at_least_as_large_as_asked, 0, 2);

    tcase_add_test(closed, a_closed_and_a_zeroed_stream_are_ebadf);
    tcase_add_test(closed, what_is_asked_of_a_closed_stream_leaves_the_answer_untouched);
    return run_suite(suite);
}
