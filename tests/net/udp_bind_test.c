/* What sockets ask for when they are bound. */

#include <errno.h>
#include <stdio.h>

#include "tests/net/datagrams.h"

#define ANY_V4 "127.0.0.1:0"

static const char *const hosts[] = {ANY_V4, "[::1]:0"};

static rdy_udp_socket one, two, three;

static void close_all(void)
{
    rdy_udp_socket_close(&one);
    rdy_udp_socket_close(&two);
    rdy_udp_socket_close(&three);
}

static int bind_two(const rdy_address *address, const rdy_udp_socket_options *options)
{
    return rdy_udp_socket_bind(address, options, &two);
}

START_TEST(port_0_takes_a_free_one_and_the_local_address_names_it)
{
    const rdy_address asked = address_of(hosts[_i]);
    one = bind_udp(hosts[_i], NULL);
    rdy_address address = address_of_udp(&one);
    ck_assert(is_well_born(rdy_source_fd(&one.source)));
    ck_assert_uint_ne(rdy_address_port(&address), 0);
    ck_assert_int_eq(rdy_address_set_port(&address, 0), 0);
    ck_assert_int_eq(rdy_address_compare(&address, &asked), 0);
}
END_TEST

START_TEST(what_cannot_be_bound_says_why_and_leaves_the_socket_untouched)
{
    static const struct {
        const char *address;
        int error;
    } rows[] = {
        {"192.0.2.77:0", -EADDRNOTAVAIL}, /* TEST-NET-1 (RFC 5737) */
        {"unix:/nowhere", -EAFNOSUPPORT},
    };
    const rdy_address address = address_of(rows[_i].address), none = {.length = 0};
    ck_assert_int_eq(bind_two(&address, NULL), rows[_i].error);
    ck_assert_int_eq(bind_two(&none, NULL), -EAFNOSUPPORT);
    ck_assert_int_eq(rdy_source_fd(&two.source), -1);
}
END_TEST

START_TEST(a_port_is_shared_only_if_all_ask_for_it)
{
    static const rdy_udp_socket_options ways[] = {
        {.reuse_address = true}, {.reuse_port = true}, {.reuse_port_lb = true}};
    one = bind_udp(ANY_V4, NULL);
    rdy_address address = address_of_udp(&one);
    ck_assert_int_eq(bind_two(&address, NULL), -EADDRINUSE);
    ck_assert_int_eq(bind_two(&address, &ways[_i]), -EADDRINUSE);
    ck_assert_int_eq(rdy_source_fd(&two.source), -1);
    rdy_udp_socket_close(&one);

    one = bind_udp(ANY_V4, &ways[_i]);
    address = address_of_udp(&one);
    ck_assert_int_eq(bind_two(&address, NULL), -EADDRINUSE);
    ck_assert_int_eq(bind_two(&address, &ways[_i]), 0);
}
END_TEST

static int drain_datagrams(rdy_udp_socket *socket)
{
    char byte;
    int count = 0;
    while (rdy_udp_socket_recv(socket, &byte, 1) >= 0)
        count++;
    return count;
}

/* Of 100 senders with ports of their own, that all meet the same of two sockets is beyond belief. */
START_TEST(reuse_port_lb_spreads_the_senders)
{
    enum { SENDERS = 100 };
    const rdy_udp_socket_options options = {.reuse_port_lb = true};
    int seen[2] = {0, 0};
    one = bind_udp(ANY_V4, &options);
    const rdy_address address = address_of_udp(&one);
    ck_assert_int_eq(bind_two(&address, &options), 0);
    watch(&one.source, 0, RDY_READABLE);
    watch(&two.source, 1, RDY_READABLE);
    for (int i = 0; i < SENDERS; i++) {
        three = bind_udp(ANY_V4, NULL);
        send_text(&three.source, "x", &address);
        rdy_udp_socket_close(&three);
    }
    while (seen[0] + seen[1] < SENDERS) {
        ck_assert_int_gt(rdy_poll_wait(subject.poll, &subject.events, GENEROUS), 0);
        seen[0] += drain_datagrams(&one);
        seen[1] += drain_datagrams(&two);
    }
    ck_assert_int_gt(seen[0], 0);
    ck_assert_int_gt(seen[1], 0);
    ck_assert_int_eq(seen[0] + seen[1], SENDERS);
}
END_TEST

/* Another program may happen to have the port that was free for IPv6: then another one is tried. */
START_TEST(a_v6_socket_leaves_the_port_of_v4_free)
{
    int error = -EADDRINUSE;
    for (int tries = 0; error == -EADDRINUSE && tries < 20; tries++) {
        rdy_udp_socket_close(&one);
        one = bind_udp("[::]:0", NULL);
        const rdy_address address = address_of_udp(&one), v4 = same_port("0.0.0.0:0", &address);
        error = bind_two(&v4, NULL);
    }
    ck_assert_int_eq(error, 0);
}
END_TEST

START_TEST(a_v4_mapped_socket_takes_both)
{
    const rdy_udp_socket_options options = {.v4_mapped = true};
    char byte, text[RDY_ADDRESS_TEXT_MAX], expected[RDY_ADDRESS_TEXT_MAX];
    rdy_address from;
    one = bind_udp("[::]:0", &options);
    two = bind_udp(ANY_V4, NULL);
    three = bind_udp("[::1]:0", NULL);
    const rdy_address address = address_of_udp(&one), sender = address_of_udp(&two);
    const rdy_address v4 = same_port(ANY_V4, &address), v6 = same_port("[::1]:0", &address);
    send_text(&two.source, "4", &v4);
    await_readable(&one.source);
    ck_assert_int_eq(rdy_udp_socket_recv_from(&one, &byte, 1, &from), 1);
    rdy_address_print(&from, text, sizeof text);
    snprintf(expected, sizeof expected, "[::ffff:127.0.0.1]:%u", rdy_address_port(&sender));
    ck_assert_str_eq(text, expected);
    send_text(&three.source, "6", &v6);
    expect_text(&one.source, "6");
}
END_TEST

int main(void)
{
    Suite *suite = contract_suite("udp_bind");
    TCase *binding = contract_case(suite, "binding");
    const int families = has_ipv6() ? 2 : 1;
    tcase_add_checked_fixture(binding, NULL, close_all);

    tcase_add_loop_test(binding, port_0_takes_a_free_one_and_the_local_address_names_it, 0, families);
    tcase_add_loop_test(binding, what_cannot_be_bound_says_why_and_leaves_the_socket_untouched, 0, 2);
    tcase_add_loop_test(binding, a_port_is_shared_only_if_all_ask_for_it, 0, 3);
    tcase_add_test(binding, reuse_port_lb_spreads_the_senders);
    if (has_ipv6()) {
        tcase_add_test(binding, a_v6_socket_leaves_the_port_of_v4_free);
        tcase_add_test(binding, a_v4_mapped_socket_takes_both);
    }
    return run_suite(suite);
}
