/* The options of UDP sockets. What is multicast here leaves by the loopback interface, or does not leave the machine. */

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/net/datagrams.h"

#define TOKEN ((rdy_token)7)

static const uint8_t loopback[4] = {127, 0, 0, 1};
static uint8_t group_v4[4] = {239};         /* of the administrator's own (RFC 2365) */
static uint8_t group_v6[16] = {0xff, 0x01}; /* of one interface (RFC 4291, 2.7) */
static const char *const hosts[] = {"127.0.0.1:0", "[::1]:0"};

static rdy_udp_socket member, other, sender;

/* Who is in no group still gets what comes to one that somebody else is in (IP_MULTICAST_ALL): to each its own. */
static void choose_groups(void)
{
    const unsigned number = (unsigned)getpid();
    for (unsigned i = 0; i < 3; i++) {
        group_v4[3 - i] = (uint8_t)(number >> 8 * i);
        group_v6[15 - i] = (uint8_t)(number >> 8 * i);
    }
}

static void close_all(void)
{
    rdy_udp_socket_close(&member);
    rdy_udp_socket_close(&other);
    rdy_udp_socket_close(&sender);
}

/* ---- plain values ---- */

START_TEST(broadcast_is_off_until_it_is_asked_for)
{
    static const bool asked[] = {true, false};
    bool broadcast = true;
    sender = bind_udp(hosts[0], NULL);
    member = bind_udp("0.0.0.0:0", NULL);
    const rdy_address address = address_of_udp(&member);
    const rdy_address everybody = same_port("127.255.255.255:0", &address);
    ck_assert_int_eq(rdy_udp_socket_broadcast(&sender, &broadcast), 0);
    ck_assert(!broadcast);
    ck_assert_int_eq(rdy_udp_socket_send_to(&sender, "x", 1, &everybody), -EACCES);
    for (int i = 0; i < COUNT(asked); i++) {
        ck_assert_int_eq(rdy_udp_socket_set_broadcast(&sender, asked[i]), 0);
        ck_assert_int_eq(rdy_udp_socket_broadcast(&sender, &broadcast), 0);
        ck_assert_int_eq(broadcast, asked[i]);
        ck_assert_int_eq(rdy_udp_socket_send_to(&sender, "x", 1, &everybody), asked[i] ? 1 : -EACCES);
    }
    expect_text(&member.source, "x");
}
END_TEST

/* What all options that hold a number promise. */
struct number {
    const char *host;
    int (*set)(rdy_udp_socket *, int);
    int (*get)(const rdy_udp_socket *, int *);
    int least;
};

static const struct number numbers[] = {
    {"127.0.0.1:0", rdy_udp_socket_set_ttl, rdy_udp_socket_ttl, 1},
    {"127.0.0.1:0", rdy_udp_socket_set_multicast_ttl_v4, rdy_udp_socket_multicast_ttl_v4, 0},
    {"[::1]:0", rdy_udp_socket_set_ttl, rdy_udp_socket_ttl, 1},
    {"[::1]:0", rdy_udp_socket_set_multicast_hops_v6, rdy_udp_socket_multicast_hops_v6, 0},
};

START_TEST(hops_are_those_that_were_asked_for)
{
    const struct number *number = &numbers[_i];
    const int right[] = {number->least, 64, 255}, wrong[] = {number->least - 1, 256};
    int found = -7;
    ck_assert_int_eq(number->set(&sender, 64), -EBADF);
    ck_assert_int_eq(number->get(&sender, &found), -EBADF);
    ck_assert_int_eq(found, -7);
    sender = bind_udp(number->host, NULL);
    for (int i = 0; i < COUNT(right); i++) {
        ck_assert_int_eq(number->set(&sender, right[i]), 0);
        for (int j = 0; j < COUNT(wrong); j++)
            ck_assert_int_eq(number->set(&sender, wrong[j]), -EINVAL);
        ck_assert_int_eq(number->get(&sender, &found), 0);
        ck_assert_int_eq(found, right[i]);
    }
}
END_TEST

static const struct {
    const char *host;
    int (*set)(rdy_udp_socket *, bool);
    int (*get)(const rdy_udp_socket *, bool *);
} loops[] = {
    {"127.0.0.1:0", rdy_udp_socket_set_multicast_loop_v4, rdy_udp_socket_multicast_loop_v4},
    {"[::1]:0", rdy_udp_socket_set_multicast_loop_v6, rdy_udp_socket_multicast_loop_v6},
};

START_TEST(multicast_loops_until_it_is_told_not_to)
{
    static const bool asked[] = {false, true};
    bool loop = false;
    ck_assert_int_eq(loops[_i].set(&sender, true), -EBADF);
    ck_assert_int_eq(loops[_i].get(&sender, &loop), -EBADF);
    sender = bind_udp(loops[_i].host, NULL);
    ck_assert_int_eq(loops[_i].get(&sender, &loop), 0);
    ck_assert(loop);
    for (int i = 0; i < COUNT(asked); i++) {
        ck_assert_int_eq(loops[_i].set(&sender, asked[i]), 0);
        ck_assert_int_eq(loops[_i].get(&sender, &loop), 0);
        ck_assert_int_eq(loop, asked[i]);
    }
}
END_TEST

START_TEST(a_v6_socket_says_whether_it_is_one_of_v6_alone)
{
    const rdy_udp_socket_options mapped = {.v4_mapped = true};
    bool only_v6 = false;
    ck_assert_int_eq(rdy_udp_socket_only_v6(&member, &only_v6), -EBADF);
    member = bind_udp("[::1]:0", NULL);
    ck_assert_int_eq(rdy_udp_socket_only_v6(&member, &only_v6), 0);
    ck_assert(only_v6);
    other = bind_udp("[::]:0", &mapped);
    ck_assert_int_eq(rdy_udp_socket_only_v6(&other, &only_v6), 0);
    ck_assert(!only_v6);
    only_v6 = true;
    sender = bind_udp(hosts[0], NULL);
    ck_assert_int_lt(rdy_udp_socket_only_v6(&sender, &only_v6), 0);
    ck_assert(only_v6);
}
END_TEST

START_TEST(an_error_is_taken_once)
{
    sender = connect_to_nobody();
    ck_assert_int_eq(rdy_udp_socket_take_error(&sender), 0);
    send_text(&sender.source, "x", NULL);
    await_readable(&sender.source);
    ck_assert_int_eq(rdy_udp_socket_take_error(&sender), -ECONNREFUSED);
    ck_assert_int_eq(rdy_udp_socket_take_error(&sender), 0);
}
END_TEST

/* ---- multicast over IPv4 ---- */

START_TEST(members_of_a_v4_group_get_what_is_sent_to_it)
{
    static const rdy_udp_socket_options shared = {.reuse_address = true};
    uint8_t used[4];
    const rdy_address any_port = rdy_address_ipv4(group_v4, 0);
    ck_assert_int_eq(rdy_udp_socket_bind(&any_port, &shared, &member), 0);
    const rdy_address group = address_of_udp(&member);
    ck_assert_int_eq(rdy_udp_socket_bind(&group, &shared, &other), 0);
    ck_assert_int_eq(rdy_udp_socket_join_multicast_v4(&member, group_v4, loopback), 0);
    ck_assert_int_eq(rdy_udp_socket_join_multicast_v4(&other, group_v4, loopback), 0);
    sender = bind_udp(hosts[0], NULL);
    ck_assert_int_eq(rdy_udp_socket_set_multicast_interface_v4(&sender, loopback), 0);
    ck_assert_int_eq(rdy_udp_socket_multicast_interface_v4(&sender, used), 0);
    ck_assert_mem_eq(used, loopback, sizeof used);

    watch(&member.source, TOKEN, RDY_READABLE);
    send_text(&sender.source, "all", &group);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    ck_assert_int_eq(rdy_source_deregister(&member.source), 0);
    expect_text(&member.source, "all");
    expect_text(&other.source, "all");

    ck_assert_int_eq(rdy_udp_socket_leave_multicast_v4(&member, group_v4, loopback), 0);
    ck_assert_int_eq(rdy_udp_socket_leave_multicast_v4(&other, group_v4, loopback), 0);
    send_text(&sender.source, "none", &group);
    watch(&member.source, TOKEN, RDY_READABLE);
    expect_silence();
    expect_nothing(&other.source);
}
END_TEST

START_TEST(a_group_is_joined_once_and_left_once)
{
    static const uint8_t no_group[4] = {127, 0, 0, 1}, no_interface[4] = {192, 0, 2, 77};
    member = bind_udp("0.0.0.0:0", NULL);
    ck_assert_int_eq(rdy_udp_socket_leave_multicast_v4(&member, group_v4, loopback), -EADDRNOTAVAIL);
    ck_assert_int_eq(rdy_udp_socket_join_multicast_v4(&member, no_group, loopback), -EINVAL);
    ck_assert_int_eq(rdy_udp_socket_join_multicast_v4(&member, group_v4, no_interface), -ENODEV);
    ck_assert_int_eq(rdy_udp_socket_join_multicast_v4(&member, group_v4, loopback), 0);
    ck_assert_int_eq(rdy_udp_socket_join_multicast_v4(&member, group_v4, loopback), -EADDRINUSE);
    ck_assert_int_eq(rdy_udp_socket_leave_multicast_v4(&member, group_v4, loopback), 0);
    ck_assert_int_eq(rdy_udp_socket_leave_multicast_v4(&member, group_v4, loopback), -EADDRNOTAVAIL);
}
END_TEST

START_TEST(the_interface_for_v4_groups_goes_back_to_the_systems_choice)
{
    static const uint8_t none[4] = {0}, no_interface[4] = {192, 0, 2, 77};
    uint8_t used[4] = {9, 9, 9, 9};
    ck_assert_int_eq(rdy_udp_socket_multicast_interface_v4(&sender, used), -EBADF);
    ck_assert_uint_eq(used[0], 9);
    sender = bind_udp(hosts[0], NULL);
    ck_assert_int_eq(rdy_udp_socket_set_multicast_interface_v4(&sender, no_interface), -EADDRNOTAVAIL);
    ck_assert_int_eq(rdy_udp_socket_set_multicast_interface_v4(&sender, loopback), 0);
    ck_assert_int_eq(rdy_udp_socket_set_multicast_interface_v4(&sender, NULL), 0);
    ck_assert_int_eq(rdy_udp_socket_multicast_interface_v4(&sender, used), 0);
    ck_assert_mem_eq(used, none, sizeof used);
}
END_TEST

/* ---- multicast over IPv6 ---- */

static bool takes_groups(unsigned index)
{
    const rdy_address group = rdy_address_ipv6(group_v6, 9);
    rdy_address any;
    rdy_udp_socket socket;
    if (rdy_address_parse("[::]:0", &any) != 0 || rdy_udp_socket_bind(&any, NULL, &socket) != 0)
        return false;
    const bool works = rdy_udp_socket_set_multicast_loop_v6(&socket, false) == 0 &&
                       rdy_udp_socket_set_multicast_interface_v6(&socket, index) == 0 &&
                       rdy_udp_socket_send_to(&socket, NULL, 0, &group) == 0;
    rdy_udp_socket_close(&socket);
    return works;
}

static bool is_loopback(const struct ifaddrs *one)
{
    return (one->ifa_flags & IFF_LOOPBACK) != 0;
}

static bool is_up_and_takes_groups(const struct ifaddrs *one)
{
    return (one->ifa_flags & IFF_UP) != 0 && takes_groups(if_nametoindex(one->ifa_name));
}

/* The index of the first interface that is so; 0 if there is none. */
static unsigned first_interface(bool (*is_right)(const struct ifaddrs *))
{
    struct ifaddrs *all;
    unsigned found = 0;
    if (getifaddrs(&all) != 0)
        return 0;
    for (const struct ifaddrs *one = all; one != NULL && found == 0; one = one->ifa_next)
        if (is_right(one))
            found = if_nametoindex(one->ifa_name);
    freeifaddrs(all);
    return found;
}

/*
 * Linux has no route for groups on its loopback interface. Any other will do, for a group of one interface does not
 * leave the machine by it.
 */
START_TEST(members_of_a_v6_group_get_what_is_sent_to_it)
{
    const unsigned index = first_interface(is_up_and_takes_groups);
    unsigned used = 0;
    member = bind_udp("[::]:0", NULL);
    sender = bind_udp("[::]:0", NULL);
    const rdy_address address = address_of_udp(&member);
    const rdy_address group = rdy_address_ipv6(group_v6, rdy_address_port(&address));
    ck_assert_int_eq(rdy_udp_socket_join_multicast_v6(&member, group_v6, index), 0);
    ck_assert_int_eq(rdy_udp_socket_set_multicast_interface_v6(&sender, index), 0);
    ck_assert_int_eq(rdy_udp_socket_multicast_interface_v6(&sender, &used), 0);
    ck_assert_uint_eq(used, index);
    watch(&member.source, TOKEN, RDY_READABLE);
    send_text(&sender.source, "all", &group);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    expect_text(&member.source, "all");
    expect_nothing(&member.source);

    ck_assert_int_eq(rdy_udp_socket_leave_multicast_v6(&member, group_v6, index), 0);
    send_text(&sender.source, "none", &group);
    expect_silence();
    expect_nothing(&member.source);
}
END_TEST

START_TEST(a_v6_group_is_joined_once_and_left_once)
{
    static const uint8_t no_group[16] = {[15] = 1};
    const unsigned index = first_interface(is_loopback);
    member = bind_udp("[::]:0", NULL);
    ck_assert_int_eq(rdy_udp_socket_leave_multicast_v6(&member, group_v6, index), -EADDRNOTAVAIL);
    ck_assert_int_eq(rdy_udp_socket_join_multicast_v6(&member, no_group, index), -EINVAL);
    ck_assert_int_eq(rdy_udp_socket_join_multicast_v6(&member, group_v6, 0x7fffffff), -ENODEV);
    ck_assert_int_eq(rdy_udp_socket_join_multicast_v6(&member, group_v6, index), 0);
    ck_assert_int_eq(rdy_udp_socket_join_multicast_v6(&member, group_v6, index), -EADDRINUSE);
    ck_assert_int_eq(rdy_udp_socket_leave_multicast_v6(&member, group_v6, index), 0);
    ck_assert_int_eq(rdy_udp_socket_leave_multicast_v6(&member, group_v6, index), -EADDRNOTAVAIL);
}
END_TEST

START_TEST(a_closed_socket_joins_nothing)
{
    unsigned index = 9;
    ck_assert_int_eq(rdy_udp_socket_join_multicast_v4(&member, group_v4, loopback), -EBADF);
    ck_assert_int_eq(rdy_udp_socket_leave_multicast_v4(&member, group_v4, NULL), -EBADF);
    ck_assert_int_eq(rdy_udp_socket_join_multicast_v6(&member, group_v6, 1), -EBADF);
    ck_assert_int_eq(rdy_udp_socket_leave_multicast_v6(&member, group_v6, 0), -EBADF);
    ck_assert_int_eq(rdy_udp_socket_set_multicast_interface_v4(&member, loopback), -EBADF);
    ck_assert_int_eq(rdy_udp_socket_set_multicast_interface_v6(&member, 1), -EBADF);
    ck_assert_int_eq(rdy_udp_socket_multicast_interface_v6(&member, &index), -EBADF);
    ck_assert_uint_eq(index, 9);
    ck_assert_int_eq(rdy_udp_socket_set_broadcast(&member, true), -EBADF);
}
END_TEST

static TCase *closing_case(Suite *suite, const char *name)
{
    TCase *tests = contract_case(suite, name);
    tcase_add_checked_fixture(tests, choose_groups, close_all);
    return tests;
}

int main(void)
{
    Suite *suite = contract_suite("udp_options");
    TCase *values = closing_case(suite, "values"), *v4 = closing_case(suite, "multicast over IPv4"),
          *v6 = closing_case(suite, "multicast over IPv6"), *closed = closing_case(suite, "closed");
    const bool ipv6 = has_ipv6();

    tcase_add_test(values, broadcast_is_off_until_it_is_asked_for);
    tcase_add_loop_test(values, hops_are_those_that_were_asked_for, 0, ipv6 ? 4 : 2);
    tcase_add_loop_test(values, multicast_loops_until_it_is_told_not_to, 0, ipv6 ? 2 : 1);
    if (!socket_errors_are_eaten())
        tcase_add_test(values, an_error_is_taken_once);

    tcase_set_tags(v4, WITHOUT_EMULATOR); /* qemu-user 7.2 knows no IP_MULTICAST_IF */
    tcase_set_tags(closed, WITHOUT_EMULATOR);
    tcase_add_test(closed, a_closed_socket_joins_nothing);
    tcase_add_test(v4, members_of_a_v4_group_get_what_is_sent_to_it);
    tcase_add_test(v4, a_group_is_joined_once_and_left_once);
    tcase_add_test(v4, the_interface_for_v4_groups_goes_back_to_the_systems_choice);

    if (ipv6) {
        tcase_add_test(values, a_v6_socket_says_whether_it_is_one_of_v6_alone);
        tcase_add_test(v6, a_v6_group_is_joined_once_and_left_once);
    }
    if (ipv6 && first_interface(is_up_and_takes_groups) != 0)
        tcase_add_test(v6, members_of_a_v6_group_get_what_is_sent_to_it);
    else
        puts("no interface here takes IPv6 datagrams to groups: one test is left out");
    return run_suite(suite);
}
