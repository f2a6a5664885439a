/* Promise 9: one call finishes a connect, and it eats no error. */

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "net/stream.h"
#include "net/tcp_listener.h"
#include "tests/contract/support.h"

#define TOKEN ((rdy_token)7)

static rdy_tcp_listener listener;
static rdy_address address;
static rdy_tcp_stream stream;
static rdy_tcp_stream accepted;

static int interruptions;

/* The linker's --wrap leads the library here (meson.build) and names the original. */
int __real_poll(struct pollfd *polled, nfds_t count, int milliseconds);
int __wrap_poll(struct pollfd *polled, nfds_t count, int milliseconds);
int __wrap_poll(struct pollfd *polled, nfds_t count, int milliseconds)
{
    if (interruptions == 0)
        return __real_poll(polled, count, milliseconds);
    interruptions--;
    errno = EINTR;
    return -1;
}

static void listen_with(int backlog)
{
    const rdy_tcp_listener_options options = {.backlog = backlog};
    rdy_address any;
    ck_assert_int_eq(rdy_address_parse("127.0.0.1:0", &any), 0);
    ck_assert_int_eq(rdy_tcp_listener_bind(&any, &options, &listener), 0);
    ck_assert_int_eq(rdy_tcp_listener_local_address(&listener, &address), 0);
}

static void close_all(void)
{
    rdy_tcp_stream_close(&stream);
    rdy_tcp_stream_close(&accepted);
    rdy_tcp_listener_close(&listener);
}

static void begin_to_connect(rdy_interest interest)
{
    ck_assert_int_eq(rdy_tcp_stream_connect(&address, &stream), 0);
    watch(&stream.source, TOKEN, interest);
}

/* As its header says: asked at each writable event until it is decided. */
static int finish(void)
{
    int result;
    do {
        wait_for(TOKEN, RDY_EVENT_WRITABLE);
        result = rdy_tcp_stream_finish_connect(&stream);
    } while (result == -EAGAIN);
    return result;
}

static void accept_one(void)
{
    const int64_t deadline = rdy_clock_after(rdy_clock_now(), GENEROUS);
    while (rdy_tcp_listener_accept(&listener, &accepted, NULL) == -EAGAIN && rdy_clock_now() < deadline)
        pause_briefly();
    ck_assert_int_ge(rdy_source_fd(&accepted.source), 0);
}

START_TEST(a_connect_that_is_done_says_so_each_time)
{
    static const rdy_interest interests[] = {
        RDY_WRITABLE,
        RDY_READABLE | RDY_WRITABLE,
        RDY_WRITABLE | RDY_LEVEL,
        RDY_WRITABLE | RDY_ONESHOT,
    };
    char bytes[2];
    listen_with(0);
    begin_to_connect(interests[_i]);
    ck_assert_int_eq(finish(), 0);
    ck_assert_int_eq(rdy_tcp_stream_finish_connect(&stream), 0);
    accept_one();
    ck_assert_int_eq(rdy_tcp_stream_write(&accepted, "ok", 2), 2);
    watch_again(&stream.source, TOKEN, RDY_READABLE);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    ck_assert_int_eq(rdy_tcp_stream_read(&stream, bytes, 2), 2);
    ck_assert_int_eq(rdy_tcp_stream_finish_connect(&stream), 0);
}
END_TEST

START_TEST(a_refused_connect_says_so_each_time_and_so_does_the_next_read)
{
    char byte;
    address = address_of_nobody();
    begin_to_connect(_i ? RDY_READABLE | RDY_WRITABLE : RDY_WRITABLE);
    ck_assert_int_eq(finish(), -ECONNREFUSED);
    ck_assert_int_eq(rdy_tcp_stream_finish_connect(&stream), -ECONNREFUSED);
    ck_assert_int_eq(rdy_tcp_stream_read(&stream, &byte, 1), -ECONNREFUSED);
    ck_assert_int_eq(rdy_tcp_stream_finish_connect(&stream), -ECONNREFUSED);
}
END_TEST

START_TEST(a_refused_connect_wakes_who_waits_for_readable_alone)
{
    char byte;
    address = address_of_nobody();
    begin_to_connect(RDY_READABLE);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    ck_assert_int_eq(rdy_tcp_stream_read(&stream, &byte, 1), -ECONNREFUSED);
}
END_TEST

static int read_byte(void)
{
    char byte;
    return (int)rdy_tcp_stream_read(&stream, &byte, 1);
}

static int write_byte(void)
{
    return (int)rdy_tcp_stream_write(&stream, "x", 1);
}

static int take_error(void)
{
    return rdy_tcp_stream_take_error(&stream);
}

START_TEST(a_failed_connect_whose_error_was_taken_is_no_connection_for_ever)
{
    static int (*const takers[])(void) = {read_byte, write_byte, take_error};
    address = address_of_nobody();
    begin_to_connect(RDY_READABLE | RDY_WRITABLE);
    wait_for(TOKEN, RDY_EVENT_WRITABLE);
    ck_assert_int_eq(takers[_i](), -ECONNREFUSED);
    ck_assert_int_eq(rdy_tcp_stream_finish_connect(&stream), -ENOTCONN);
    ck_assert_int_eq(rdy_tcp_stream_finish_connect(&stream), -ENOTCONN);
}
END_TEST

/* ---- not yet ---- */

static bool is_connecting(int fd)
{
    struct tcp_info info;
    socklen_t length = sizeof info;
    ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length), 0);
    return info.tcpi_state == TCP_SYN_SENT;
}

/* A listener whose queue is full answers no more: connects until one is left without an answer. */
static void fill_the_queue(void)
{
    bool full = false;
    listen_with(1);
    for (int i = 0; i < 16 && !full; i++) {
        const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        source_of(fd);
        (void)connect(fd, (const struct sockaddr *)&address.storage, address.length);
        full = is_connecting(fd);
    }
    ck_assert(full);
}

START_TEST(a_connect_without_an_answer_is_not_yet_and_silent)
{
    fill_the_queue();
    begin_to_connect(RDY_READABLE | RDY_WRITABLE);
    expect_silence();
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(rdy_tcp_stream_finish_connect(&stream), -EAGAIN);
        expect_silence();
    }
}
END_TEST

START_TEST(a_signal_that_comes_meanwhile_does_not_end_a_connect)
{
    fill_the_queue();
    begin_to_connect(RDY_READABLE | RDY_WRITABLE);
    interruptions = 3;
    ck_assert_int_eq(rdy_tcp_stream_finish_connect(&stream), -EAGAIN);
    ck_assert_msg(interruptions == 0, "the call that this test replaces was not used");
}
END_TEST

/* The kernel asks again after a second. */
START_TEST(a_late_answer_is_reported_although_finish_connect_was_asked_before)
{
    fill_the_queue();
    begin_to_connect(RDY_WRITABLE);
    ck_assert_int_eq(rdy_tcp_stream_finish_connect(&stream), -EAGAIN);
    while (rdy_tcp_listener_accept(&listener, &accepted, NULL) == 0)
        rdy_tcp_stream_close(&accepted);
    ck_assert_int_eq(finish(), 0);
}
END_TEST

/* ---- reset ---- */

static void reset_accepted(void)
{
    ck_assert_int_eq(rdy_tcp_stream_set_linger(&accepted, 0), 0);
    rdy_tcp_stream_close(&accepted);
}

/* Either finish_connect or the next read tells; and what finish_connect says it says again. */
static void expect_the_reset_to_be_told(void)
{
    char byte;
    const int first = rdy_tcp_stream_finish_connect(&stream);
    ck_assert_int_eq(rdy_tcp_stream_finish_connect(&stream), first);
    const ptrdiff_t next = rdy_tcp_stream_read(&stream, &byte, 1);
    ck_assert_msg(first == -ECONNRESET || next == -ECONNRESET, "finish_connect gave %d, then read %td", first,
                  next);
    ck_assert_int_eq(rdy_tcp_stream_finish_connect(&stream), first);
}

START_TEST(a_reset_before_finish_connect_is_not_eaten)
{
    listen_with(0);
    begin_to_connect(_i ? RDY_READABLE | RDY_WRITABLE : RDY_READABLE);
    accept_one();
    reset_accepted();
    wait_for(TOKEN, RDY_EVENT_READABLE);
    expect_the_reset_to_be_told();
}
END_TEST

START_TEST(a_reset_after_finish_connect_is_not_eaten)
{
    listen_with(0);
    begin_to_connect(RDY_READABLE | RDY_WRITABLE);
    ck_assert_int_eq(finish(), 0);
    accept_one();
    reset_accepted();
    wait_for(TOKEN, RDY_EVENT_READABLE);
    expect_the_reset_to_be_told();
}
END_TEST

START_TEST(a_reset_shows_in_each_way_to_read)
{
    char byte;
    struct iovec piece = {&byte, 1};
    listen_with(0);
    begin_to_connect(RDY_READABLE);
    accept_one();
    reset_accepted();
    wait_for(TOKEN, RDY_EVENT_READABLE);
    const int told = rdy_tcp_stream_finish_connect(&stream);
    const ptrdiff_t next =
        _i ? rdy_tcp_stream_readv(&stream, &piece, 1) : rdy_tcp_stream_peek(&stream, &byte, 1);
    ck_assert(told == -ECONNRESET || next == -ECONNRESET);
}
END_TEST

START_TEST(what_was_sent_before_the_end_is_read_after_finish_connect)
{
    char bytes[8];
    listen_with(0);
    begin_to_connect(RDY_READABLE | RDY_WRITABLE);
    accept_one();
    ck_assert_int_eq(rdy_tcp_stream_write(&accepted, "bye", 3), 3);
    rdy_tcp_stream_close(&accepted);
    wait_for(TOKEN, RDY_EVENT_READABLE | RDY_EVENT_WRITABLE);
    ck_assert_int_eq(rdy_tcp_stream_finish_connect(&stream), 0);
    ck_assert_int_eq(rdy_tcp_stream_read(&stream, bytes, sizeof bytes), 3);
    int64_t deadline = rdy_clock_after(rdy_clock_now(), GENEROUS);
    ptrdiff_t count;
    while ((count = rdy_tcp_stream_read(&stream, bytes, sizeof bytes)) == -EAGAIN &&
           rdy_clock_now() < deadline)
        wait_for(TOKEN, RDY_EVENT_READABLE);
    ck_assert_int_eq(count, 0);
}
END_TEST

/* ---- at once ---- */

START_TEST(what_is_no_internet_address_is_eafnosupport)
{
    rdy_address local;
    rdy_tcp_stream untouched = {0};
    const rdy_address zeroed = {0};
    ck_assert_int_eq(rdy_address_parse("unix:/tmp/nowhere", &local), 0);
    ck_assert_int_eq(rdy_tcp_stream_connect(&local, &untouched), -EAFNOSUPPORT);
    ck_assert_int_eq(rdy_tcp_stream_connect(&zeroed, &untouched), -EAFNOSUPPORT);
    ck_assert_int_eq(rdy_source_fd(&untouched.source), -1);
}
END_TEST

static TCase *closing_case(Suite *suite, const char *name)
{
    TCase *tests = contract_case(suite, name);
    tcase_add_checked_fixture(tests, NULL, close_all);
    return tests;
}

static void add_tests_of_errors(Suite *suite)
{
    TCase *errors = closing_case(suite, "errors");
    tcase_add_loop_test(errors, a_refused_connect_says_so_each_time_and_so_does_the_next_read, 0, 2);
    tcase_add_test(errors, a_refused_connect_wakes_who_waits_for_readable_alone);
    tcase_add_loop_test(errors, a_failed_connect_whose_error_was_taken_is_no_connection_for_ever, 0, 3);
    tcase_add_loop_test(errors, a_reset_before_finish_connect_is_not_eaten, 0, 2);
    tcase_add_test(errors, a_reset_after_finish_connect_is_not_eaten);
    tcase_add_loop_test(errors, a_reset_shows_in_each_way_to_read, 0, 2);
}

int main(void)
{
    Suite *suite = contract_suite("connect");
    TCase *answers = closing_case(suite, "answers");

    tcase_add_loop_test(answers, a_connect_that_is_done_says_so_each_time, 0, 4);
    tcase_add_test(answers, what_was_sent_before_the_end_is_read_after_finish_connect);
    tcase_add_test(answers, what_is_no_internet_address_is_eafnosupport);
    tcase_add_test(answers, a_connect_without_an_answer_is_not_yet_and_silent);
    tcase_add_test(answers, a_signal_that_comes_meanwhile_does_not_end_a_connect);
    tcase_add_test(answers, a_late_answer_is_reported_although_finish_connect_was_asked_before);
    if (!socket_errors_are_eaten())
        add_tests_of_errors(suite);
    return run_suite(suite);
}
