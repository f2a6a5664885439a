#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/net/connections.h"
#include "tests/net/unix_place.h"

#define TOKEN ((rdy_token)7)

static rdy_unix_listener listener;
static rdy_unix_stream one, two;

static void close_all(void)
{
    rdy_unix_stream_close(&one);
    rdy_unix_stream_close(&two);
    rdy_unix_listener_close(&listener);
    remove_place();
}

static void open_pair(void)
{
    make_place();
    ck_assert_int_eq(rdy_unix_stream_pair(&one, &two), 0);
}

static void accept_two(void)
{
    await_readable(&listener.source);
    ck_assert_int_eq(rdy_unix_listener_accept(&listener, &two, NULL), 0);
}

static void expect_unnamed(const rdy_address *address)
{
    char text[RDY_ADDRESS_TEXT_MAX];
    rdy_address_print(address, text, sizeof text);
    ck_assert_str_eq(text, "unix:");
}

/* ---- connecting ---- */

START_TEST(a_pair_is_connected_both_ways)
{
    char byte;
    ck_assert_int_eq(rdy_unix_stream_pair(&one, &two), 0);
    ck_assert(is_well_born(rdy_source_fd(&one.source)));
    ck_assert(is_well_born(rdy_source_fd(&two.source)));
    ck_assert_int_eq(rdy_unix_stream_read(&one, &byte, 1), -EAGAIN);
    expect_talk(&one, &two);
    rdy_unix_stream_close(&one);
    ck_assert_int_eq(read_when_ready(&two.source, &byte, 1), 0);
}
END_TEST

START_TEST(a_connect_is_done_at_once)
{
    listener = listen_at(&place.address);
    ck_assert_int_eq(rdy_unix_stream_connect(&place.address, &one), 0);
    ck_assert(is_well_born(rdy_source_fd(&one.source)));
    ck_assert_int_eq(rdy_unix_stream_write(&one, "x", 1), 1);
    accept_two();
    ck_assert(is_well_born(rdy_source_fd(&two.source)));
    ck_assert_int_eq(rdy_unix_stream_read(&two, (char[1]){0}, 1), 1);
    expect_talk(&one, &two);
}
END_TEST

START_TEST(a_missing_path_is_enoent)
{
    ck_assert_int_eq(rdy_unix_stream_connect(&place.address, &one), -ENOENT);
    ck_assert_int_eq(rdy_source_fd(&one.source), -1);
}
END_TEST

START_TEST(a_path_that_nobody_listens_at_any_more_is_refused)
{
    listener = listen_at(&place.address);
    rdy_unix_listener_close(&listener);
    ck_assert_int_eq(rdy_unix_stream_connect(&place.address, &one), -ECONNREFUSED);
    ck_assert_int_eq(rdy_source_fd(&one.source), -1);
}
END_TEST

#ifdef __linux__
START_TEST(a_full_queue_is_eagain_until_there_is_room)
{
    rdy_unix_stream clients[8] = {0};
    int count = 0, result = 0;
    listener = listen_at(&place.address);
    ck_assert_int_eq(listen(rdy_source_fd(&listener.source), 1), 0);
    while (count < COUNT(clients) && result == 0)
        result = rdy_unix_stream_connect(&place.address, &clients[count++]);
    ck_assert_int_gt(count, 1);
    ck_assert_int_eq(result, -EAGAIN);
    ck_assert_int_eq(rdy_source_fd(&clients[count - 1].source), -1);
    ck_assert_int_eq(rdy_unix_stream_connect(&place.address, &one), -EAGAIN);

    accept_two();
    ck_assert_int_eq(rdy_unix_stream_connect(&place.address, &one), 0);
    while (count > 0)
        rdy_unix_stream_close(&clients[--count]);
}
END_TEST

START_TEST(abstract_names_need_no_file)
{
    const rdy_address name = abstract_address();
    rdy_address peer;
    listener = listen_at(&name);
    ck_assert_int_eq(rdy_unix_stream_connect(&name, &one), 0);
    accept_two();
    expect_talk(&one, &two);
    ck_assert_int_eq(rdy_unix_stream_peer_address(&one, &peer), 0);
    ck_assert_int_eq(rdy_address_compare(&peer, &name), 0);
    rdy_unix_listener_close(&listener);
    rdy_unix_stream_close(&one);
    ck_assert_int_eq(rdy_unix_stream_connect(&name, &one), -ECONNREFUSED);
}
END_TEST
#endif

START_TEST(other_addresses_are_eafnosupport)
{
    const rdy_address addresses[] = {address_of("127.0.0.1:80"), address_of("[::1]:80"), {.length = 0}};
    for (int i = 0; i < COUNT(addresses); i++) {
        ck_assert_int_eq(rdy_unix_stream_connect(&addresses[i], &one), -EAFNOSUPPORT);
        ck_assert_int_eq(rdy_source_fd(&one.source), -1);
    }
}
END_TEST

START_TEST(the_two_ends_have_the_addresses_they_were_bound_to)
{
    rdy_address near, far;
    listener = listen_at(&place.address);
    ck_assert_int_eq(rdy_unix_stream_connect(&place.address, &one), 0);
    accept_two();
    ck_assert_int_eq(rdy_unix_stream_peer_address(&one, &far), 0);
    ck_assert_int_eq(rdy_address_compare(&far, &place.address), 0);
    ck_assert_int_eq(rdy_unix_stream_local_address(&two, &near), 0);
    ck_assert_int_eq(rdy_address_compare(&near, &place.address), 0);
    ck_assert_int_eq(rdy_unix_stream_local_address(&one, &near), 0);
    expect_unnamed(&near);
    ck_assert_int_eq(rdy_unix_stream_peer_address(&two, &far), 0);
    expect_unnamed(&far);
}
END_TEST

START_TEST(the_ends_of_a_pair_have_no_path)
{
    rdy_address address;
    ck_assert_int_eq(rdy_unix_stream_local_address(&one, &address), 0);
    expect_unnamed(&address);
    ck_assert_int_eq(rdy_unix_stream_peer_address(&one, &address), 0);
    expect_unnamed(&address);
}
END_TEST

/* ---- bytes ---- */

START_TEST(pieces_are_written_and_read_in_their_order)
{
    char first[3] = "", second[20] = "";
    const struct iovec out[] = {{"he", 2}, {"", 0}, {"llo wor", 7}, {"ld", 2}};
    const struct iovec in[] = {{first, 3}, {second, sizeof second}};
    ck_assert_int_eq(rdy_unix_stream_writev(&one, out, COUNT(out)), 11);
    await_readable(&two.source);
    ck_assert_int_eq(rdy_unix_stream_readv(&two, in, COUNT(in)), 11);
    ck_assert_mem_eq(first, "hel", 3);
    ck_assert_str_eq(second, "lo world");
    ck_assert_int_eq(rdy_unix_stream_readv(&two, in, COUNT(in)), -EAGAIN);
    ck_assert_int_eq(rdy_unix_stream_writev(&one, out, IOV_MAX + 1), -EINVAL);
    ck_assert_int_eq(rdy_unix_stream_readv(&two, in, -1), -EINVAL);
}
END_TEST

START_TEST(peek_leaves_the_bytes_where_they_are)
{
    char bytes[8] = "";
    ck_assert_int_eq(rdy_unix_stream_peek(&two, bytes, sizeof bytes), -EAGAIN);
    ck_assert_int_eq(rdy_unix_stream_write(&one, "hello", 5), 5);
    await_readable(&two.source);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(rdy_unix_stream_peek(&two, bytes, 3), 3);
    ck_assert_str_eq(bytes, "hel");
    ck_assert_int_eq(rdy_unix_stream_read(&two, bytes, sizeof bytes), 5);
    ck_assert_str_eq(bytes, "hello");
}
END_TEST

/* Edges: each round waits anew for both directions. */
START_TEST(a_slow_reader_gets_every_byte)
{
    enum { SIZE = 1 << 20 };
    static unsigned char sent[SIZE], received[SIZE];
    for (size_t i = 0; i < SIZE; i++)
        sent[i] = (unsigned char)((i * 2654435761U) >> 24);
    size_t written = 0, read = 0;
    while (read < SIZE) {
        const ptrdiff_t taken = rdy_unix_stream_write(&one, sent + written, SIZE - written);
        ck_assert(taken >= 0 || taken == -EAGAIN);
        written += taken > 0 ? (size_t)taken : 0;
        const ptrdiff_t count = read_when_ready(&two.source, received + read, SIZE - read);
        ck_assert_int_gt(count, 0);
        read += (size_t)count;
    }
    ck_assert_mem_eq(sent, received, SIZE);
}
END_TEST

/* ---- shutting down ---- */

START_TEST(halves_are_shut_down_like_those_of_tcp)
{
    char byte;
    ck_assert_int_eq(rdy_unix_stream_shutdown(&one, SHUT_WR), 0);
    ck_assert_int_eq(read_when_ready(&two.source, &byte, 1), 0);
    ck_assert_int_eq(rdy_unix_stream_write(&one, "x", 1), -EPIPE);
    write_exactly(&two.source, "y", 1);
    read_exactly(&one.source, &byte, 1);
    ck_assert_int_eq(rdy_unix_stream_shutdown(&one, 4711), -EINVAL);
}
END_TEST

START_TEST(a_healthy_stream_has_no_error)
{
    ck_assert_int_eq(rdy_unix_stream_take_error(&one), 0);
    ck_assert_int_eq(rdy_unix_stream_take_error(&two), 0);
}
END_TEST

#ifdef __linux__
/* unix_release_sock of the kernel: bytes that the peer has left unread are ECONNRESET for us. */
START_TEST(an_error_is_taken_once)
{
    ck_assert_int_eq(rdy_unix_stream_write(&one, "x", 1), 1);
    rdy_unix_stream_close(&two);
    ck_assert_int_eq(rdy_unix_stream_take_error(&one), -ECONNRESET);
    ck_assert_int_eq(rdy_unix_stream_take_error(&one), 0);
}
END_TEST
#endif

/* ---- descriptors ---- */

START_TEST(a_stream_gives_its_descriptor_away_and_takes_it_back)
{
    watch(&one.source, TOKEN, RDY_READABLE | RDY_LEVEL);
    const int fd = rdy_unix_stream_into_fd(&one);
    ck_assert(is_open(fd));
    ck_assert_int_eq(rdy_source_fd(&one.source), -1);
    ck_assert(!rdy_source_is_registered(&one.source));
    ck_assert_int_eq(rdy_unix_stream_into_fd(&one), -EBADF);
    expect_silence();

    ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
    ck_assert_int_eq(fcntl(fd, F_SETFD, 0), 0);
    ck_assert_int_eq(rdy_unix_stream_from_fd(fd, &one), 0);
    ck_assert_int_eq(rdy_source_fd(&one.source), fd);
    ck_assert(is_well_born(fd));
    expect_talk(&one, &two);
}
END_TEST

static int open_datagram_socket(void)
{
    return socket(AF_UNIX, SOCK_DGRAM, 0);
}

static int open_tcp_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0);
}

static int open_file(void)
{
    return open("/dev/null", O_RDWR);
}

START_TEST(what_is_no_unix_stream_is_refused_and_stays_as_it_was)
{
    static const struct {
        int (*open)(void);
        int error;
    } rows[] = {
        {open_file, -ENOTSOCK},
        {open_datagram_socket, -EINVAL},
        {open_tcp_socket, -EINVAL},
        {open_nothing, -EBADF},
    };
    rdy_unix_stream stream = {0};
    const int fd = rows[_i].open();
    const int flags = fcntl(fd, F_GETFL), descriptor_flags = fcntl(fd, F_GETFD);
    ck_assert_int_eq(rdy_unix_stream_from_fd(fd, &stream), rows[_i].error);
    ck_assert_int_eq(rdy_source_fd(&stream.source), -1);
    ck_assert_int_eq(fcntl(fd, F_GETFL), flags);
    ck_assert_int_eq(fcntl(fd, F_GETFD), descriptor_flags);
    if (fd >= 0)
        close(fd);
}
END_TEST

START_TEST(closing_a_stream_deregisters_and_closes)
{
    const int fd = rdy_source_fd(&one.source);
    watch(&one.source, TOKEN, RDY_READABLE | RDY_WRITABLE | RDY_LEVEL);
    rdy_unix_stream_close(&one);
    ck_assert(!is_open(fd));
    ck_assert(!rdy_source_is_registered(&one.source));
    rdy_unix_stream_close(&one);
    rdy_unix_stream_close(NULL);
    expect_silence();
}
END_TEST

START_TEST(a_closed_stream_is_ebadf)
{
    rdy_unix_stream closed = {0};
    struct iovec piece = {(char[1]){0}, 1};
    rdy_address address;
    ck_assert_int_eq(rdy_unix_stream_read(&closed, piece.iov_base, 1), -EBADF);
    ck_assert_int_eq(rdy_unix_stream_readv(&closed, &piece, 1), -EBADF);
    ck_assert_int_eq(rdy_unix_stream_peek(&closed, piece.iov_base, 1), -EBADF);
    ck_assert_int_eq(rdy_unix_stream_write(&closed, "x", 1), -EBADF);
    ck_assert_int_eq(rdy_unix_stream_writev(&closed, &piece, 1), -EBADF);
    ck_assert_int_eq(rdy_unix_stream_shutdown(&closed, SHUT_WR), -EBADF);
    ck_assert_int_eq(rdy_unix_stream_take_error(&closed), -EBADF);
    ck_assert_int_eq(rdy_unix_stream_local_address(&closed, &address), -EBADF);
    ck_assert_int_eq(rdy_unix_stream_peer_address(&closed, &address), -EBADF);
}
END_TEST

static TCase *pair_case(Suite *suite, const char *name)
{
    TCase *tests = contract_case(suite, name);
    tcase_add_checked_fixture(tests, open_pair, close_all);
    return tests;
}

int main(void)
{
    Suite *suite = contract_suite("unix_stream");
    TCase *connecting = contract_case(suite, "connecting");
    TCase *bytes = pair_case(suite, "bytes"), *ends = pair_case(suite, "ends"),
          *descriptors = pair_case(suite, "descriptors");
    tcase_add_checked_fixture(connecting, make_place, close_all);

    tcase_add_test(connecting, a_pair_is_connected_both_ways);
    tcase_add_test(connecting, a_connect_is_done_at_once);
    tcase_add_test(connecting, a_missing_path_is_enoent);
    tcase_add_test(connecting, a_path_that_nobody_listens_at_any_more_is_refused);
#ifdef __linux__
    tcase_add_test(connecting, a_full_queue_is_eagain_until_there_is_room);
    tcase_add_test(connecting, abstract_names_need_no_file);
#endif
    tcase_add_test(connecting, other_addresses_are_eafnosupport);
    tcase_add_test(connecting, the_two_ends_have_the_addresses_they_were_bound_to);

    tcase_add_test(bytes, pieces_are_written_and_read_in_their_order);
    tcase_add_test(bytes, peek_leaves_the_bytes_where_they_are);
    tcase_add_test(bytes, a_slow_reader_gets_every_byte);

    tcase_add_test(ends, the_ends_of_a_pair_have_no_path);
    tcase_add_test(ends, halves_are_shut_down_like_those_of_tcp);
    tcase_add_test(ends, a_healthy_stream_has_no_error);
#ifdef __linux__
    tcase_add_test(ends, an_error_is_taken_once);
#endif

    tcase_add_test(descriptors, a_stream_gives_its_descriptor_away_and_takes_it_back);
    tcase_add_loop_test(descriptors, what_is_no_unix_stream_is_refused_and_stays_as_it_was, 0, 4);
    tcase_add_test(descriptors, closing_a_stream_deregisters_and_closes);
    tcase_add_test(descriptors, a_closed_stream_is_ebadf);
    return run_suite(suite);
}
