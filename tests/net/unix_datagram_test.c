#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/unix_datagram.h"
#include "tests/net/datagrams.h"
#include "tests/net/unix_place.h"

#define TOKEN ((rdy_token)7)

static rdy_unix_datagram server, one, two;

static void close_all(void)
{
    rdy_unix_datagram_close(&server);
    rdy_unix_datagram_close(&one);
    rdy_unix_datagram_close(&two);
    remove_place();
}

static void open_server(void)
{
    ck_assert_int_eq(rdy_unix_datagram_bind(&place.address, &server), 0);
}

static void open_pair(void)
{
    ck_assert_int_eq(rdy_unix_datagram_pair(&one, &two), 0);
}

/* A client without a name. */
static void open_connected(void)
{
    open_server();
    ck_assert_int_eq(rdy_unix_datagram_unbound(&one), 0);
    ck_assert_int_eq(rdy_unix_datagram_connect(&one, &place.address), 0);
}

static void check_unnamed(const rdy_address *address)
{
    char text[RDY_ADDRESS_TEXT_MAX];
    ck_assert_int_eq(rdy_address_family(address), AF_UNIX);
    rdy_address_print(address, text, sizeof text);
    ck_assert_str_eq(text, "unix:");
}

/* ---- names ---- */

START_TEST(a_bound_socket_has_a_file_that_stays)
{
    rdy_address local;
    open_server();
    ck_assert(is_well_born(rdy_source_fd(&server.source)));
    ck_assert_int_eq(rdy_unix_datagram_local_address(&server, &local), 0);
    ck_assert_int_eq(rdy_address_compare(&local, &place.address), 0);
    ck_assert_int_eq(rdy_unix_datagram_bind(&place.address, &one), -EADDRINUSE);
    rdy_unix_datagram_close(&server);
    ck_assert_int_eq(access(place.path, F_OK), 0);
    ck_assert_int_eq(rdy_unix_datagram_bind(&place.address, &one), -EADDRINUSE);
    ck_assert_int_eq(rdy_source_fd(&one.source), -1);
}
END_TEST

START_TEST(other_addresses_are_eafnosupport)
{
    const rdy_address others[] = {address_of("127.0.0.1:80"), address_of("[::1]:80"), {.length = 0}};
    ck_assert_int_eq(rdy_unix_datagram_unbound(&two), 0);
    for (int i = 0; i < COUNT(others); i++) {
        ck_assert_int_eq(rdy_unix_datagram_bind(&others[i], &one), -EAFNOSUPPORT);
        ck_assert_int_eq(rdy_unix_datagram_connect(&two, &others[i]), -EAFNOSUPPORT);
    }
    ck_assert_int_eq(rdy_source_fd(&one.source), -1);
}
END_TEST

START_TEST(a_sender_without_a_name_has_an_empty_path)
{
    char byte;
    bool truncated = true;
    const rdy_address before = address_of("1.2.3.4:5");
    rdy_address from = before, local;
    const struct iovec room = {&byte, 1};
    rdy_datagram datagram = {.bytes = &byte, .room = 1, .address = before};
    open_server();
    ck_assert_int_eq(rdy_unix_datagram_unbound(&one), 0);
    ck_assert(is_well_born(rdy_source_fd(&one.source)));
    ck_assert_int_eq(rdy_unix_datagram_local_address(&one, &local), 0);
    check_unnamed(&local);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(rdy_unix_datagram_send_to(&one, "x", 1, &place.address), 1);
    ck_assert_int_eq(rdy_unix_datagram_peek_from(&server, &byte, 1, &from), 1);
    check_unnamed(&from);
    from = before;
    ck_assert_int_eq(rdy_unix_datagram_recv_from(&server, &byte, 1, &from), 1);
    check_unnamed(&from);
    from = before;
    ck_assert_int_eq(rdy_unix_datagram_recvv(&server, &room, 1, &from, &truncated), 1);
    check_unnamed(&from);
    ck_assert(!truncated);
    ck_assert_int_eq(rdy_unix_datagram_recv_many(&server, &datagram, 1), 1);
    check_unnamed(&datagram.address);
}
END_TEST

START_TEST(a_sender_with_a_name_can_be_answered)
{
    char byte;
    rdy_address from;
    open_server();
    ck_assert_int_eq(rdy_unix_datagram_bind(&place.other, &one), 0);
    ck_assert_int_eq(rdy_unix_datagram_send_to(&one, "?", 1, &place.address), 1);
    await_readable(&server.source);
    ck_assert_int_eq(rdy_unix_datagram_recv_from(&server, &byte, 1, &from), 1);
    ck_assert_int_eq(rdy_address_compare(&from, &place.other), 0);
    ck_assert_int_eq(rdy_unix_datagram_send_to(&server, "!", 1, &from), 1);
    expect_text(&one.source, "!");
}
END_TEST

#ifdef __linux__
START_TEST(abstract_names_work_and_leave_no_file)
{
    char byte, text[RDY_ADDRESS_TEXT_MAX];
    rdy_address from, local;
    place.address = abstract_address();
    snprintf(text, sizeof text, "unix:@%s", place.path);
    place.other = address_of(text);
    open_server();
    ck_assert_int_eq(rdy_unix_datagram_local_address(&server, &local), 0);
    ck_assert_int_eq(rdy_address_compare(&local, &place.address), 0);
    ck_assert_int_eq(rdy_unix_datagram_bind(&place.other, &one), 0);
    ck_assert_int_eq(rdy_unix_datagram_send_to(&one, "x", 1, &place.address), 1);
    ck_assert_int_eq(rdy_unix_datagram_recv_from(&server, &byte, 1, &from), 1);
    ck_assert_int_eq(rdy_address_compare(&from, &place.other), 0);
    rdy_unix_datagram_close(&server);
    ck_assert_int_eq(rdy_unix_datagram_connect(&one, &place.address), -ECONNREFUSED);
}
END_TEST
#endif

/* ---- moving ---- */

START_TEST(a_pair_is_connected_both_ways)
{
    char byte;
    rdy_address peer;
    const struct iovec pieces[] = {{"ba", 2}, {"ck", 2}};
    open_pair();
    ck_assert(is_well_born(rdy_source_fd(&one.source)));
    ck_assert(is_well_born(rdy_source_fd(&two.source)));
    ck_assert_int_eq(rdy_unix_datagram_recv(&one, &byte, 1), -EAGAIN);
    ck_assert_int_eq(rdy_unix_datagram_peer_address(&one, &peer), 0);
    check_unnamed(&peer);
    ck_assert_int_eq(rdy_unix_datagram_send(&one, "there", 5), 5);
    ck_assert_int_eq(rdy_unix_datagram_send(&one, NULL, 0), 0);
    expect_text(&two.source, "there");
    expect_text(&two.source, "");
    expect_nothing(&two.source);
    ck_assert_int_eq(rdy_unix_datagram_sendv(&two, pieces, 2, NULL), 4);
    ck_assert_int_eq(rdy_unix_datagram_peek(&one, &byte, 1), 1);
    expect_text(&one.source, "back");
}
END_TEST

START_TEST(who_reads_no_more_is_not_sent_to)
{
    open_pair();
    ck_assert_int_eq(rdy_unix_datagram_shutdown(&one, SHUT_RD), 0);
    ck_assert_int_eq(rdy_unix_datagram_send(&two, "x", 1), -EPIPE);
}
END_TEST

/* ---- associations ---- */

START_TEST(who_is_not_there_cannot_be_connected_to)
{
    rdy_address peer;
    ck_assert_int_eq(rdy_unix_datagram_unbound(&one), 0);
    ck_assert_int_eq(rdy_unix_datagram_connect(&one, &place.address), -ENOENT);
    open_server();
    rdy_unix_datagram_close(&server);
    ck_assert_int_eq(rdy_unix_datagram_connect(&one, &place.address), -ECONNREFUSED);
    ck_assert_int_eq(rdy_unix_datagram_send_to(&one, "x", 1, &place.address), -ECONNREFUSED);
    ck_assert_int_eq(rdy_unix_datagram_peer_address(&one, &peer), -ENOTCONN);
}
END_TEST

START_TEST(only_the_peer_may_send_until_disconnect)
{
    rdy_address peer;
    open_connected();
    ck_assert_int_eq(rdy_unix_datagram_bind(&place.other, &two), 0);
    ck_assert_int_eq(rdy_unix_datagram_connect(&server, &place.other), 0);
    ck_assert_int_eq(rdy_unix_datagram_peer_address(&server, &peer), 0);
    ck_assert_int_eq(rdy_address_compare(&peer, &place.other), 0);
    ck_assert_int_eq(rdy_unix_datagram_send(&one, "no", 2), -EPERM);
    ck_assert_int_eq(rdy_unix_datagram_send_to(&two, "yes", 3, &place.address), 3);
    expect_text(&server.source, "yes");
    for (int again = 0; again < 2; again++)
        ck_assert_int_eq(rdy_unix_datagram_disconnect(&server), 0);
    ck_assert_int_eq(rdy_unix_datagram_peer_address(&server, &peer), -ENOTCONN);
    ck_assert_int_eq(rdy_unix_datagram_send(&one, "now", 3), 3);
    expect_text(&server.source, "now");
}
END_TEST

START_TEST(a_peer_that_has_closed_refuses_once_and_is_no_peer_any_more)
{
    open_connected();
    rdy_unix_datagram_close(&server);
    ck_assert_int_eq(rdy_unix_datagram_send(&one, "x", 1), -ECONNREFUSED);
    ck_assert_int_eq(rdy_unix_datagram_send(&one, "x", 1), -ENOTCONN);
    ck_assert_int_eq(rdy_unix_datagram_take_error(&one), 0);
}
END_TEST

/* ---- edges ---- */

static int send_until_blocked(void)
{
    ptrdiff_t result;
    int sent = 0;
    while ((result = rdy_unix_datagram_send(&one, "x", 1)) == 1)
        sent++;
    ck_assert_int_eq(result, -EAGAIN);
    return sent;
}

START_TEST(a_connected_sender_learns_that_its_receiver_has_room)
{
    open_connected();
    watch(&one.source, TOKEN, RDY_WRITABLE);
    wait_for(TOKEN, RDY_EVENT_WRITABLE);
    for (int i = 0; i < 3; i++) {
        int waiting = send_until_blocked();
        expect_silence();
        while (waiting-- > 0)
            expect_text(&server.source, "x");
        wait_for(TOKEN, RDY_EVENT_WRITABLE);
    }
}
END_TEST

/* A failed send too frees room of the sender's own, and that is all that it is writable for. */
START_TEST(an_unconnected_sender_is_told_of_room_that_its_receiver_does_not_have)
{
    open_server();
    ck_assert_int_eq(rdy_unix_datagram_unbound(&one), 0);
    watch(&one.source, TOKEN, RDY_WRITABLE);
    for (int i = 0; i < 3; i++) {
        wait_for(TOKEN, RDY_EVENT_WRITABLE);
        while (rdy_unix_datagram_send_to(&one, "x", 1, &place.address) == 1)
            continue;
        ck_assert_int_eq(rdy_unix_datagram_send_to(&one, "x", 1, &place.address), -EAGAIN);
    }
    wait_for(TOKEN, RDY_EVENT_WRITABLE);
}
END_TEST

/* It would arm select for the datagram that waits if it did. */
START_TEST(a_would_block_of_sending_does_not_arm_the_reading_side)
{
    open_pair();
    send_text(&two.source, "unread", NULL);
    watch(&one.source, TOKEN, RDY_READABLE | RDY_WRITABLE);
    wait_for(TOKEN, RDY_EVENT_READABLE | RDY_EVENT_WRITABLE);
    send_until_blocked();
    expect_silence();
    expect_text(&one.source, "unread");
}
END_TEST

/* ---- descriptors ---- */

START_TEST(a_socket_gives_its_descriptor_away_and_takes_it_back)
{
    open_pair();
    watch(&two.source, TOKEN, RDY_READABLE);
    const int fd = rdy_unix_datagram_into_fd(&two);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(rdy_source_fd(&two.source), -1);
    ck_assert(!rdy_source_is_registered(&two.source));
    send_text(&one.source, "x", NULL);
    expect_silence();

    ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
    ck_assert_int_eq(fcntl(fd, F_SETFD, 0), 0);
    ck_assert_int_eq(rdy_unix_datagram_from_fd(fd, &two), 0);
    ck_assert_int_eq(rdy_source_fd(&two.source), fd);
    ck_assert(is_well_born(fd));
    expect_text(&two.source, "x");
}
END_TEST

static int take_fd(int fd)
{
    return rdy_unix_datagram_from_fd(fd, &one);
}

START_TEST(what_is_no_unix_datagram_socket_is_refused_and_stays_as_it_was)
{
    expect_refusal(open_pipe_end(), -ENOTSOCK, take_fd);
    expect_refusal(open_udp_socket(), -EINVAL, take_fd);
    expect_refusal(open_unix_socket(), -EINVAL, take_fd);
    expect_refusal(open_nothing(), -EBADF, take_fd);
    ck_assert_int_eq(rdy_source_fd(&one.source), -1);
}
END_TEST

START_TEST(close_deregisters_and_closes)
{
    open_pair();
    const int fd = rdy_source_fd(&one.source);
    watch(&one.source, TOKEN, RDY_READABLE | RDY_WRITABLE | RDY_LEVEL);
    rdy_unix_datagram_close(&one);
    ck_assert(!is_open(fd));
    ck_assert_int_eq(rdy_source_fd(&one.source), -1);
    ck_assert(!rdy_source_is_registered(&one.source));
    rdy_unix_datagram_close(&one);
    rdy_unix_datagram_close(NULL);
    expect_silence();
}
END_TEST

START_TEST(a_closed_socket_is_ebadf)
{
    char byte = 'x';
    bool truncated = true;
    const struct iovec piece = {&byte, 1};
    rdy_datagram datagram = {.bytes = &byte, .room = 1, .size = 1};
    rdy_address address = place.address;
    ck_assert_int_eq(rdy_unix_datagram_into_fd(&one), -EBADF);
    ck_assert_int_eq(rdy_unix_datagram_connect(&one, &address), -EBADF);
    ck_assert_int_eq(rdy_unix_datagram_disconnect(&one), -EBADF);
    ck_assert_int_eq(rdy_unix_datagram_send(&one, &byte, 1), -EBADF);
    ck_assert_int_eq(rdy_unix_datagram_send_to(&one, &byte, 1, &address), -EBADF);
    ck_assert_int_eq(rdy_unix_datagram_sendv(&one, &piece, 1, NULL), -EBADF);
    ck_assert_int_eq(rdy_unix_datagram_send_many(&one, &datagram, 1), -EBADF);
    ck_assert_int_eq(rdy_unix_datagram_recv(&one, &byte, 1), -EBADF);
    ck_assert_int_eq(rdy_unix_datagram_recv_from(&one, &byte, 1, &address), -EBADF);
    ck_assert_int_eq(rdy_unix_datagram_peek(&one, &byte, 1), -EBADF);
    ck_assert_int_eq(rdy_unix_datagram_peek_from(&one, &byte, 1, &address), -EBADF);
    ck_assert_int_eq(rdy_unix_datagram_recvv(&one, &piece, 1, &address, &truncated), -EBADF);
    ck_assert_int_eq(rdy_unix_datagram_recv_many(&one, &datagram, 1), -EBADF);
    ck_assert_int_eq(rdy_unix_datagram_shutdown(&one, SHUT_RDWR), -EBADF);
    ck_assert_int_eq(rdy_unix_datagram_take_error(&one), -EBADF);
    ck_assert_int_eq(rdy_unix_datagram_local_address(&one, &address), -EBADF);
    ck_assert_int_eq(rdy_unix_datagram_peer_address(&one, &address), -EBADF);
    ck_assert_mem_eq(&address, &place.address, sizeof address);
    ck_assert(truncated);
}
END_TEST

static TCase *place_case(Suite *suite, const char *name)
{
    TCase *tests = contract_case(suite, name);
    tcase_add_checked_fixture(tests, make_place, close_all);
    return tests;
}

int main(void)
{
    Suite *suite = contract_suite("unix_datagram");
    TCase *names = place_case(suite, "names"), *moving = place_case(suite, "moving"),
          *associations = place_case(suite, "associations"), *edges = place_case(suite, "edges"),
          *descriptors = place_case(suite, "descriptors");

    tcase_add_test(names, a_bound_socket_has_a_file_that_stays);
    tcase_add_test(names, other_addresses_are_eafnosupport);
    tcase_add_test(names, a_sender_without_a_name_has_an_empty_path);
    tcase_add_test(names, a_sender_with_a_name_can_be_answered);
#ifdef __linux__
    tcase_add_test(names, abstract_names_work_and_leave_no_file);
#endif

    tcase_add_test(moving, a_pair_is_connected_both_ways);
    tcase_add_test(moving, who_reads_no_more_is_not_sent_to);

    tcase_add_test(associations, who_is_not_there_cannot_be_connected_to);
    tcase_add_test(associations, only_the_peer_may_send_until_disconnect);
    tcase_add_test(associations, a_peer_that_has_closed_refuses_once_and_is_no_peer_any_more);

    tcase_add_test(edges, a_connected_sender_learns_that_its_receiver_has_room);
    tcase_add_test(edges, an_unconnected_sender_is_told_of_room_that_its_receiver_does_not_have);
    tcase_add_test(edges, a_would_block_of_sending_does_not_arm_the_reading_side);

    tcase_add_test(descriptors, a_socket_gives_its_descriptor_away_and_takes_it_back);
    tcase_add_test(descriptors, what_is_no_unix_datagram_socket_is_refused_and_stays_as_it_was);
    tcase_add_test(descriptors, close_deregisters_and_closes);
    tcase_add_test(descriptors, a_closed_socket_is_ebadf);
    return run_suite(suite);
}
