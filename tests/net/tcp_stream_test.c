#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/net/connections.h"

#define TOKEN ((rdy_token)7)

static const char *const hosts[] = {"127.0.0.1:0", "[::1]:0"};

static struct connection connection;
static rdy_tcp_stream *client = &connection.client, *server = &connection.server;

static void open_it(void)
{
    connection = open_connection(hosts[0]);
}

static void close_it(void)
{
    close_connection(&connection);
}

/* ---- connecting ---- */

START_TEST(both_ends_name_the_same_two_addresses)
{
    rdy_tcp_listener listener = listen_on(hosts[_i], NULL);
    const rdy_address address = address_of_listener(&listener);
    rdy_address near, far;
    connection = connect_to(&listener);
    ck_assert(is_well_born(rdy_source_fd(&client->source)));
    ck_assert_int_eq(rdy_tcp_stream_peer_address(client, &far), 0);
    ck_assert_int_eq(rdy_address_compare(&far, &address), 0);
    ck_assert_int_eq(rdy_tcp_stream_local_address(server, &near), 0);
    ck_assert_int_eq(rdy_address_compare(&near, &address), 0);
    ck_assert_int_eq(rdy_tcp_stream_local_address(client, &near), 0);
    ck_assert_int_eq(rdy_tcp_stream_peer_address(server, &far), 0);
    ck_assert_int_eq(rdy_address_compare(&near, &far), 0);
    rdy_tcp_listener_close(&listener);
}
END_TEST

START_TEST(the_local_end_may_be_chosen)
{
    rdy_tcp_listener listener = listen_on(hosts[0], NULL);
    const rdy_address peer = address_of_listener(&listener), from = address_of("127.0.0.3:0");
    rdy_address far;
    ck_assert_int_eq(rdy_tcp_stream_connect_from(&from, &peer, client), 0);
    await_writable(&client->source);
    ck_assert_int_eq(rdy_tcp_stream_finish_connect(client), 0);
    *server = accept_server(&listener);
    ck_assert_int_eq(rdy_tcp_stream_peer_address(server, &far), 0);
    ck_assert_int_eq(rdy_address_set_port(&far, 0), 0);
    ck_assert_int_eq(rdy_address_compare(&far, &from), 0);
    rdy_tcp_listener_close(&listener);
}
END_TEST

START_TEST(a_local_end_that_cannot_be_had_says_why_and_leaves_the_stream_untouched)
{
    rdy_tcp_listener listener = listen_on(hosts[0], NULL);
    const rdy_address taken = address_of_listener(&listener), elsewhere = address_of("192.0.2.1:0");
    ck_assert_int_eq(rdy_tcp_stream_connect_from(&taken, &taken, client), -EADDRINUSE);
    ck_assert_int_eq(rdy_tcp_stream_connect_from(&elsewhere, &taken, client), -EADDRNOTAVAIL);
    ck_assert_int_eq(rdy_source_fd(&client->source), -1);
    rdy_tcp_listener_close(&listener);
}
END_TEST

START_TEST(a_full_descriptor_table_is_emfile)
{
    const rdy_address peer = address_of("127.0.0.1:1");
    struct rlimit before;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    const int result = rdy_tcp_stream_connect(&peer, client);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert_int_eq(result, -EMFILE);
    ck_assert_int_eq(rdy_source_fd(&client->source), -1);
}
END_TEST

START_TEST(before_the_answer_there_is_no_peer)
{
    struct full_queue queue = fill_queue();
    rdy_address address;
    char byte = 'x';
    ck_assert_int_eq(rdy_tcp_stream_connect(&queue.address, client), 0);
    ck_assert_int_eq(rdy_tcp_stream_finish_connect(client), -EAGAIN);
    ck_assert_int_eq(rdy_tcp_stream_peer_address(client, &address), -ENOTCONN);
    ck_assert_int_eq(rdy_tcp_stream_write(client, &byte, 1), -EAGAIN);
    ck_assert_int_eq(rdy_tcp_stream_read(client, &byte, 1), -EAGAIN);
    ck_assert_int_eq(rdy_tcp_stream_finish_connect(client), -EAGAIN);
    ck_assert_int_eq(rdy_tcp_stream_take_error(client), 0);
    free_queue(&queue);
}
END_TEST

/* ---- bytes ---- */

START_TEST(bytes_arrive_in_order_both_ways)
{
    enum { SIZE = 1000000 };
    static unsigned char sent[SIZE], received[SIZE];
    for (size_t i = 0; i < SIZE; i++)
        sent[i] = (unsigned char)((i * 2654435761U) >> 24);
    size_t done = 0, read = 0;
    while (read < SIZE) {
        const ptrdiff_t written = rdy_tcp_stream_write(client, sent + done, SIZE - done);
        ck_assert(written >= 0 || written == -EAGAIN);
        done += written > 0 ? (size_t)written : 0;
        const ptrdiff_t count = read_when_ready(&server->source, received + read, SIZE - read);
        ck_assert_int_gt(count, 0);
        read += (size_t)count;
    }
    ck_assert_mem_eq(sent, received, SIZE);
    write_exactly(&server->source, "back", 4);
    read_exactly(&client->source, received, 4);
    ck_assert_mem_eq(received, "back", 4);
}
END_TEST

START_TEST(pieces_are_written_and_read_in_their_order)
{
    char first[3] = "", second[1] = "", third[20] = "";
    const struct iovec out[] = {{"he", 2}, {"", 0}, {"llo wor", 7}, {"ld", 2}};
    const struct iovec in[] = {{first, 3}, {second, 0}, {second, 1}, {third, sizeof third}};
    ck_assert_int_eq(rdy_tcp_stream_writev(client, out, COUNT(out)), 11);
    await_readable(&server->source);
    ck_assert_int_eq(rdy_tcp_stream_readv(server, in, COUNT(in)), 11);
    ck_assert_mem_eq(first, "hel", 3);
    ck_assert_mem_eq(second, "l", 1);
    ck_assert_str_eq(third, "o world");
    ck_assert_int_eq(rdy_tcp_stream_readv(server, in, COUNT(in)), -EAGAIN);
}
END_TEST

START_TEST(a_count_of_pieces_out_of_range_is_einval)
{
    static char byte;
    static struct iovec pieces[IOV_MAX + 1];
    for (int i = 0; i <= IOV_MAX; i++)
        pieces[i] = (struct iovec){&byte, 1};
    ck_assert_int_eq(rdy_tcp_stream_writev(client, pieces, -1), -EINVAL);
    ck_assert_int_eq(rdy_tcp_stream_writev(client, pieces, IOV_MAX + 1), -EINVAL);
    ck_assert_int_eq(rdy_tcp_stream_readv(server, pieces, -1), -EINVAL);
    ck_assert_int_eq(rdy_tcp_stream_readv(server, pieces, IOV_MAX + 1), -EINVAL);
    ck_assert_int_eq(rdy_tcp_stream_writev(client, pieces, IOV_MAX), IOV_MAX);
    await_readable(&server->source);
    ck_assert_int_eq(rdy_tcp_stream_readv(server, pieces, IOV_MAX), IOV_MAX);
}
END_TEST

START_TEST(peek_leaves_the_bytes_where_they_are)
{
    char bytes[8] = "";
    ck_assert_int_eq(rdy_tcp_stream_peek(server, bytes, sizeof bytes), -EAGAIN);
    write_exactly(&client->source, "hello", 5);
    await_readable(&server->source);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(rdy_tcp_stream_peek(server, bytes, 3), 3);
    ck_assert_str_eq(bytes, "hel");
    ck_assert_int_eq(rdy_tcp_stream_read(server, bytes, sizeof bytes), 5);
    ck_assert_str_eq(bytes, "hello");
    rdy_tcp_stream_close(client);
    await_readable(&server->source);
    ck_assert_int_eq(rdy_tcp_stream_peek(server, bytes, 1), 0);
}
END_TEST

/* ---- shutting down ---- */

START_TEST(shutting_the_write_half_down_is_the_end_for_the_peer_and_not_for_us)
{
    char bytes[4];
    write_exactly(&client->source, "bye", 3);
    ck_assert_int_eq(rdy_tcp_stream_shutdown(client, SHUT_WR), 0);
    read_exactly(&server->source, bytes, 3);
    ck_assert_int_eq(read_when_ready(&server->source, bytes, 1), 0);
    ck_assert_int_eq(rdy_tcp_stream_write(client, "x", 1), -EPIPE);
    write_exactly(&server->source, "late", 4);
    read_exactly(&client->source, bytes, 4);
    ck_assert_mem_eq(bytes, "late", 4);
}
END_TEST

START_TEST(shutting_the_read_half_down_is_the_end_for_us_and_not_for_the_peer)
{
    char byte;
    ck_assert_int_eq(rdy_tcp_stream_shutdown(client, SHUT_RD), 0);
    ck_assert_int_eq(read_when_ready(&client->source, &byte, 1), 0);
    write_exactly(&client->source, "x", 1);
    read_exactly(&server->source, &byte, 1);
}
END_TEST

START_TEST(shutting_both_halves_down_ends_everything)
{
    char byte;
    ck_assert_int_eq(rdy_tcp_stream_shutdown(client, SHUT_RDWR), 0);
    ck_assert_int_eq(read_when_ready(&client->source, &byte, 1), 0);
    ck_assert_int_eq(rdy_tcp_stream_write(client, "x", 1), -EPIPE);
    ck_assert_int_eq(read_when_ready(&server->source, &byte, 1), 0);
}
END_TEST

START_TEST(a_shutdown_that_means_nothing_says_why)
{
    rdy_tcp_stream unconnected;
    ck_assert_int_eq(rdy_tcp_stream_from_fd(socket(AF_INET, SOCK_STREAM, 0), &unconnected), 0);
    ck_assert_int_eq(rdy_tcp_stream_shutdown(&unconnected, SHUT_RDWR), -ENOTCONN);
    ck_assert_int_eq(rdy_tcp_stream_shutdown(client, 4711), -EINVAL);
    rdy_tcp_stream_close(&unconnected);
}
END_TEST

/* ---- errors ---- */

START_TEST(a_healthy_stream_has_no_error)
{
    ck_assert_int_eq(rdy_tcp_stream_take_error(client), 0);
    ck_assert_int_eq(rdy_tcp_stream_take_error(server), 0);
}
END_TEST

START_TEST(an_error_is_taken_once)
{
    ck_assert_int_eq(rdy_tcp_stream_set_linger(client, 0), 0);
    rdy_tcp_stream_close(client);
    await_readable(&server->source);
    ck_assert_int_eq(rdy_tcp_stream_take_error(server), -ECONNRESET);
    ck_assert_int_eq(rdy_tcp_stream_take_error(server), 0);
}
END_TEST

START_TEST(a_failure_that_finish_connect_told_is_taken_once)
{
    const rdy_address nobody = address_of_nobody();
    rdy_tcp_stream refused;
    const int begun = rdy_tcp_stream_connect(&nobody, &refused);
    ck_assert_int_eq(begun, 0);
    await_writable(&refused.source);
    ck_assert_int_eq(rdy_tcp_stream_finish_connect(&refused), -ECONNREFUSED);
    ck_assert_int_eq(rdy_tcp_stream_take_error(&refused), -ECONNREFUSED);
    ck_assert_int_eq(rdy_tcp_stream_take_error(&refused), 0);
    rdy_tcp_stream_close(&refused);
}
END_TEST

/* ---- descriptors ---- */

START_TEST(a_stream_gives_its_descriptor_away_and_takes_it_back)
{
    char byte;
    watch(&client->source, TOKEN, RDY_READABLE | RDY_LEVEL);
    const int fd = rdy_tcp_stream_into_fd(client);
    ck_assert(is_open(fd));
    ck_assert_int_eq(rdy_source_fd(&client->source), -1);
    ck_assert(!rdy_source_is_registered(&client->source));
    write_exactly(&server->source, "x", 1);
    expect_silence();

    ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
    ck_assert_int_eq(fcntl(fd, F_SETFD, 0), 0);
    ck_assert_int_eq(rdy_tcp_stream_from_fd(fd, client), 0);
    ck_assert_int_eq(rdy_source_fd(&client->source), fd);
    ck_assert(is_well_born(fd));
    ck_assert_int_eq(rdy_tcp_stream_finish_connect(client), 0);
    read_exactly(&client->source, &byte, 1);
}
END_TEST

static int open_file(void)
{
    return open("/dev/null", O_RDWR);
}

START_TEST(what_is_no_tcp_socket_is_refused_and_stays_as_it_was)
{
    static const struct {
        int (*open)(void);
        int error;
    } rows[] = {
        {open_file, -ENOTSOCK},
        {open_udp_socket, -EINVAL},
        {open_unix_socket, -EINVAL},
        {open_nothing, -EBADF},
    };
    rdy_tcp_stream stream = {0};
    const int fd = rows[_i].open();
    const int flags = fcntl(fd, F_GETFL), descriptor_flags = fcntl(fd, F_GETFD);
    ck_assert_int_eq(rdy_tcp_stream_from_fd(fd, &stream), rows[_i].error);
    ck_assert_int_eq(rdy_source_fd(&stream.source), -1);
    ck_assert_int_eq(fcntl(fd, F_GETFL), flags);
    ck_assert_int_eq(fcntl(fd, F_GETFD), descriptor_flags);
    if (fd >= 0)
        close(fd);
}
END_TEST

START_TEST(close_deregisters_and_closes)
{
    char byte;
    const int fd = rdy_source_fd(&client->source);
    watch(&client->source, TOKEN, RDY_READABLE | RDY_WRITABLE | RDY_LEVEL);
    rdy_tcp_stream_close(client);
    ck_assert(!is_open(fd));
    ck_assert(!rdy_source_is_registered(&client->source));
    expect_silence();
    ck_assert_int_eq(read_when_ready(&server->source, &byte, 1), 0);
}
END_TEST

static TCase *connected_case(Suite *suite, const char *name)
{
    TCase *tests = contract_case(suite, name);
    tcase_add_checked_fixture(tests, open_it, close_it);
    return tests;
}

int main(void)
{
    Suite *suite = contract_suite("tcp_stream");
    TCase *connecting = contract_case(suite, "connecting");
    TCase *bytes = connected_case(suite, "bytes"), *shutting = connected_case(suite, "shutting down"),
          *errors = connected_case(suite, "errors"), *descriptors = connected_case(suite, "descriptors");
    tcase_add_checked_fixture(connecting, NULL, close_it);

    tcase_add_loop_test(connecting, both_ends_name_the_same_two_addresses, 0, has_ipv6() ? 2 : 1);
    tcase_add_test(connecting, the_local_end_may_be_chosen);
    tcase_add_test(connecting, a_local_end_that_cannot_be_had_says_why_and_leaves_the_stream_untouched);
    tcase_add_test(connecting, a_full_descriptor_table_is_emfile);
    tcase_add_test(connecting, before_the_answer_there_is_no_peer);

    tcase_add_test(bytes, bytes_arrive_in_order_both_ways);
    tcase_add_test(bytes, pieces_are_written_and_read_in_their_order);
    tcase_add_test(bytes, a_count_of_pieces_out_of_range_is_einval);
    tcase_add_test(bytes, peek_leaves_the_bytes_where_they_are);

    tcase_add_test(shutting, shutting_the_write_half_down_is_the_end_for_the_peer_and_not_for_us);
    tcase_add_test(shutting, shutting_the_read_half_down_is_the_end_for_us_and_not_for_the_peer);
    tcase_add_test(shutting, shutting_both_halves_down_ends_everything);
    tcase_add_test(shutting, a_shutdown_that_means_nothing_says_why);

    tcase_add_test(errors, a_healthy_stream_has_no_error);
    if (!socket_errors_are_eaten()) {
        tcase_add_test(errors, an_error_is_taken_once);
        tcase_add_test(errors, a_failure_that_finish_connect_told_is_taken_once);
    }

    tcase_add_test(descriptors, a_stream_gives_its_descriptor_away_and_takes_it_back);
    tcase_add_loop_test(descriptors, what_is_no_tcp_socket_is_refused_and_stays_as_it_was, 0, 4);
    tcase_add_test(descriptors, close_deregisters_and_closes);
    return run_suite(suite);
}
