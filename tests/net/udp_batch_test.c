/*
 * Batches, by recvmmsg(2) and sendmmsg(2) and without them: each test runs with both ways, which keep one contract.
 * The calls are replaced here: they may be missing (ENOSYS), forbidden (EPERM), interrupted or fail in the middle.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "net/unix_datagram.h"
#include "tests/net/datagrams.h"

#define ANY_V4 "127.0.0.1:0"
#define TOKEN  ((rdy_token)7)

/* What the replaced calls do; set by each test. */
static struct {
    int missing;          /* the error of recvmmsg and sendmmsg, or 0 */
    int batches, singles; /* how often which kind was called */
    int fails_at;         /* the number of the receiving call, from 1, that says ECONNREFUSED; 0 for none */
    int interrupts;       /* how many batches say EINTR first */
} calls;

static int refuse(int error)
{
    errno = error;
    return -1;
}

/* The error of a call for a batch before it begins, or 0. */
static int error_of_batch(void)
{
    if (calls.missing != 0)
        return calls.missing;
    calls.batches++;
    return calls.interrupts > 0 && calls.interrupts-- > 0 ? EINTR : 0;
}

int __real_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout);
int __wrap_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout);
int __wrap_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout)
{
    const int error = error_of_batch();
    if (error != 0)
        return refuse(error);
    return calls.batches == calls.fails_at ? refuse(ECONNREFUSED)
                                           : __real_recvmmsg(fd, messages, count, flags, timeout);
}

int __real_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags);
int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags);
int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    const int error = error_of_batch();
    return error != 0 ? refuse(error) : __real_sendmmsg(fd, messages, count, flags);
}

ssize_t __real_recvmsg(int fd, struct msghdr *message, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags)
{
    calls.singles++;
    return calls.missing != 0 && calls.singles == calls.fails_at ? refuse(ECONNREFUSED)
                                                                 : __real_recvmsg(fd, message, flags);
}

/* ---- support ---- */

enum { WAYS = 3, MOST = 150, BATCH = 64 };

static struct udp_pair pair;
static rdy_unix_datagram unix_one, unix_other;
static char bytes[MOST][8];
static rdy_datagram datagrams[MOST];

static void open_pair(void)
{
    pair = open_connected_udp(ANY_V4);
}

static void make_room(void)
{
    for (int i = 0; i < MOST; i++)
        datagrams[i] = (rdy_datagram){.bytes = bytes[i], .room = sizeof bytes[i]};
}

static void close_all(void)
{
    close_connected_udp(&pair);
    rdy_unix_datagram_close(&unix_one);
    rdy_unix_datagram_close(&unix_other);
}

/* Begins to count, with the calls for batches (0) or without them. */
static void choose_way(int way)
{
    memset(&calls, 0, sizeof calls);
    calls.missing = (const int[WAYS]){0, ENOSYS, EPERM}[way];
}

static void send_numbers(int count)
{
    char text[12];
    for (int i = 0; i < count; i++) {
        snprintf(text, sizeof text, "%d", i);
        send_text(&pair.one.source, text, NULL);
    }
}

static void check_number(const rdy_datagram *datagram, int number)
{
    char text[8];
    snprintf(text, sizeof text, "%d", number);
    ck_assert_uint_eq(datagram->size, strlen(text));
    ck_assert_mem_eq(datagram->bytes, text, strlen(text));
}

static void write_numbers(size_t count)
{
    for (size_t i = 0; i < count; i++)
        datagrams[i].size = (size_t)snprintf(bytes[i], sizeof bytes[i], "%zu", i);
}

static ptrdiff_t receive(size_t count)
{
    return rdy_udp_socket_recv_many(&pair.other, datagrams, count);
}

/* ---- receiving ---- */

START_TEST(a_batch_has_what_is_there_in_order_and_with_its_senders)
{
    open_pair();
    const rdy_address here = address_of_udp(&pair.one);
    send_numbers(5);
    choose_way(_i);
    ck_assert_int_eq(receive(3), 3);
    ck_assert_int_eq(calls.batches, _i == 0 ? 1 : 0);
    for (int i = 0; i < 3; i++) {
        check_number(&datagrams[i], i);
        ck_assert_int_eq(rdy_address_compare(&datagrams[i].address, &here), 0);
        ck_assert_uint_eq(datagrams[i].room, sizeof bytes[i]);
        ck_assert(!datagrams[i].truncated);
    }
    ck_assert_int_eq(receive(MOST), 2);
    check_number(&datagrams[0], 3);
    check_number(&datagrams[1], 4);
    ck_assert_int_eq(receive(MOST), -EAGAIN);
    ck_assert_int_eq(receive(0), 0);
}
END_TEST

START_TEST(a_large_batch_takes_a_call_for_64)
{
    open_pair();
    send_numbers(MOST);
    choose_way(_i);
    ck_assert_int_eq(receive(MOST), MOST);
    for (int i = 0; i < MOST; i++)
        check_number(&datagrams[i], i);
    ck_assert_int_eq(calls.batches, _i == 0 ? (MOST + BATCH - 1) / BATCH : 0);
    ck_assert_int_eq(calls.singles, _i == 0 ? 0 : MOST);
    send_numbers(BATCH);
    ck_assert_int_eq(receive(MOST), BATCH);
    ck_assert_int_eq(receive(MOST), -EAGAIN);
}
END_TEST

START_TEST(a_batch_tells_which_datagrams_were_too_long)
{
    open_pair();
    send_text(&pair.one.source, "12345678", NULL);
    send_text(&pair.one.source, "123456789", NULL);
    send_text(&pair.one.source, "", NULL);
    choose_way(_i);
    ck_assert_int_eq(receive(MOST), 3);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(datagrams[i].size, i == 2 ? 0 : 8);
        ck_assert_int_eq(datagrams[i].truncated, i == 1);
    }
}
END_TEST

START_TEST(a_short_batch_is_a_would_block)
{
    open_pair();
    watch(&pair.other.source, TOKEN, RDY_READABLE);
    choose_way(_i);
    for (int i = 0; i < 3; i++) {
        send_numbers(2);
        wait_for(TOKEN, RDY_EVENT_READABLE);
        ck_assert_int_eq(receive(MOST), 2);
        expect_silence();
    }
}
END_TEST

/* It would arm select for what is still there if it took a full one for a would-block. */
START_TEST(a_full_batch_is_no_would_block)
{
    open_pair();
    watch(&pair.other.source, TOKEN, RDY_READABLE);
    send_numbers(4);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    choose_way(_i);
    ck_assert_int_eq(receive(2), 2);
    expect_silence();
    ck_assert_int_eq(receive(2), 2);
    ck_assert_int_eq(receive(2), -EAGAIN);
}
END_TEST

START_TEST(a_refusal_by_icmp_shows_once)
{
    pair.other = connect_to_nobody();
    send_text(&pair.other.source, "x", NULL);
    await_readable(&pair.other.source);
    choose_way(_i);
    ck_assert_int_eq(receive(MOST), -ECONNREFUSED);
    ck_assert_int_eq(receive(MOST), -EAGAIN);
}
END_TEST

/* The second call for a batch fails, or the third for one datagram: how many come before. */
static int fail_behind_the_first(int way)
{
    choose_way(way);
    calls.fails_at = way == 0 ? 2 : 3;
    return way == 0 ? BATCH : 2;
}

START_TEST(an_error_behind_the_first_shows_once_in_the_next_call)
{
    open_pair();
    send_numbers(BATCH + 1);
    const int before = fail_behind_the_first(_i);
    ck_assert_int_eq(receive(MOST), before);
    ck_assert_int_eq(_i == 0 ? receive(MOST) : rdy_udp_socket_recv(&pair.other, bytes[0], 1), -ECONNREFUSED);
    ck_assert_int_eq(receive(MOST), BATCH + 1 - before);
    ck_assert_int_eq(receive(MOST), -EAGAIN);
}
END_TEST

START_TEST(an_error_behind_the_first_can_be_taken_and_stops_no_event)
{
    open_pair();
    watch(&pair.other.source, TOKEN, RDY_READABLE);
    send_numbers(BATCH + 1);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    const int before = fail_behind_the_first(_i);
    ck_assert_int_eq(receive(MOST), before);
    ck_assert_int_eq(rdy_udp_socket_take_error(&pair.other), -ECONNREFUSED);
    ck_assert_int_eq(rdy_udp_socket_take_error(&pair.other), 0);
    send_text(&pair.one.source, "more", NULL);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    ck_assert_int_eq(receive(MOST), BATCH + 2 - before);
}
END_TEST

/* ---- sending ---- */

START_TEST(a_batch_is_sent_in_order)
{
    open_pair();
    choose_way(_i);
    write_numbers(MOST);
    ck_assert_int_eq(rdy_udp_socket_send_many(&pair.one, datagrams, MOST), MOST);
    ck_assert_int_eq(calls.batches, _i == 0 ? (MOST + BATCH - 1) / BATCH : 0);
    ck_assert_int_eq(rdy_udp_socket_send_many(&pair.one, datagrams, 0), 0);
    memset(bytes, 0, sizeof bytes);
    ck_assert_int_eq(receive(MOST), MOST);
    for (int i = 0; i < MOST; i++)
        check_number(&datagrams[i], i);
}
END_TEST

START_TEST(what_was_received_can_be_sent_back_as_it_is)
{
    rdy_udp_socket server = bind_udp(ANY_V4, NULL),
                   clients[2] = {bind_udp(ANY_V4, NULL), bind_udp(ANY_V4, NULL)};
    const rdy_address address = address_of_udp(&server);
    send_text(&clients[0].source, "one", &address);
    send_text(&clients[1].source, "two", &address);
    send_text(&clients[0].source, "", &address);
    await_readable(&server.source);
    choose_way(_i);
    ck_assert_int_eq(rdy_udp_socket_recv_many(&server, datagrams, MOST), 3);
    ck_assert_int_eq(rdy_udp_socket_send_many(&server, datagrams, 3), 3);
    expect_text(&clients[0].source, "one");
    expect_text(&clients[0].source, "");
    expect_text(&clients[1].source, "two");
    for (int i = 0; i < 2; i++)
        rdy_udp_socket_close(&clients[i]);
    rdy_udp_socket_close(&server);
}
END_TEST

START_TEST(a_datagram_that_cannot_be_sent_ends_the_batch_and_is_told_first_thing_next)
{
    static char too_long[66000];
    const size_t place = _i < WAYS ? 2 : BATCH; /* the latter begins a call of its own */
    open_pair();
    write_numbers(place + 2);
    datagrams[place].bytes = too_long;
    datagrams[place].size = sizeof too_long;
    choose_way(_i % WAYS);
    ck_assert_int_eq(rdy_udp_socket_send_many(&pair.one, datagrams, place + 2), (int)place);
    ck_assert_int_eq(rdy_udp_socket_send_many(&pair.one, datagrams + place, 2), -EMSGSIZE);
    ck_assert_int_eq(rdy_udp_socket_send_many(&pair.one, datagrams + place + 1, 1), 1);
    ck_assert_int_eq(receive(MOST), (int)place + 1);
    check_number(&datagrams[place], (int)place + 1);
}
END_TEST

/* UDP drops what a receiver has no room for; a Unix socket waits. */
START_TEST(a_batch_stops_where_it_would_block_and_goes_on_at_an_event)
{
    size_t sent = 0, received = 0;
    const int small = 4096;
    ck_assert_int_eq(rdy_unix_datagram_pair(&unix_one, &unix_other), 0);
    ck_assert_int_eq(setsockopt(rdy_source_fd(&unix_one.source), SOL_SOCKET, SO_SNDBUF, &small, sizeof small),
                     0);
    choose_way(_i);
    write_numbers(MOST);
    watch(&unix_one.source, TOKEN, RDY_WRITABLE);
    wait_for(TOKEN, RDY_EVENT_WRITABLE);
    while (sent < MOST) {
        const ptrdiff_t count = rdy_unix_datagram_send_many(&unix_one, datagrams + sent, MOST - sent);
        if (count > 0)
            sent += (size_t)count;
        if (count > 0)
            continue;
        ck_assert_int_eq(count, -EAGAIN);
        expect_silence();
        rdy_datagram room = {.bytes = bytes[0], .room = sizeof bytes[0]};
        while (rdy_unix_datagram_recv_many(&unix_other, &room, 1) == 1)
            check_number(&room, (int)received++);
        wait_for(TOKEN, RDY_EVENT_WRITABLE);
    }
    ck_assert_uint_gt(received, 0);
}
END_TEST

/* ---- both ---- */

START_TEST(a_batch_goes_on_after_eintr)
{
    open_pair();
    write_numbers(2);
    choose_way(0);
    calls.interrupts = 2;
    ck_assert_int_eq(rdy_udp_socket_send_many(&pair.one, datagrams, 2), 2);
    calls.interrupts = 2;
    ck_assert_int_eq(receive(MOST), 2);
    ck_assert_int_eq(calls.batches, 6);
}
END_TEST

START_TEST(a_closed_socket_is_ebadf)
{
    choose_way(_i);
    ck_assert_int_eq(rdy_udp_socket_recv_many(&pair.one, datagrams, 1), -EBADF);
    ck_assert_int_eq(rdy_udp_socket_send_many(&pair.one, datagrams, 1), -EBADF);
}
END_TEST

static TCase *closing_case(Suite *suite, const char *name)
{
    TCase *tests = contract_case(suite, name);
    tcase_add_checked_fixture(tests, make_room, close_all);
    return tests;
}

int main(void)
{
    Suite *suite = contract_suite("udp_batch");
    TCase *receiving = closing_case(suite, "receiving"), *sending = closing_case(suite, "sending"),
          *both = closing_case(suite, "both");

    tcase_add_loop_test(receiving, a_batch_has_what_is_there_in_order_and_with_its_senders, 0, WAYS);
    tcase_add_loop_test(receiving, a_large_batch_takes_a_call_for_64, 0, WAYS);
    tcase_add_loop_test(receiving, a_batch_tells_which_datagrams_were_too_long, 0, WAYS);
    tcase_add_loop_test(receiving, a_short_batch_is_a_would_block, 0, WAYS);
    tcase_add_loop_test(receiving, a_full_batch_is_no_would_block, 0, WAYS);
    if (!socket_errors_are_eaten())
        tcase_add_loop_test(receiving, a_refusal_by_icmp_shows_once, 0, WAYS);
    tcase_add_loop_test(receiving, an_error_behind_the_first_shows_once_in_the_next_call, 0, WAYS);
    tcase_add_loop_test(receiving, an_error_behind_the_first_can_be_taken_and_stops_no_event, 0, WAYS);

    tcase_add_loop_test(sending, a_batch_is_sent_in_order, 0, WAYS);
    tcase_add_loop_test(sending, what_was_received_can_be_sent_back_as_it_is, 0, WAYS);
    tcase_add_loop_test(sending, a_datagram_that_cannot_be_sent_ends_the_batch_and_is_told_first_thing_next,
                        0, 2 * WAYS);
    tcase_add_loop_test(sending, a_batch_stops_where_it_would_block_and_goes_on_at_an_event, 0, WAYS);

    tcase_add_test(both, a_batch_goes_on_after_eintr);
    tcase_add_loop_test(both, a_closed_socket_is_ebadf, 0, WAYS);
    return run_suite(suite);
}
