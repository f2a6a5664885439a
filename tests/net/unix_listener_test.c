#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/net/connections.h"
#include "tests/net/unix_place.h"

#define TOKEN ((rdy_token)7)

static rdy_unix_listener listener, other;
static rdy_unix_stream client, server;

static void close_all(void)
{
    rdy_unix_stream_close(&client);
    rdy_unix_stream_close(&server);
    rdy_unix_listener_close(&listener);
    rdy_unix_listener_close(&other);
    remove_place();
}

static void listen_there(void)
{
    listener = listen_at(&place.address);
}

static void connect_there(void)
{
    ck_assert_int_eq(rdy_unix_stream_connect(&place.address, &client), 0);
}

static int accept_one(void)
{
    return rdy_unix_listener_accept(&listener, &server, NULL);
}

/* ---- binding ---- */

START_TEST(the_local_address_is_the_path)
{
    rdy_address local;
    listen_there();
    ck_assert(is_well_born(rdy_source_fd(&listener.source)));
    ck_assert_int_eq(rdy_unix_listener_local_address(&listener, &local), 0);
    ck_assert_int_eq(rdy_address_compare(&local, &place.address), 0);
    ck_assert_int_eq(rdy_unix_listener_take_error(&listener), 0);
}
END_TEST

/* The library's call comes here (meson.build). */
static bool cannot_listen;

int __real_listen(int fd, int backlog);
int __wrap_listen(int fd, int backlog);
int __wrap_listen(int fd, int backlog)
{
    errno = ENOBUFS;
    return cannot_listen ? -1 : __real_listen(fd, backlog);
}

START_TEST(what_cannot_listen_leaves_no_file)
{
    cannot_listen = true;
    ck_assert_int_eq(rdy_unix_listener_bind(&place.address, &listener), -ENOBUFS);
    ck_assert_int_eq(access(place.path, F_OK), -1);
    cannot_listen = false;
    listen_there();
}
END_TEST

START_TEST(the_file_stays_and_is_in_use_until_somebody_removes_it)
{
    listen_there();
    ck_assert_int_eq(rdy_unix_listener_bind(&place.address, &other), -EADDRINUSE);
    ck_assert_int_eq(rdy_source_fd(&other.source), -1);
    rdy_unix_listener_close(&listener);
    ck_assert_int_eq(access(place.path, F_OK), 0);
    ck_assert_int_eq(rdy_unix_listener_bind(&place.address, &other), -EADDRINUSE);
    ck_assert_int_eq(unlink(place.path), 0);
    ck_assert_int_eq(rdy_unix_listener_bind(&place.address, &other), 0);
}
END_TEST

#ifdef __linux__
START_TEST(an_abstract_name_leaves_no_file_and_is_free_after_close)
{
    const rdy_address name = abstract_address();
    rdy_address local;
    listener = listen_at(&name);
    ck_assert_int_eq(rdy_unix_listener_local_address(&listener, &local), 0);
    ck_assert_int_eq(rdy_address_compare(&local, &name), 0);
    ck_assert_int_eq(rdy_unix_listener_bind(&name, &other), -EADDRINUSE);
    rdy_unix_listener_close(&listener);
    ck_assert_int_eq(rmdir(place.folder), 0);
    ck_assert_int_eq(rdy_unix_listener_bind(&name, &other), 0);
}
END_TEST
#endif

START_TEST(what_cannot_be_bound_says_why_and_leaves_the_listener_untouched)
{
    const struct {
        rdy_address address;
        int error;
    } rows[] = {
        {address_of("unix:/no-such-folder/socket"), -ENOENT},
        {address_of("127.0.0.1:0"), -EAFNOSUPPORT},
        {address_of("[::1]:0"), -EAFNOSUPPORT},
        {{.length = 0}, -EAFNOSUPPORT},
    };
    for (int i = 0; i < COUNT(rows); i++) {
        ck_assert_int_eq(rdy_unix_listener_bind(&rows[i].address, &listener), rows[i].error);
        ck_assert_int_eq(rdy_source_fd(&listener.source), -1);
    }
}
END_TEST

/* ---- accepting ---- */

START_TEST(a_drained_listener_reports_the_next_connection)
{
    listen_there();
    watch(&listener.source, TOKEN, RDY_READABLE);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(accept_one(), -EAGAIN);
        expect_silence();
        connect_there();
        wait_for(TOKEN, RDY_EVENT_READABLE);
        ck_assert_int_eq(accept_one(), 0);
        ck_assert(is_well_born(rdy_source_fd(&server.source)));
        rdy_unix_stream_close(&client);
        rdy_unix_stream_close(&server);
    }
}
END_TEST

START_TEST(a_client_that_is_not_bound_has_no_path)
{
    char text[RDY_ADDRESS_TEXT_MAX];
    rdy_address peer;
    listen_there();
    connect_there();
    await_readable(&listener.source);
    ck_assert_int_eq(rdy_unix_listener_accept(&listener, &server, &peer), 0);
    ck_assert_int_eq(rdy_address_family(&peer), AF_UNIX);
    rdy_address_print(&peer, text, sizeof text);
    ck_assert_str_eq(text, "unix:");
}
END_TEST

/* Such a client the system's own calls make. */
static void connect_from(const rdy_address *from)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&from->storage, from->length), 0);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&place.address.storage, place.address.length), 0);
    ck_assert_int_eq(rdy_unix_stream_from_fd(fd, &client), 0);
}

static void expect_peer(const rdy_address *expected)
{
    rdy_address peer;
    connect_from(expected);
    await_readable(&listener.source);
    ck_assert_int_eq(rdy_unix_listener_accept(&listener, &server, &peer), 0);
    ck_assert_int_eq(rdy_address_compare(&peer, expected), 0);
    ck_assert_int_eq(rdy_unix_stream_peer_address(&server, &peer), 0);
    ck_assert_int_eq(rdy_address_compare(&peer, expected), 0);
    expect_talk(&client, &server);
}

START_TEST(accept_names_a_client_that_is_bound)
{
    listen_there();
    expect_peer(&place.other);
}
END_TEST

#ifdef __linux__
START_TEST(accept_names_a_client_with_an_abstract_name)
{
    const rdy_address name = abstract_address();
    listen_there();
    expect_peer(&name);
}
END_TEST
#endif

START_TEST(a_failed_accept_leaves_stream_and_peer_untouched)
{
    rdy_address peer = address_of("1.2.3.4:5");
    const rdy_address before = peer;
    listen_there();
    ck_assert_int_eq(rdy_unix_listener_accept(&listener, &server, &peer), -EAGAIN);
    ck_assert_int_eq(rdy_source_fd(&server.source), -1);
    ck_assert_mem_eq(&peer, &before, sizeof peer);
}
END_TEST

/* ---- descriptors ---- */

START_TEST(a_listener_gives_its_descriptor_away_and_takes_it_back)
{
    listen_there();
    watch(&listener.source, TOKEN, RDY_READABLE);
    const int fd = rdy_unix_listener_into_fd(&listener);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(rdy_source_fd(&listener.source), -1);
    ck_assert(!rdy_source_is_registered(&listener.source));
    connect_there();
    expect_silence();

    ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
    ck_assert_int_eq(fcntl(fd, F_SETFD, 0), 0);
    ck_assert_int_eq(rdy_unix_listener_from_fd(fd, &listener), 0);
    ck_assert_int_eq(rdy_source_fd(&listener.source), fd);
    ck_assert(is_well_born(fd));
    ck_assert_int_eq(accept_one(), 0);
    ck_assert_int_eq(accept_one(), -EAGAIN);
    expect_talk(&client, &server);
}
END_TEST

static int open_tcp_listener(void)
{
    return rdy_tcp_listener_into_fd((rdy_tcp_listener[]){listen_on("127.0.0.1:0", NULL)});
}

static int open_file(void)
{
    return open("/dev/null", O_RDWR);
}

START_TEST(what_is_no_unix_listener_is_refused_and_stays_as_it_was)
{
    static const struct {
        int (*open)(void);
        int error;
    } rows[] = {
        {open_file, -ENOTSOCK},       {open_udp_socket, -EINVAL}, {open_unix_socket, -EINVAL},
        {open_tcp_listener, -EINVAL}, {open_nothing, -EBADF},
    };
    const int fd = rows[_i].open();
    const int flags = fcntl(fd, F_GETFL), descriptor_flags = fcntl(fd, F_GETFD);
    ck_assert_int_eq(rdy_unix_listener_from_fd(fd, &other), rows[_i].error);
    ck_assert_int_eq(rdy_source_fd(&other.source), -1);
    ck_assert_int_eq(fcntl(fd, F_GETFL), flags);
    ck_assert_int_eq(fcntl(fd, F_GETFD), descriptor_flags);
    if (fd >= 0)
        close(fd);
}
END_TEST

START_TEST(close_deregisters_and_closes)
{
    listen_there();
    const int fd = rdy_source_fd(&listener.source);
    watch(&listener.source, TOKEN, RDY_READABLE | RDY_LEVEL);
    connect_there();
    rdy_unix_listener_close(&listener);
    ck_assert(!is_open(fd));
    ck_assert(!rdy_source_is_registered(&listener.source));
    rdy_unix_listener_close(&listener);
    rdy_unix_listener_close(NULL);
    expect_silence();
}
END_TEST

START_TEST(a_closed_listener_is_ebadf)
{
    rdy_unix_listener closed = {0};
    rdy_address local;
    ck_assert_int_eq(rdy_unix_listener_accept(&closed, &server, NULL), -EBADF);
    ck_assert_int_eq(rdy_unix_listener_into_fd(&closed), -EBADF);
    ck_assert_int_eq(rdy_unix_listener_local_address(&closed, &local), -EBADF);
    ck_assert_int_eq(rdy_unix_listener_take_error(&closed), -EBADF);
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
    Suite *suite = contract_suite("unix_listener");
    TCase *binding = place_case(suite, "binding"), *accepting = place_case(suite, "accepting"),
          *descriptors = place_case(suite, "descriptors");

    tcase_add_test(binding, the_local_address_is_the_path);
    tcase_add_test(binding, what_cannot_listen_leaves_no_file);
    tcase_add_test(binding, the_file_stays_and_is_in_use_until_somebody_removes_it);
#ifdef __linux__
    tcase_add_test(binding, an_abstract_name_leaves_no_file_and_is_free_after_close);
#endif
    tcase_add_test(binding, what_cannot_be_bound_says_why_and_leaves_the_listener_untouched);

    tcase_add_test(accepting, a_drained_listener_reports_the_next_connection);
    tcase_add_test(accepting, a_client_that_is_not_bound_has_no_path);
    tcase_add_test(accepting, accept_names_a_client_that_is_bound);
#ifdef __linux__
    tcase_add_test(accepting, accept_names_a_client_with_an_abstract_name);
#endif
    tcase_add_test(accepting, a_failed_accept_leaves_stream_and_peer_untouched);

    tcase_add_test(descriptors, a_listener_gives_its_descriptor_away_and_takes_it_back);
    tcase_add_loop_test(descriptors, what_is_no_unix_listener_is_refused_and_stays_as_it_was, 0, 5);
    tcase_add_test(descriptors, close_deregisters_and_closes);
    tcase_add_test(descriptors, a_closed_listener_is_ebadf);
    return run_suite(suite);
}
