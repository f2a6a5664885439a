/* Promise 8: every descriptor is non-blocking and close-on-exec from birth; would-block, end, no SIGPIPE. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/tcp_listener.h"
#include "net/unix_listener.h"
#include "reactor/signals.h"
#include "reactor/waker.h"
#include "tests/contract/support.h"

static char directory[] = "/tmp/rdy-contract-XXXXXX";
static rdy_address unix_address;

static rdy_tcp_listener listener;
static rdy_unix_listener unix_listener;
static rdy_address address;

static void open_listeners(void)
{
    char text[sizeof directory + 16];
    rdy_address any;
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(text, sizeof text, "unix:%s/socket", directory);
    ck_assert_int_eq(rdy_address_parse(text, &unix_address), 0);
    ck_assert_int_eq(rdy_unix_listener_bind(&unix_address, &unix_listener), 0);
    ck_assert_int_eq(rdy_address_parse("127.0.0.1:0", &any), 0);
    ck_assert_int_eq(rdy_tcp_listener_bind(&any, NULL, &listener), 0);
    ck_assert_int_eq(rdy_tcp_listener_local_address(&listener, &address), 0);
}

static void close_listeners(void)
{
    char path[sizeof directory + 8];
    rdy_tcp_listener_close(&listener);
    rdy_unix_listener_close(&unix_listener);
    snprintf(path, sizeof path, "%s/socket", directory);
    unlink(path);
    rmdir(directory);
}

/* ---- born right ---- */

static int make_tcp_listener(rdy_source made[2])
{
    rdy_address any = address;
    rdy_tcp_listener another;
    rdy_address_set_port(&any, 0);
    ck_assert_int_eq(rdy_tcp_listener_bind(&any, NULL, &another), 0);
    made[0] = another.source;
    return 1;
}

static rdy_source connect_tcp(void)
{
    rdy_tcp_stream stream;
    ck_assert_int_eq(rdy_tcp_stream_connect(&address, &stream), 0);
    return stream.source;
}

static int make_tcp_connection(rdy_source made[2])
{
    made[0] = connect_tcp();
    return 1;
}

static int make_tcp_connection_from(rdy_source made[2])
{
    rdy_address from = address;
    rdy_tcp_stream stream;
    rdy_address_set_port(&from, 0);
    ck_assert_int_eq(rdy_tcp_stream_connect_from(&from, &address, &stream), 0);
    made[0] = stream.source;
    return 1;
}

static int accept_tcp(rdy_source made[2])
{
    rdy_tcp_stream stream;
    made[1] = connect_tcp();
    watch(&listener.source, 1, RDY_READABLE);
    wait_for(1, RDY_EVENT_READABLE);
    ck_assert_int_eq(rdy_tcp_listener_accept(&listener, &stream, NULL), 0);
    made[0] = stream.source;
    return 2;
}

static int take_over_blocking_socket(rdy_source made[2])
{
    rdy_tcp_stream stream;
    struct pair pair = open_tcp_pair();
    const int fd = rdy_source_fd(pair.end);
    ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
    ck_assert_int_eq(fcntl(fd, F_SETFD, 0), 0);
    ck_assert_int_eq(rdy_tcp_stream_from_fd(fd, &stream), 0);
    *pair.end = (rdy_source){0};
    made[0] = stream.source;
    return 1;
}

static int make_unix_pair(rdy_source made[2])
{
    rdy_unix_stream one;
    rdy_unix_stream other;
    ck_assert_int_eq(rdy_unix_stream_pair(&one, &other), 0);
    made[0] = one.source;
    made[1] = other.source;
    return 2;
}

static int connect_and_accept_unix(rdy_source made[2])
{
    rdy_unix_stream one;
    rdy_unix_stream other;
    ck_assert_int_eq(rdy_unix_stream_connect(&unix_address, &one), 0);
    ck_assert_int_eq(rdy_unix_listener_accept(&unix_listener, &other, NULL), 0);
    made[0] = one.source;
    made[1] = other.source;
    return 2;
}

static int hand_out_unix_listener(rdy_source made[2])
{
    made[0] = unix_listener.source;
    unix_listener = (rdy_unix_listener){0};
    return 1;
}

static int (*const makers[])(rdy_source made[2]) = {
    make_tcp_listener,         make_tcp_connection, make_tcp_connection_from, accept_tcp,
    take_over_blocking_socket, make_unix_pair,      connect_and_accept_unix,  hand_out_unix_listener,
};

START_TEST(sockets_are_nonblocking_and_close_on_exec)
{
    rdy_source made[2] = {{0}};
    const int count = makers[_i](made);
    for (int i = 0; i < count; i++) {
        const int fd = rdy_source_fd(&made[i]);
        ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
        ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    }
    rdy_source_close(&made[0]);
    rdy_source_close(&made[1]);
}
END_TEST

START_TEST(a_poll_opens_nothing_that_survives_exec_and_closes_all_it_opened)
{
    rdy_poll *poll;
    int before;
    int during;
    const int open_before = count_descriptors(&before);
    ck_assert_int_eq(rdy_poll_open(NULL, &poll), 0);
    ck_assert_int_gt(count_descriptors(&during), open_before);
    ck_assert_int_eq(during, before);
    rdy_poll_close(poll);
    wait_until_descriptors_are(open_before);
}
END_TEST

START_TEST(signals_open_nothing_that_survives_exec)
{
    static const int number = SIGUSR1;
    rdy_signals signals;
    int before;
    int during;
    const int open_before = count_descriptors(&before);
    ck_assert_int_eq(rdy_signals_open(&number, 1, &signals), 0);
    ck_assert_int_gt(count_descriptors(&during), open_before);
    ck_assert_int_eq(during, before);
    rdy_signals_close(&signals);
    ck_assert_int_eq(count_descriptors(&during), open_before);
}
END_TEST

START_TEST(a_waker_costs_no_descriptor)
{
    rdy_waker *waker;
    int inheritable;
    const int before = count_descriptors(&inheritable);
    ck_assert_int_eq(rdy_waker_open(subject.registry, 1, &waker), 0);
    ck_assert_int_eq(rdy_waker_wake(waker), 0);
    ck_assert_int_eq(count_descriptors(&inheritable), before);
    rdy_waker_close(waker);
}
END_TEST

/* ---- results of reading and writing ---- */

static char bytes[1 << 16];
static struct iovec pieces[] = {{bytes, 10}, {bytes + 10, 10}};

static struct pair (*const openers[])(void) = {open_tcp_pair, open_unix_pair};

START_TEST(what_would_block_is_eagain)
{
    struct pair pair = openers[_i]();
    ck_assert_int_eq(rdy_stream_read(pair.end, bytes, sizeof bytes), -EAGAIN);
    ck_assert_int_eq(rdy_stream_readv(pair.end, pieces, 2), -EAGAIN);
    ck_assert_int_eq(rdy_stream_peek(pair.end, bytes, sizeof bytes), -EAGAIN);
    fill(pair.end);
    ck_assert_int_eq(rdy_stream_write(pair.end, bytes, sizeof bytes), -EAGAIN);
    ck_assert_int_eq(rdy_stream_writev(pair.end, pieces, 2), -EAGAIN);
}
END_TEST

START_TEST(an_accept_without_a_connection_is_eagain)
{
    rdy_tcp_stream stream;
    rdy_unix_stream unix_stream;
    ck_assert_int_eq(rdy_tcp_listener_accept(&listener, &stream, NULL), -EAGAIN);
    ck_assert_int_eq(rdy_unix_listener_accept(&unix_listener, &unix_stream, NULL), -EAGAIN);
}
END_TEST

START_TEST(the_end_of_a_stream_is_0_and_stays_0)
{
    struct pair pair = openers[_i]();
    feed(pair.peer);
    rdy_source_close(pair.peer);
    watch(pair.end, 1, RDY_READABLE);
    wait_for(1, RDY_EVENT_READABLE);
    ck_assert_int_eq(rdy_stream_peek(pair.end, bytes, sizeof bytes), FED);
    ck_assert_int_eq(rdy_stream_read(pair.end, bytes, sizeof bytes), FED);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(rdy_stream_read(pair.end, bytes, sizeof bytes), 0);
        ck_assert_int_eq(rdy_stream_readv(pair.end, pieces, 2), 0);
        ck_assert_int_eq(rdy_stream_peek(pair.end, bytes, sizeof bytes), 0);
    }
}
END_TEST

START_TEST(a_closed_source_is_ebadf)
{
    rdy_source closed = {0};
    ck_assert_int_eq(rdy_stream_read(&closed, bytes, 1), -EBADF);
    ck_assert_int_eq(rdy_stream_readv(&closed, pieces, 2), -EBADF);
    ck_assert_int_eq(rdy_stream_peek(&closed, bytes, 1), -EBADF);
    ck_assert_int_eq(rdy_stream_write(&closed, bytes, 1), -EBADF);
    ck_assert_int_eq(rdy_stream_writev(&closed, pieces, 2), -EBADF);
    ck_assert_int_eq(rdy_stream_shutdown(&closed, SHUT_WR), -EBADF);
}
END_TEST

/* SIGPIPE keeps its default action here: raised, it would end the test. */
START_TEST(writing_to_a_peer_that_has_gone_is_an_error_and_no_signal)
{
    struct pair pair = openers[_i % 2]();
    const bool gathered = _i >= 2;
    signal(SIGPIPE, SIG_DFL);
    rdy_source_close(pair.peer);
    const int64_t deadline = rdy_clock_after(rdy_clock_now(), GENEROUS);
    ptrdiff_t result;
    do
        result = gathered ? rdy_stream_writev(pair.end, pieces, 2) : rdy_stream_write(pair.end, bytes, 10);
    while (result >= 0 && rdy_clock_now() < deadline);
    ck_assert_msg(result == -EPIPE || result == -ECONNRESET, "write gave %td", result);
    result = gathered ? rdy_stream_writev(pair.end, pieces, 2) : rdy_stream_write(pair.end, bytes, 10);
    ck_assert_int_eq(result, -EPIPE);
}
END_TEST

START_TEST(writing_after_our_own_shutdown_is_epipe_and_no_signal)
{
    struct pair pair = openers[_i]();
    signal(SIGPIPE, SIG_DFL);
    ck_assert_int_eq(rdy_stream_shutdown(pair.end, SHUT_WR), 0);
    ck_assert_int_eq(rdy_stream_write(pair.end, bytes, 10), -EPIPE);
    ck_assert_int_eq(rdy_stream_writev(pair.end, pieces, 2), -EPIPE);
}
END_TEST

int main(void)
{
    Suite *suite = contract_suite("descriptors");
    TCase *birth = contract_case(suite, "birth");
    TCase *results = contract_case(suite, "results");

    tcase_add_checked_fixture(birth, open_listeners, close_listeners);
    tcase_add_loop_test(birth, sockets_are_nonblocking_and_close_on_exec, 0, COUNT(makers));
    tcase_add_test(birth, a_poll_opens_nothing_that_survives_exec_and_closes_all_it_opened);
    tcase_add_test(birth, signals_open_nothing_that_survives_exec);
    tcase_add_test(birth, a_waker_costs_no_descriptor);
    tcase_add_test(birth, an_accept_without_a_connection_is_eagain);
    tcase_add_loop_test(results, what_would_block_is_eagain, 0, COUNT(openers));
    tcase_add_loop_test(results, the_end_of_a_stream_is_0_and_stays_0, 0, COUNT(openers));
    tcase_add_test(results, a_closed_source_is_ebadf);
    tcase_add_loop_test(results, writing_to_a_peer_that_has_gone_is_an_error_and_no_signal, 0, 4);
    tcase_add_loop_test(results, writing_after_our_own_shutdown_is_epipe_and_no_signal, 0, COUNT(openers));
    return run_suite(suite);
}
