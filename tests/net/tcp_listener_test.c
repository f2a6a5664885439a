#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/net/connections.h"

#define ANY_V4 "127.0.0.1:0"
#define TOKEN  ((rdy_token)7)

static rdy_tcp_listener listener, other;
static struct connection connection;

static void close_all(void)
{
    close_connection(&connection);
    rdy_tcp_listener_close(&listener);
    rdy_tcp_listener_close(&other);
}

/* ---- accepting ---- */

START_TEST(accept_gives_each_connection_once_and_names_its_peer)
{
    enum { CLIENTS = 3 };
    rdy_tcp_stream clients[CLIENTS];
    listener = listen_on(ANY_V4, NULL);
    const rdy_address address = address_of_listener(&listener);
    ck_assert_int_eq(rdy_tcp_listener_accept(&listener, &connection.server, NULL), -EAGAIN);
    for (int i = 0; i < CLIENTS; i++)
        clients[i] = connect_client(&address);
    for (int i = 0; i < CLIENTS; i++) {
        rdy_address peer, local;
        await_readable(&listener.source);
        ck_assert_int_eq(rdy_tcp_listener_accept(&listener, &connection.server, &peer), 0);
        ck_assert(is_well_born(rdy_source_fd(&connection.server.source)));
        ck_assert_int_eq(rdy_tcp_stream_local_address(&clients[i], &local), 0);
        ck_assert_int_eq(rdy_address_compare(&peer, &local), 0);
        rdy_tcp_stream_close(&connection.server);
        rdy_tcp_stream_close(&clients[i]);
    }
    ck_assert_int_eq(rdy_tcp_listener_accept(&listener, &connection.server, NULL), -EAGAIN);
}
END_TEST

START_TEST(an_accepted_stream_is_connected)
{
    listener = listen_on(ANY_V4, NULL);
    connection = connect_to(&listener);
    ck_assert_int_eq(rdy_tcp_stream_finish_connect(&connection.server), 0);
}
END_TEST

START_TEST(a_failed_accept_leaves_stream_and_peer_untouched)
{
    rdy_tcp_stream stream = {0};
    rdy_address peer = address_of("1.2.3.4:5");
    const rdy_address before = peer;
    listener = listen_on(ANY_V4, NULL);
    ck_assert_int_eq(rdy_tcp_listener_accept(&listener, &stream, &peer), -EAGAIN);
    ck_assert_int_eq(rdy_source_fd(&stream.source), -1);
    ck_assert_mem_eq(&peer, &before, sizeof peer);
}
END_TEST

/* ---- descriptors ---- */

START_TEST(a_listener_gives_its_descriptor_away_and_takes_it_back)
{
    listener = listen_on(ANY_V4, NULL);
    const rdy_address address = address_of_listener(&listener);
    watch(&listener.source, TOKEN, RDY_READABLE);
    const int fd = rdy_tcp_listener_into_fd(&listener);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(rdy_source_fd(&listener.source), -1);
    ck_assert(!rdy_source_is_registered(&listener.source));
    connection.client = connect_client(&address);
    expect_silence();

    ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
    ck_assert_int_eq(fcntl(fd, F_SETFD, 0), 0);
    ck_assert_int_eq(rdy_tcp_listener_from_fd(fd, &listener), 0);
    ck_assert_int_eq(rdy_source_fd(&listener.source), fd);
    ck_assert(is_well_born(fd));
    connection.server = accept_server(&listener);
}
END_TEST

static int open_pipe_end(void)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    close(ends[1]);
    return ends[0];
}

static int open_socket_that_does_not_listen(void)
{
    return socket(AF_INET, SOCK_STREAM, 0);
}

START_TEST(what_is_no_listener_is_refused_and_stays_as_it_was)
{
    static const struct {
        int (*open)(void);
        int error;
    } rows[] = {
        {open_pipe_end, -ENOTSOCK},  {open_udp_socket, -EINVAL},
        {open_unix_socket, -EINVAL}, {open_socket_that_does_not_listen, -EINVAL},
        {open_nothing, -EBADF},
    };
    const int fd = rows[_i].open();
    const int flags = fcntl(fd, F_GETFL), descriptor_flags = fcntl(fd, F_GETFD);
    ck_assert_int_eq(rdy_tcp_listener_from_fd(fd, &other), rows[_i].error);
    ck_assert_int_eq(rdy_source_fd(&other.source), -1);
    ck_assert_int_eq(fcntl(fd, F_GETFL), flags);
    ck_assert_int_eq(fcntl(fd, F_GETFD), descriptor_flags);
    if (fd >= 0)
        close(fd);
}
END_TEST

START_TEST(close_deregisters_and_closes)
{
    listener = listen_on(ANY_V4, NULL);
    const rdy_address address = address_of_listener(&listener);
    const int fd = rdy_source_fd(&listener.source);
    watch(&listener.source, TOKEN, RDY_READABLE);
    rdy_tcp_listener_close(&listener);
    ck_assert(!is_open(fd));
    ck_assert_int_eq(rdy_source_fd(&listener.source), -1);
    ck_assert(!rdy_source_is_registered(&listener.source));
    rdy_tcp_listener_close(&listener);
    rdy_tcp_listener_close(NULL);
    ck_assert_int_eq(rdy_tcp_listener_bind(&address, NULL, &other), 0);
    expect_silence();
}
END_TEST

START_TEST(a_closed_listener_is_ebadf)
{
    rdy_tcp_listener closed = {0};
    rdy_address address;
    int ttl = -7;
    ck_assert_int_eq(rdy_tcp_listener_accept(&closed, &connection.server, NULL), -EBADF);
    ck_assert_int_eq(rdy_tcp_listener_into_fd(&closed), -EBADF);
    ck_assert_int_eq(rdy_tcp_listener_local_address(&closed, &address), -EBADF);
    ck_assert_int_eq(rdy_tcp_listener_take_error(&closed), -EBADF);
    ck_assert_int_eq(rdy_tcp_listener_set_ttl(&closed, 64), -EBADF);
    ck_assert_int_eq(rdy_tcp_listener_ttl(&closed, &ttl), -EBADF);
    ck_assert_int_eq(ttl, -7);
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
    Suite *suite = contract_suite("tcp_listener");
    TCase *accepting = closing_case(suite, "accepting"), *descriptors = closing_case(suite, "descriptors");

    tcase_add_test(accepting, accept_gives_each_connection_once_and_names_its_peer);
    tcase_add_test(accepting, an_accepted_stream_is_connected);
    tcase_add_test(accepting, a_failed_accept_leaves_stream_and_peer_untouched);

    tcase_add_test(descriptors, a_listener_gives_its_descriptor_away_and_takes_it_back);
    tcase_add_loop_test(descriptors, what_is_no_listener_is_refused_and_stays_as_it_was, 0, 5);
    tcase_add_test(descriptors, close_deregisters_and_closes);
    tcase_add_test(descriptors, a_closed_listener_is_ebadf);
    return run_suite(suite);
}
