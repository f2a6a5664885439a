#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/net/datagrams.h"

#define ANY_V4 "127.0.0.1:0"
#define TOKEN  ((rdy_token)7)
#define BOTH   (RDY_READABLE | RDY_WRITABLE)

static const char *const hosts[] = {ANY_V4, "[::1]:0"};

static rdy_udp_socket one, two, three;
static struct udp_pair pair;

static void close_all(void)
{
    close_connected_udp(&pair);
    rdy_udp_socket_close(&one);
    rdy_udp_socket_close(&two);
    rdy_udp_socket_close(&three);
}

static void open_pair(void)
{
    pair = open_connected_udp(ANY_V4);
}

static int bind_two(const rdy_address *address, const rdy_udp_socket_options *options)
{
    return rdy_udp_socket_bind(address, options, &two);
}

/* ---- moving ---- */

START_TEST(a_datagram_comes_whole_and_with_its_sender)
{
    char bytes[8];
    rdy_address from;
    one = bind_udp(hosts[_i], NULL);
    two = bind_udp(hosts[_i], NULL);
    const rdy_address here = address_of_udp(&one), there = address_of_udp(&two);
    ck_assert_int_eq(rdy_udp_socket_recv_from(&two, bytes, sizeof bytes, &from), -EAGAIN);
    ck_assert_int_eq(rdy_udp_socket_send_to(&one, "hello", 5, &there), 5);
    ck_assert_int_eq(rdy_udp_socket_send_to(&one, "you", 3, &there), 3);
    await_readable(&two.source);
    for (int looks = 0; looks < 2; looks++) {
        from = (rdy_address){.length = 0};
        ck_assert_int_eq(rdy_udp_socket_peek_from(&two, bytes, sizeof bytes, &from), 5);
        ck_assert_int_eq(rdy_address_compare(&from, &here), 0);
    }
    from = (rdy_address){.length = 0};
    ck_assert_int_eq(rdy_udp_socket_recv_from(&two, bytes, sizeof bytes, &from), 5);
    ck_assert_mem_eq(bytes, "hello", 5);
    ck_assert_int_eq(rdy_address_compare(&from, &here), 0);
    ck_assert_int_eq(rdy_udp_socket_recv_from(&two, bytes, sizeof bytes, NULL), 3);
    ck_assert_mem_eq(bytes, "you", 3);
    from = here;
    ck_assert_int_eq(rdy_udp_socket_recv_from(&two, bytes, sizeof bytes, &from), -EAGAIN);
    ck_assert_mem_eq(&from, &here, sizeof from);
}
END_TEST

START_TEST(connected_sockets_need_no_address)
{
    char byte;
    rdy_address peer;
    pair = open_connected_udp(hosts[_i]);
    const rdy_address there = address_of_udp(&pair.other);
    ck_assert_int_eq(rdy_udp_socket_peer_address(&pair.one, &peer), 0);
    ck_assert_int_eq(rdy_address_compare(&peer, &there), 0);
    ck_assert_int_eq(rdy_udp_socket_send(&pair.one, "x", 1), 1);
    await_readable(&pair.other.source);
    ck_assert_int_eq(rdy_udp_socket_peek(&pair.other, &byte, 1), 1);
    ck_assert_int_eq(rdy_udp_socket_recv(&pair.other, &byte, 1), 1);
    ck_assert_int_eq(byte, 'x');
    expect_nothing(&pair.other.source);
}
END_TEST

START_TEST(pieces_go_to_an_address_and_come_with_one)
{
    char head[2], tail[4];
    bool truncated = true;
    rdy_address from;
    const struct iovec sent[] = {{"abc", 3}, {"de", 2}}, rooms[] = {{head, sizeof head}, {tail, sizeof tail}};
    one = bind_udp(hosts[_i], NULL);
    two = bind_udp(hosts[_i], NULL);
    const rdy_address here = address_of_udp(&one), there = address_of_udp(&two);
    ck_assert_int_eq(rdy_udp_socket_sendv(&one, sent, 2, &there), 5);
    await_readable(&two.source);
    ck_assert_int_eq(rdy_udp_socket_recvv(&two, rooms, 2, &from, &truncated), 5);
    ck_assert_mem_eq(head, "ab", 2);
    ck_assert_mem_eq(tail, "cde", 3);
    ck_assert_int_eq(rdy_address_compare(&from, &here), 0);
    ck_assert(!truncated);
}
END_TEST

START_TEST(a_socket_without_a_peer_is_not_connected)
{
    rdy_address peer;
    one = bind_udp(ANY_V4, NULL);
    const ptrdiff_t result = rdy_udp_socket_send(&one, "x", 1);
    ck_assert(result == -EDESTADDRREQ || result == -ENOTCONN);
    ck_assert_int_eq(rdy_udp_socket_peer_address(&one, &peer), -ENOTCONN);
    ck_assert_int_eq(rdy_udp_socket_shutdown(&one, SHUT_WR), -ENOTCONN);
}
END_TEST

#ifdef __linux__
static const struct {
    int how;
    uint32_t shown;
} shutdowns[] = {
    {SHUT_RD, RDY_EVENT_READABLE | RDY_EVENT_READ_CLOSED},
    {SHUT_WR, RDY_EVENT_WRITABLE | RDY_EVENT_WRITE_CLOSED},
};

START_TEST(a_shutdown_without_a_peer_shows_though_it_is_enotconn)
{
    one = bind_udp(ANY_V4, NULL);
    watch(&one.source, TOKEN, BOTH);
    wait_for(TOKEN, RDY_EVENT_WRITABLE);
    ck_assert_int_eq(rdy_udp_socket_shutdown(&one, shutdowns[_i].how), -ENOTCONN);
    wait_for(TOKEN, shutdowns[_i].shown);
}
END_TEST

START_TEST(a_shutdown_that_is_refused_shows_nothing)
{
    one = bind_udp(ANY_V4, NULL);
    watch(&one.source, TOKEN, BOTH);
    wait_for(TOKEN, RDY_EVENT_WRITABLE);
    ck_assert_int_eq(rdy_udp_socket_shutdown(&one, 77), -EINVAL);
    expect_silence();
}
END_TEST
#endif

/* ---- associations ---- */

START_TEST(only_the_peer_is_heard_until_disconnect)
{
    rdy_address peer;
    one = bind_udp("0.0.0.0:0", NULL);
    two = bind_udp(ANY_V4, NULL);
    three = bind_udp(ANY_V4, NULL);
    const rdy_address local = address_of_udp(&one), here = same_port(ANY_V4, &local);
    const rdy_address there = address_of_udp(&two), stranger = address_of_udp(&three);
    ck_assert_int_eq(rdy_udp_socket_connect(&one, &there), 0);
    send_text(&three.source, "no", &here);
    send_text(&two.source, "yes", &here);
    expect_text(&one.source, "yes");
    expect_nothing(&one.source);

    ck_assert_int_eq(rdy_udp_socket_connect(&one, &stranger), 0);
    send_text(&two.source, "no", &here);
    send_text(&three.source, "yes", &here);
    expect_text(&one.source, "yes");

    for (int again = 0; again < 2; again++) {
        ck_assert_int_eq(rdy_udp_socket_disconnect(&one), 0);
        const rdy_address now = address_of_udp(&one);
        ck_assert_uint_eq(rdy_address_port(&now), rdy_address_port(&local));
        ck_assert_int_eq(rdy_udp_socket_peer_address(&one, &peer), -ENOTCONN);
    }
    send_text(&two.source, "both", &here);
    expect_text(&one.source, "both");
    send_text(&three.source, "again", &here);
    expect_text(&one.source, "again");
}
END_TEST

START_TEST(other_addresses_cannot_be_connected_to)
{
    const rdy_address addresses[] = {address_of("unix:/nowhere"), {.length = 0}};
    rdy_address peer;
    one = bind_udp(ANY_V4, NULL);
    for (int i = 0; i < COUNT(addresses); i++)
        ck_assert_int_eq(rdy_udp_socket_connect(&one, &addresses[i]), -EAFNOSUPPORT);
    ck_assert_int_eq(rdy_udp_socket_peer_address(&one, &peer), -ENOTCONN);
}
END_TEST

static ptrdiff_t receive(void)
{
    char byte;
    return rdy_udp_socket_recv(&one, &byte, 1);
}

static ptrdiff_t send_again(void)
{
    return rdy_udp_socket_send(&one, "x", 1);
}

static ptrdiff_t take(void)
{
    return rdy_udp_socket_take_error(&one);
}

START_TEST(a_refusal_by_icmp_shows_once_and_is_no_harm)
{
    static ptrdiff_t (*const ways[])(void) = {receive, send_again, take};
    one = connect_to_nobody();
    watch(&one.source, TOKEN, RDY_READABLE);
    send_text(&one.source, "x", NULL);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    ck_assert_int_eq(ways[_i](), -ECONNREFUSED);
    ck_assert_int_eq(receive(), -EAGAIN);
    ck_assert_int_eq(take(), 0);

    rdy_address peer;
    ck_assert_int_eq(rdy_udp_socket_peer_address(&one, &peer), 0);
    ck_assert_int_eq(bind_two(&peer, NULL), 0);
    send_text(&one.source, "now", NULL);
    expect_text(&two.source, "now");
}
END_TEST

/* ---- descriptors ---- */

START_TEST(a_socket_gives_its_descriptor_away_and_takes_it_back)
{
    open_pair();
    watch(&pair.other.source, TOKEN, RDY_READABLE);
    const int fd = rdy_udp_socket_into_fd(&pair.other);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(rdy_source_fd(&pair.other.source), -1);
    ck_assert(!rdy_source_is_registered(&pair.other.source));
    send_text(&pair.one.source, "x", NULL);
    expect_silence();

    ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
    ck_assert_int_eq(fcntl(fd, F_SETFD, 0), 0);
    ck_assert_int_eq(rdy_udp_socket_from_fd(fd, &pair.other), 0);
    ck_assert_int_eq(rdy_source_fd(&pair.other.source), fd);
    ck_assert(is_well_born(fd));
    expect_text(&pair.other.source, "x");
}
END_TEST

static int open_tcp_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0);
}

static int open_unix_datagram_socket(void)
{
    return socket(AF_UNIX, SOCK_DGRAM, 0);
}

static int take_fd(int fd)
{
    return rdy_udp_socket_from_fd(fd, &one);
}

START_TEST(what_is_no_udp_socket_is_refused_and_stays_as_it_was)
{
    expect_refusal(open_pipe_end(), -ENOTSOCK, take_fd);
    expect_refusal(open_tcp_socket(), -EINVAL, take_fd);
    expect_refusal(open_unix_datagram_socket(), -EINVAL, take_fd);
    expect_refusal(open_nothing(), -EBADF, take_fd);
    ck_assert_int_eq(rdy_source_fd(&one.source), -1);
}
END_TEST

#ifdef SO_PROTOCOL
/* Not every system has them, nor lets everybody open them. */
START_TEST(datagrams_of_ip_that_are_not_udp_are_refused)
{
    static const int protocols[] = {IPPROTO_UDPLITE, IPPROTO_ICMP};
    const int fd = socket(AF_INET, SOCK_DGRAM, protocols[_i]);
    if (fd >= 0)
        expect_refusal(fd, -EINVAL, take_fd);
}
END_TEST
#endif

START_TEST(close_deregisters_and_closes)
{
    one = bind_udp(ANY_V4, NULL);
    const rdy_address address = address_of_udp(&one);
    const int fd = rdy_source_fd(&one.source);
    watch(&one.source, TOKEN, BOTH | RDY_LEVEL);
    rdy_udp_socket_close(&one);
    ck_assert(!is_open(fd));
    ck_assert_int_eq(rdy_source_fd(&one.source), -1);
    ck_assert(!rdy_source_is_registered(&one.source));
    rdy_udp_socket_close(&one);
    rdy_udp_socket_close(NULL);
    expect_silence();
    ck_assert_int_eq(bind_two(&address, NULL), 0);
}
END_TEST

START_TEST(a_closed_socket_is_ebadf)
{
    char byte = 'x';
    bool truncated = true;
    const struct iovec piece = {&byte, 1};
    rdy_datagram datagram = {.bytes = &byte, .room = 1, .size = 1};
    rdy_address address = address_of("127.0.0.1:5");
    const rdy_address before = address;
    ck_assert_int_eq(rdy_udp_socket_into_fd(&one), -EBADF);
    ck_assert_int_eq(rdy_udp_socket_connect(&one, &address), -EBADF);
    ck_assert_int_eq(rdy_udp_socket_disconnect(&one), -EBADF);
    ck_assert_int_eq(rdy_udp_socket_send(&one, &byte, 1), -EBADF);
    ck_assert_int_eq(rdy_udp_socket_send_to(&one, &byte, 1, &address), -EBADF);
    ck_assert_int_eq(rdy_udp_socket_sendv(&one, &piece, 1, NULL), -EBADF);
    ck_assert_int_eq(rdy_udp_socket_send_many(&one, &datagram, 1), -EBADF);
    ck_assert_int_eq(rdy_udp_socket_recv(&one, &byte, 1), -EBADF);
    ck_assert_int_eq(rdy_udp_socket_recv_from(&one, &byte, 1, &address), -EBADF);
    ck_assert_int_eq(rdy_udp_socket_peek(&one, &byte, 1), -EBADF);
    ck_assert_int_eq(rdy_udp_socket_peek_from(&one, &byte, 1, &address), -EBADF);
    ck_assert_int_eq(rdy_udp_socket_recvv(&one, &piece, 1, &address, &truncated), -EBADF);
    ck_assert_int_eq(rdy_udp_socket_recv_many(&one, &datagram, 1), -EBADF);
    ck_assert_int_eq(rdy_udp_socket_shutdown(&one, SHUT_RDWR), -EBADF);
    ck_assert_int_eq(rdy_udp_socket_take_error(&one), -EBADF);
    ck_assert_int_eq(rdy_udp_socket_local_address(&one, &address), -EBADF);
    ck_assert_int_eq(rdy_udp_socket_peer_address(&one, &address), -EBADF);
    ck_assert_mem_eq(&address, &before, sizeof address);
    ck_assert(truncated);
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
    Suite *suite = contract_suite("udp_socket");
    TCase *moving = closing_case(suite, "moving"), *associations = closing_case(suite, "associations"),
          *descriptors = closing_case(suite, "descriptors");
    const int families = has_ipv6() ? 2 : 1;

    tcase_add_loop_test(moving, a_datagram_comes_whole_and_with_its_sender, 0, families);
    tcase_add_loop_test(moving, connected_sockets_need_no_address, 0, families);
    tcase_add_loop_test(moving, pieces_go_to_an_address_and_come_with_one, 0, families);

    tcase_add_test(associations, a_socket_without_a_peer_is_not_connected);
#ifdef __linux__
    tcase_add_loop_test(associations, a_shutdown_without_a_peer_shows_though_it_is_enotconn, 0,
                        COUNT(shutdowns));
    tcase_add_test(associations, a_shutdown_that_is_refused_shows_nothing);
#endif
    tcase_add_test(associations, only_the_peer_is_heard_until_disconnect);
    tcase_add_test(associations, other_addresses_cannot_be_connected_to);
    if (!socket_errors_are_eaten())
        tcase_add_loop_test(associations, a_refusal_by_icmp_shows_once_and_is_no_harm, 0, 3);

    tcase_add_test(descriptors, a_socket_gives_its_descriptor_away_and_takes_it_back);
    tcase_add_test(descriptors, what_is_no_udp_socket_is_refused_and_stays_as_it_was);
#ifdef SO_PROTOCOL
    tcase_add_loop_test(descriptors, datagrams_of_ip_that_are_not_udp_are_refused, 0, 2);
#endif
    tcase_add_test(descriptors, close_deregisters_and_closes);
    tcase_add_test(descriptors, a_closed_socket_is_ebadf);
    return run_suite(suite);
}
