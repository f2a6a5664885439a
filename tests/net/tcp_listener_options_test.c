#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>

#include "tests/net/connections.h"

#define ANY_V4 "127.0.0.1:0"

static rdy_tcp_listener listener, other;
static struct connection connection;

static void close_all(void)
{
    close_connection(&connection);
    rdy_tcp_listener_close(&listener);
    rdy_tcp_listener_close(&other);
}

static int bind_other(const rdy_address *address, const rdy_tcp_listener_options *options)
{
    return rdy_tcp_listener_bind(address, options, &other);
}

/* The end that closes first keeps the address in TIME_WAIT. */
static rdy_address leave_time_wait(void)
{
    char byte;
    listener = listen_on(ANY_V4, NULL);
    const rdy_address address = address_of_listener(&listener);
    connection = connect_to(&listener);
    rdy_tcp_stream_close(&connection.server);
    ck_assert_int_eq(read_when_ready(&connection.client.source, &byte, 1), 0);
    close_connection(&connection);
    rdy_tcp_listener_close(&listener);
    return address;
}

START_TEST(a_restart_need_not_wait_for_old_connections)
{
    const rdy_address address = leave_time_wait();
    ck_assert_int_eq(bind_other(&address, NULL), 0);
}
END_TEST

START_TEST(a_restart_that_keeps_the_address_waits_for_old_connections)
{
    const rdy_tcp_listener_options options = {.no_reuse_address = true};
    const rdy_address address = leave_time_wait();
    ck_assert_int_eq(bind_other(&address, &options), -EADDRINUSE);
}
END_TEST

START_TEST(an_address_has_one_listener)
{
    const rdy_tcp_listener_options reuse_port = {.reuse_port = true}, spread = {.reuse_port_lb = true};
    listener = listen_on(ANY_V4, NULL);
    const rdy_address address = address_of_listener(&listener);
    ck_assert_int_eq(bind_other(&address, NULL), -EADDRINUSE);
    ck_assert_int_eq(bind_other(&address, &reuse_port), -EADDRINUSE);
    ck_assert_int_eq(bind_other(&address, &spread), -EADDRINUSE);
    ck_assert_int_eq(rdy_source_fd(&other.source), -1);
}
END_TEST

/* From ports that differ: two listeners that share fairly, and one that gets none, are 2^-63 apart. */
START_TEST(several_listeners_share_a_port_that_all_of_them_reuse)
{
    enum { CLIENTS = 64 };
    const rdy_tcp_listener_options options = {.reuse_port = _i == 0, .reuse_port_lb = _i == 1};
    rdy_tcp_stream clients[CLIENTS], server;
    int accepted[3] = {0};
    listener = listen_on(ANY_V4, &options);
    const rdy_address address = address_of_listener(&listener);
    ck_assert_int_eq(bind_other(&address, &options), 0);
    for (int i = 0; i < CLIENTS; i++)
        clients[i] = connect_client(&address);
    watch(&listener.source, 1, RDY_READABLE | RDY_LEVEL);
    watch(&other.source, 2, RDY_READABLE | RDY_LEVEL);
    for (int i = 0; i < CLIENTS; i++) {
        ck_assert_int_gt(rdy_poll_wait(subject.poll, &subject.events, GENEROUS), 0);
        const rdy_token token = subject.events.items[0].token;
        ck_assert_int_eq(rdy_tcp_listener_accept(token == 1 ? &listener : &other, &server, NULL), 0);
        accepted[token]++;
        rdy_tcp_stream_close(&server);
        rdy_tcp_stream_close(&clients[i]);
    }
    expect_silence();
    ck_assert(!options.reuse_port_lb || (accepted[1] > 0 && accepted[2] > 0));
}
END_TEST

/* Another program may happen to have the port that was free for IPv6: then another one is tried. */
START_TEST(a_v6_listener_leaves_the_port_of_v4_free)
{
    char text[RDY_ADDRESS_TEXT_MAX];
    int error = -EADDRINUSE;
    for (int tries = 0; error == -EADDRINUSE && tries < 20; tries++) {
        rdy_tcp_listener_close(&listener);
        listener = listen_on("[::]:0", NULL);
        const rdy_address address = address_of_listener(&listener);
        snprintf(text, sizeof text, "0.0.0.0:%u", rdy_address_port(&address));
        const rdy_address same_port = address_of(text);
        error = bind_other(&same_port, NULL);
    }
    ck_assert_int_eq(error, 0);
}
END_TEST

START_TEST(a_v4_mapped_listener_takes_both)
{
    const rdy_tcp_listener_options options = {.v4_mapped = true};
    char text[RDY_ADDRESS_TEXT_MAX], expected[RDY_ADDRESS_TEXT_MAX];
    listener = listen_on("[::]:0", &options);
    rdy_address address = address_of_listener(&listener), local, peer;
    const uint16_t port = rdy_address_port(&address);

    address = address_of("127.0.0.1:0");
    ck_assert_int_eq(rdy_address_set_port(&address, port), 0);
    connection.client = connect_client(&address);
    await_readable(&listener.source);
    ck_assert_int_eq(rdy_tcp_listener_accept(&listener, &connection.server, &peer), 0);
    ck_assert_int_eq(rdy_tcp_stream_local_address(&connection.client, &local), 0);
    rdy_address_print(&peer, text, sizeof text);
    snprintf(expected, sizeof expected, "[::ffff:127.0.0.1]:%u", rdy_address_port(&local));
    ck_assert_str_eq(text, expected);
    close_connection(&connection);

    address = address_of("[::1]:0");
    ck_assert_int_eq(rdy_address_set_port(&address, port), 0);
    connection.client = connect_client(&address);
    connection.server = accept_server(&listener);
}
END_TEST

START_TEST(accepted_streams_inherit_nodelay)
{
    const rdy_tcp_listener_options options = {.nodelay = _i != 0};
    bool nodelay;
    listener = listen_on(ANY_V4, &options);
    connection = connect_to(&listener);
    ck_assert_int_eq(rdy_tcp_stream_nodelay(&connection.server, &nodelay), 0);
    ck_assert_int_eq(nodelay, _i);
}
END_TEST

#ifdef __linux__
/* tcp(7): of a socket that listens, TCP_INFO tells the length of the queue here. */
static unsigned backlog_of(const rdy_tcp_listener *queue)
{
    struct tcp_info info;
    socklen_t length = sizeof info;
    const int fd = rdy_source_fd(&queue->source);
    ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length), 0);
    return info.tcpi_sacked;
}

START_TEST(the_backlog_is_what_was_asked_for_and_4096_by_default)
{
    const rdy_tcp_listener_options options = {.backlog = 3};
    unsigned limit = 0;
    FILE *file = fopen("/proc/sys/net/core/somaxconn", "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fscanf(file, "%u", &limit), 1);
    fclose(file);
    listener = listen_on(ANY_V4, &options);
    ck_assert_uint_eq(backlog_of(&listener), 3);
    other = listen_on(ANY_V4, NULL);
    ck_assert_uint_eq(backlog_of(&other), limit < 4096 ? limit : 4096);
}
END_TEST
#endif

START_TEST(what_cannot_be_bound_says_why_and_leaves_the_listener_untouched)
{
    static const struct {
        const char *address;
        int backlog;
        int error;
    } rows[] = {
        {ANY_V4, -1, -EINVAL},
        {"192.0.2.1:0", 0, -EADDRNOTAVAIL}, /* TEST-NET-1 is nobody's (RFC 5737) */
        {"unix:/nowhere", 0, -EAFNOSUPPORT},
    };
    const rdy_tcp_listener_options options = {.backlog = rows[_i].backlog};
    const rdy_address address = address_of(rows[_i].address);
    ck_assert_int_eq(bind_other(&address, &options), rows[_i].error);
    ck_assert_int_eq(rdy_source_fd(&other.source), -1);
}
END_TEST

static const char *const hosts[] = {"127.0.0.1:0", "[::1]:0"};

START_TEST(port_0_takes_a_free_one_and_the_local_address_names_it)
{
    listener = listen_on(hosts[_i], NULL);
    rdy_address address = address_of_listener(&listener);
    const rdy_address asked = address_of(hosts[_i]);
    ck_assert_uint_ne(rdy_address_port(&address), 0);
    ck_assert_int_eq(rdy_address_set_port(&address, 0), 0);
    ck_assert_int_eq(rdy_address_compare(&address, &asked), 0);
}
END_TEST

START_TEST(the_hops_of_a_listener_can_be_set)
{
    int ttl;
    listener = listen_on(hosts[_i], NULL);
    ck_assert_int_eq(rdy_tcp_listener_set_ttl(&listener, 7), 0);
    ck_assert_int_eq(rdy_tcp_listener_ttl(&listener, &ttl), 0);
    ck_assert_int_eq(ttl, 7);
    ck_assert_int_eq(rdy_tcp_listener_set_ttl(&listener, 0), -EINVAL);
    ck_assert_int_eq(rdy_tcp_listener_set_ttl(&listener, 256), -EINVAL);
    ck_assert_int_eq(rdy_tcp_listener_take_error(&listener), 0);
}
END_TEST

static TCase *closing_case(Suite *suite, const char *name)
{
    TCase *tests = contract_case(suite, name);
    tcase_add_checked_fixture(tests, NULL, close_all);
    return tests;
}

int main(void)
{
    Suite *suite = contract_suite("tcp_listener_options");
    TCase *options = closing_case(suite, "options"), *queue = closing_case(suite, "queue");
    const int families = has_ipv6() ? 2 : 1;

    tcase_add_test(options, a_restart_need_not_wait_for_old_connections);
    tcase_add_test(options, a_restart_that_keeps_the_address_waits_for_old_connections);
    tcase_add_test(options, an_address_has_one_listener);
    tcase_add_loop_test(options, several_listeners_share_a_port_that_all_of_them_reuse, 0, 2);
    tcase_add_loop_test(options, accepted_streams_inherit_nodelay, 0, 2);
#ifdef __linux__
    tcase_set_tags(queue, WITHOUT_EMULATOR); /* TCP_INFO of qemu-user 7.2 is one int long */
    tcase_add_test(queue, the_backlog_is_what_was_asked_for_and_4096_by_default);
#endif
    tcase_add_loop_test(options, what_cannot_be_bound_says_why_and_leaves_the_listener_untouched, 0, 3);
    tcase_add_loop_test(options, port_0_takes_a_free_one_and_the_local_address_names_it, 0, families);
    tcase_add_loop_test(options, the_hops_of_a_listener_can_be_set, 0, families);
    if (has_ipv6()) {
        tcase_add_test(options, a_v6_listener_leaves_the_port_of_v4_free);
        tcase_add_test(options, a_v4_mapped_listener_takes_both);
    }
    return run_suite(suite);
}
