/* Promise 10: accept says what to do after it failed, and a full descriptor table neither spins nor hangs. */

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef __has_include
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif
#ifndef RUNNING_ON_VALGRIND
#define RUNNING_ON_VALGRIND 0
#endif

#include "net/tcp_listener.h"
#include "tests/contract/support.h"

#define TOKEN ((rdy_token)7)

static rdy_tcp_listener listener;
static rdy_address address;

static void open_tcp_listener(void)
{
    rdy_address any;
    ck_assert_int_eq(rdy_address_parse("127.0.0.1:0", &any), 0);
    ck_assert_int_eq(rdy_tcp_listener_bind(&any, NULL, &listener), 0);
    ck_assert_int_eq(rdy_tcp_listener_local_address(&listener, &address), 0);
}

static void close_tcp_listener(void)
{
    rdy_tcp_listener_close(&listener);
}

static rdy_source *connect_one(void)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address.storage, address.length), 0);
    return source_of(fd);
}

static int accept_and_close(void)
{
    rdy_tcp_stream stream;
    const int error = rdy_tcp_listener_accept(&listener, &stream, NULL);
    if (error == 0)
        rdy_tcp_stream_close(&stream);
    return error;
}

/* ---- classification ---- */

static const struct {
    int error;
    rdy_accept_advice advice;
} advices[] = {
    {-ECONNABORTED, RDY_ACCEPT_AGAIN}, {-EINTR, RDY_ACCEPT_AGAIN},   {-EAGAIN, RDY_ACCEPT_WAIT},
    {-EWOULDBLOCK, RDY_ACCEPT_WAIT},   {-EMFILE, RDY_ACCEPT_PAUSE},  {-ENFILE, RDY_ACCEPT_PAUSE},
    {-ENOBUFS, RDY_ACCEPT_PAUSE},      {-ENOMEM, RDY_ACCEPT_PAUSE},  {-EBADF, RDY_ACCEPT_BROKEN},
    {-ENOTSOCK, RDY_ACCEPT_BROKEN},    {-EINVAL, RDY_ACCEPT_BROKEN},
};

START_TEST(each_error_of_accept_has_its_advice)
{
    ck_assert_int_eq(rdy_accept_advise(advices[_i].error), advices[_i].advice);
}
END_TEST

/* accept(2): Linux passes on what went wrong with the connection that would have been accepted. */
static const int network_errors[] = {
    -ENETDOWN, -EPROTO, -ENOPROTOOPT, -EHOSTDOWN, -ENONET, -EHOSTUNREACH, -ENETUNREACH,
};

START_TEST(what_the_network_did_to_one_connection_is_no_reason_to_stop)
{
    ck_assert_int_eq(rdy_accept_advise(network_errors[_i]), RDY_ACCEPT_AGAIN);
}
END_TEST

/* ---- accepting ---- */

START_TEST(a_drained_listener_reports_the_next_connection)
{
    watch(&listener.source, TOKEN, RDY_READABLE);
    for (int round = 0; round < 3; round++) {
        connect_one();
        connect_one();
        wait_for(TOKEN, RDY_EVENT_READABLE);
        ck_assert_int_eq(accept_and_close(), 0);
        ck_assert_int_eq(accept_and_close(), 0);
        ck_assert_int_eq(accept_and_close(), -EAGAIN);
    }
}
END_TEST

START_TEST(a_level_listener_reports_while_a_connection_waits)
{
    watch(&listener.source, TOKEN, RDY_READABLE | RDY_LEVEL);
    connect_one();
    connect_one();
    wait_for(TOKEN, RDY_EVENT_READABLE);
    ck_assert_int_eq(accept_and_close(), 0);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    ck_assert_int_eq(accept_and_close(), 0);
    expect_silence();
}
END_TEST

START_TEST(accept_names_the_peer)
{
    rdy_tcp_stream stream;
    rdy_address peer;
    rdy_address expected = {.length = sizeof expected.storage};
    const rdy_source *client = connect_one();
    getsockname(rdy_source_fd(client), (struct sockaddr *)&expected.storage, &expected.length);
    ck_assert_int_eq(rdy_tcp_listener_accept(&listener, &stream, &peer), 0);
    ck_assert_int_eq(rdy_address_compare(&peer, &expected), 0);
    rdy_tcp_stream_close(&stream);
}
END_TEST

/* ---- a full descriptor table ---- */

static void limit_descriptors(rlim_t limit)
{
    struct rlimit limits;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limits), 0);
    limits.rlim_cur = limit;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limits), 0);
}

/* Takes every descriptor that the limit leaves; the last one is handed out to be given back. */
static rdy_source *exhaust_descriptors(void)
{
    rdy_source *last = NULL;
    int fd;
    limit_descriptors(100);
    while ((fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
        last = source_of(fd);
    ck_assert_int_eq(errno, EMFILE);
    ck_assert_ptr_nonnull(last);
    return last;
}

START_TEST(a_full_descriptor_table_does_not_spin_an_edge_triggered_listener)
{
    watch(&listener.source, TOKEN, RDY_READABLE);
    connect_one();
    rdy_source *last = exhaust_descriptors();
    wait_for(TOKEN, RDY_EVENT_READABLE);
    ck_assert_int_eq(accept_and_close(), -EMFILE);
    ck_assert_int_eq(rdy_accept_advise(-EMFILE), RDY_ACCEPT_PAUSE);
    expect_silence();
    ck_assert_int_eq(accept_and_close(), -EMFILE);
    rdy_source_close(last);
    ck_assert_int_eq(accept_and_close(), 0);
}
END_TEST

START_TEST(a_listener_recovers_when_descriptors_come_back)
{
    watch(&listener.source, TOKEN, RDY_READABLE);
    connect_one();
    connect_one();
    exhaust_descriptors();
    wait_for(TOKEN, RDY_EVENT_READABLE);
    ck_assert_int_eq(accept_and_close(), -EMFILE);
    limit_descriptors(200);
    ck_assert_int_eq(accept_and_close(), 0);
    ck_assert_int_eq(accept_and_close(), 0);
    ck_assert_int_eq(accept_and_close(), -EAGAIN);
    connect_one();
    wait_for(TOKEN, RDY_EVENT_READABLE);
    ck_assert_int_eq(accept_and_close(), 0);
}
END_TEST

START_TEST(a_paused_listener_comes_back_with_what_waits)
{
    watch(&listener.source, TOKEN, RDY_READABLE | RDY_LEVEL);
    connect_one();
    exhaust_descriptors();
    wait_for(TOKEN, RDY_EVENT_READABLE);
    ck_assert_int_eq(accept_and_close(), -EMFILE);
    ck_assert_int_eq(rdy_source_deregister(&listener.source), 0);
    expect_silence();
    limit_descriptors(200);
    watch(&listener.source, TOKEN, RDY_READABLE);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    ck_assert_int_eq(accept_and_close(), 0);
}
END_TEST

START_TEST(with_a_full_descriptor_table_a_failed_accept_leaves_the_stream_untouched)
{
    rdy_tcp_stream stream = {.source = rdy_source_from_fd(12345)};
    connect_one();
    exhaust_descriptors();
    ck_assert_int_eq(rdy_tcp_listener_accept(&listener, &stream, NULL), -EMFILE);
    ck_assert_int_eq(rdy_source_fd(&stream.source), 12345);
}
END_TEST

static void add_tests_of_exhaustion(Suite *suite)
{
    TCase *exhaustion = contract_case(suite, "exhaustion");
    tcase_add_checked_fixture(exhaustion, open_tcp_listener, close_tcp_listener);
    tcase_add_test(exhaustion, a_full_descriptor_table_does_not_spin_an_edge_triggered_listener);
    tcase_add_test(exhaustion, a_listener_recovers_when_descriptors_come_back);
    tcase_add_test(exhaustion, a_paused_listener_comes_back_with_what_waits);
    tcase_add_test(exhaustion, with_a_full_descriptor_table_a_failed_accept_leaves_the_stream_untouched);
}

int main(void)
{
    Suite *suite = contract_suite("accept");
    TCase *advice = contract_case(suite, "advice");
    TCase *accepting = contract_case(suite, "accepting");

    tcase_add_loop_test(advice, each_error_of_accept_has_its_advice, 0, COUNT(advices));
    tcase_add_loop_test(advice, what_the_network_did_to_one_connection_is_no_reason_to_stop, 0,
                        COUNT(network_errors));
    tcase_add_checked_fixture(accepting, open_tcp_listener, close_tcp_listener);
    tcase_add_test(accepting, a_drained_listener_reports_the_next_connection);
    tcase_add_test(accepting, a_level_listener_reports_while_a_connection_waits);
    tcase_add_test(accepting, accept_names_the_peer);
    /* valgrind stands in for the limit and accepts, then closes, what the kernel would have kept waiting. */
    if (!RUNNING_ON_VALGRIND)
        add_tests_of_exhaustion(suite);
    return run_suite(suite);
}
