#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/stream.h"
#include "net/unix_listener.h"
#include "tests/net/connections.h"

#define TOKEN ((rdy_token)7)

static rdy_unix_listener listener, other;
static rdy_unix_stream one, two;
static char folder[] = "/tmp/rdy-unix-XXXXXX";
static char path[sizeof folder + sizeof "/socket"];
static rdy_address address;

static void make_folder(void)
{
    char text[sizeof "unix:" + sizeof path];
    memcpy(strchr(folder, '\0') - 6, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/socket", folder);
    snprintf(text, sizeof text, "unix:%s", path);
    address = address_of(text);
}

static void close_all(void)
{
    rdy_unix_stream_close(&one);
    rdy_unix_stream_close(&two);
    rdy_unix_listener_close(&listener);
    rdy_unix_listener_close(&other);
    unlink(path);
    rmdir(folder);
}

static void listen_there(void)
{
    ck_assert_int_eq(rdy_unix_listener_bind(&address, &listener), 0);
}

static void check_they_talk(rdy_unix_stream *from, rdy_unix_stream *to)
{
    char bytes[8] = "";
    write_exactly(&from->source, "there", 5);
    read_exactly(&to->source, bytes, 5);
    ck_assert_str_eq(bytes, "there");
    write_exactly(&to->source, "back", 4);
    read_exactly(&from->source, bytes, 4);
    ck_assert_mem_eq(bytes, "back", 4);
}

/* ---- streams ---- */

START_TEST(a_pair_is_connected_both_ways)
{
    char byte;
    ck_assert_int_eq(rdy_unix_stream_pair(&one, &two), 0);
    ck_assert(is_well_born(rdy_source_fd(&one.source)));
    ck_assert(is_well_born(rdy_source_fd(&two.source)));
    ck_assert_int_eq(rdy_stream_read(&one.source, &byte, 1), -EAGAIN);
    check_they_talk(&one, &two);
    rdy_unix_stream_close(&one);
    ck_assert_int_eq(read_when_ready(&two.source, &byte, 1), 0);
}
END_TEST

START_TEST(a_connect_is_done_at_once)
{
    listen_there();
    ck_assert_int_eq(rdy_unix_stream_connect(&address, &one), 0);
    ck_assert(is_well_born(rdy_source_fd(&one.source)));
    await_readable(&listener.source);
    ck_assert_int_eq(rdy_unix_listener_accept(&listener, &two), 0);
    ck_assert(is_well_born(rdy_source_fd(&two.source)));
    check_they_talk(&one, &two);
}
END_TEST

START_TEST(a_missing_path_is_enoent)
{
    ck_assert_int_eq(rdy_unix_stream_connect(&address, &one), -ENOENT);
    ck_assert_int_eq(rdy_source_fd(&one.source), -1);
}
END_TEST

START_TEST(a_path_that_nobody_listens_at_any_more_is_refused)
{
    listen_there();
    rdy_unix_listener_close(&listener);
    ck_assert_int_eq(rdy_unix_stream_connect(&address, &one), -ECONNREFUSED);
    ck_assert_int_eq(rdy_source_fd(&one.source), -1);
}
END_TEST

#ifdef __linux__
START_TEST(a_full_queue_is_eagain_until_there_is_room)
{
    rdy_unix_stream clients[8] = {0};
    int count = 0, result = 0;
    listen_there();
    ck_assert_int_eq(listen(rdy_source_fd(&listener.source), 1), 0);
    while (count < COUNT(clients) && result == 0)
        result = rdy_unix_stream_connect(&address, &clients[count++]);
    ck_assert_int_gt(count, 1);
    ck_assert_int_eq(result, -EAGAIN);
    ck_assert_int_eq(rdy_source_fd(&clients[count - 1].source), -1);

    ck_assert_int_eq(rdy_unix_listener_accept(&listener, &two), 0);
    ck_assert_int_eq(rdy_unix_stream_connect(&address, &one), 0);
    while (count > 0)
        rdy_unix_stream_close(&clients[--count]);
}
END_TEST

START_TEST(abstract_names_work_and_leave_no_file)
{
    char text[RDY_ADDRESS_TEXT_MAX];
    rdy_address local;
    snprintf(text, sizeof text, "unix:@%s", folder);
    address = address_of(text);
    listen_there();
    ck_assert_int_eq(rdy_unix_listener_local_address(&listener, &local), 0);
    ck_assert_int_eq(rdy_address_compare(&local, &address), 0);
    ck_assert_int_eq(rdy_unix_stream_connect(&address, &one), 0);
    ck_assert_int_eq(rdy_unix_listener_accept(&listener, &two), 0);
    check_they_talk(&one, &two);
    rdy_unix_listener_close(&listener);
    rdy_unix_stream_close(&one);
    ck_assert_int_eq(rdy_unix_stream_connect(&address, &one), -ECONNREFUSED);
}
END_TEST
#endif

START_TEST(other_addresses_are_eafnosupport)
{
    const rdy_address addresses[] = {address_of("127.0.0.1:80"), address_of("[::1]:80"), {.length = 0}};
    for (int i = 0; i < COUNT(addresses); i++) {
        ck_assert_int_eq(rdy_unix_stream_connect(&addresses[i], &one), -EAFNOSUPPORT);
        ck_assert_int_eq(rdy_unix_listener_bind(&addresses[i], &listener), -EAFNOSUPPORT);
    }
    ck_assert_int_eq(rdy_source_fd(&one.source), -1);
    ck_assert_int_eq(rdy_source_fd(&listener.source), -1);
}
END_TEST

START_TEST(halves_are_shut_down_like_those_of_tcp)
{
    char byte;
    ck_assert_int_eq(rdy_unix_stream_pair(&one, &two), 0);
    ck_assert_int_eq(rdy_stream_shutdown(&one.source, SHUT_WR), 0);
    ck_assert_int_eq(read_when_ready(&two.source, &byte, 1), 0);
    ck_assert_int_eq(rdy_stream_write(&one.source, "x", 1), -EPIPE);
    write_exactly(&two.source, "y", 1);
    read_exactly(&one.source, &byte, 1);
}
END_TEST

START_TEST(closing_a_stream_deregisters_and_closes)
{
    ck_assert_int_eq(rdy_unix_stream_pair(&one, &two), 0);
    const int fd = rdy_source_fd(&one.source);
    char byte;
    watch(&one.source, TOKEN, RDY_READABLE | RDY_WRITABLE | RDY_LEVEL);
    rdy_unix_stream_close(&one);
    ck_assert(!is_open(fd));
    ck_assert(!rdy_source_is_registered(&one.source));
    ck_assert_int_eq(rdy_stream_read(&one.source, &byte, 1), -EBADF);
    rdy_unix_stream_close(&one);
    rdy_unix_stream_close(NULL);
    expect_silence();
}
END_TEST

/* ---- listeners ---- */

START_TEST(a_path_that_is_there_is_in_use)
{
    listen_there();
    ck_assert_int_eq(rdy_unix_listener_bind(&address, &other), -EADDRINUSE);
    ck_assert_int_eq(rdy_source_fd(&other.source), -1);
    rdy_unix_listener_close(&listener);
    ck_assert_int_eq(access(path, F_OK), 0);
    ck_assert_int_eq(rdy_unix_listener_bind(&address, &other), -EADDRINUSE);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rdy_unix_listener_bind(&address, &other), 0);
}
END_TEST

START_TEST(a_path_in_a_missing_folder_is_enoent)
{
    const rdy_address nowhere = address_of("unix:/no-such-folder/socket");
    ck_assert_int_eq(rdy_unix_listener_bind(&nowhere, &listener), -ENOENT);
}
END_TEST

START_TEST(the_local_address_is_the_path)
{
    rdy_address local;
    listen_there();
    ck_assert(is_well_born(rdy_source_fd(&listener.source)));
    ck_assert_int_eq(rdy_unix_listener_local_address(&listener, &local), 0);
    ck_assert_int_eq(rdy_address_compare(&local, &address), 0);
}
END_TEST

START_TEST(a_drained_listener_reports_the_next_connection)
{
    listen_there();
    watch(&listener.source, TOKEN, RDY_READABLE);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(rdy_unix_listener_accept(&listener, &two), -EAGAIN);
        expect_silence();
        ck_assert_int_eq(rdy_unix_stream_connect(&address, &one), 0);
        wait_for(TOKEN, RDY_EVENT_READABLE);
        ck_assert_int_eq(rdy_unix_listener_accept(&listener, &two), 0);
        rdy_unix_stream_close(&one);
        rdy_unix_stream_close(&two);
    }
}
END_TEST

START_TEST(a_closed_listener_is_ebadf)
{
    rdy_unix_listener closed = {0};
    rdy_address local;
    rdy_unix_listener_close(&closed);
    rdy_unix_listener_close(NULL);
    ck_assert_int_eq(rdy_unix_listener_accept(&closed, &one), -EBADF);
    ck_assert_int_eq(rdy_unix_listener_local_address(&closed, &local), -EBADF);
}
END_TEST

static TCase *folder_case(Suite *suite, const char *name)
{
    TCase *tests = contract_case(suite, name);
    tcase_add_checked_fixture(tests, make_folder, close_all);
    return tests;
}

int main(void)
{
    Suite *suite = contract_suite("unix");
    TCase *streams = folder_case(suite, "streams"), *listeners = folder_case(suite, "listeners");

    tcase_add_test(streams, a_pair_is_connected_both_ways);
    tcase_add_test(streams, a_connect_is_done_at_once);
    tcase_add_test(streams, a_missing_path_is_enoent);
    tcase_add_test(streams, a_path_that_nobody_listens_at_any_more_is_refused);
#ifdef __linux__
    tcase_add_test(streams, a_full_queue_is_eagain_until_there_is_room);
    tcase_add_test(streams, abstract_names_work_and_leave_no_file);
#endif
    tcase_add_test(streams, other_addresses_are_eafnosupport);
    tcase_add_test(streams, halves_are_shut_down_like_those_of_tcp);
    tcase_add_test(streams, closing_a_stream_deregisters_and_closes);

    tcase_add_test(listeners, a_path_that_is_there_is_in_use);
    tcase_add_test(listeners, a_path_in_a_missing_folder_is_enoent);
    tcase_add_test(listeners, the_local_address_is_the_path);
    tcase_add_test(listeners, a_drained_listener_reports_the_next_connection);
    tcase_add_test(listeners, a_closed_listener_is_ebadf);
    return run_suite(suite);
}
