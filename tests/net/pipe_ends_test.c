/* Whose the descriptors of pipes are, and which ones can be taken over. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/pipe.h"
#include "tests/net/connections.h"

#define TOKEN ((rdy_token)7)

static rdy_pipe_sender sender;
static rdy_pipe_receiver receiver;

static void open_pipe(void)
{
    ck_assert_int_eq(rdy_pipe_open(&sender, &receiver), 0);
}

static void close_pipe(void)
{
    rdy_pipe_sender_close(&sender);
    rdy_pipe_receiver_close(&receiver);
}

/* ---- taking over ---- */

static void make_ends(int ends[2])
{
    ck_assert_int_eq(pipe(ends), 0);
}

static void make_sockets(int ends[2])
{
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
}

static void make_fifo(int ends[2])
{
    char folder[] = "/tmp/rdy-pipe-XXXXXX", path[sizeof folder + 8];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/fifo", folder);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ends[0] = open(path, O_RDONLY | O_NONBLOCK);
    ends[1] = open(path, O_WRONLY);
    ck_assert_int_eq(fcntl(ends[0], F_SETFL, 0), 0);
    unlink(path);
    rmdir(folder);
}

static void make_terminal(int ends[2])
{
    ends[0] = posix_openpt(O_RDWR | O_NOCTTY);
    ck_assert_int_ge(ends[0], 0);
    ck_assert_int_eq(grantpt(ends[0]), 0);
    ck_assert_int_eq(unlockpt(ends[0]), 0);
    ends[1] = open(ptsname(ends[0]), O_RDWR | O_NOCTTY);
}

static void (*const makers[])(int ends[2]) = {make_ends, make_sockets, make_fifo, make_terminal};

START_TEST(what_may_be_a_standard_stream_of_a_child_is_taken_over)
{
    int ends[2];
    char bytes[8] = "";
    makers[_i](ends);
    ck_assert_int_eq(rdy_pipe_receiver_from_fd(ends[0], &receiver), 0);
    ck_assert_int_eq(rdy_pipe_sender_from_fd(ends[1], &sender), 0);
    ck_assert_int_eq(rdy_source_fd(&receiver.source), ends[0]);
    ck_assert_int_eq(rdy_source_fd(&sender.source), ends[1]);
    ck_assert(is_well_born(ends[0]));
    ck_assert(is_well_born(ends[1]));
    ck_assert_int_eq(rdy_pipe_receiver_read(&receiver, bytes, sizeof bytes), -EAGAIN);
    ck_assert_int_eq(rdy_pipe_sender_write(&sender, "hello", 5), 5);
    await_readable(&receiver.source);
    ck_assert_int_eq(rdy_pipe_receiver_read(&receiver, bytes, sizeof bytes), 5);
    ck_assert_str_eq(bytes, "hello");
}
END_TEST

static void make_packets(int ends[2])
{
    ck_assert_int_eq(pipe2(ends, O_DIRECT), 0);
}

static void make_lines(int ends[2])
{
    int made[2];
    make_terminal(made);
    ends[0] = made[1];
    ends[1] = made[0];
}

/* What rdy_event_is_drained does not know. */
START_TEST(lines_and_packets_are_read_one_by_one_until_eagain)
{
    static void (*const pieces[])(int ends[2]) = {make_packets, make_lines};
    int ends[2];
    char bytes[16];
    pieces[_i](ends);
    ck_assert_int_eq(rdy_pipe_receiver_from_fd(ends[0], &receiver), 0);
    ck_assert_int_eq(rdy_pipe_sender_from_fd(ends[1], &sender), 0);
    ck_assert_int_eq(rdy_pipe_sender_write(&sender, "one\n", 4), 4);
    ck_assert_int_eq(rdy_pipe_sender_write(&sender, "more\n", 5), 5);
    await_readable(&receiver.source);
    ck_assert_int_eq(rdy_pipe_receiver_read(&receiver, bytes, sizeof bytes), 4);
    await_readable(&receiver.source);
    ck_assert_int_eq(rdy_pipe_receiver_read(&receiver, bytes, sizeof bytes), 5);
    ck_assert_mem_eq(bytes, "more\n", 5);
    ck_assert_int_eq(rdy_pipe_receiver_read(&receiver, bytes, sizeof bytes), -EAGAIN);
}
END_TEST

/* As a sender and as a receiver. */
static void expect_refused(int fd, int sender_error, int receiver_error)
{
    rdy_pipe_sender no_sender = {0};
    rdy_pipe_receiver no_receiver = {0};
    const int flags = fcntl(fd, F_GETFL), descriptor_flags = fcntl(fd, F_GETFD);
    if (sender_error != 0)
        ck_assert_int_eq(rdy_pipe_sender_from_fd(fd, &no_sender), sender_error);
    if (receiver_error != 0)
        ck_assert_int_eq(rdy_pipe_receiver_from_fd(fd, &no_receiver), receiver_error);
    ck_assert_int_eq(rdy_source_fd(&no_sender.source), -1);
    ck_assert_int_eq(rdy_source_fd(&no_receiver.source), -1);
    ck_assert_int_eq(fcntl(fd, F_GETFL), flags);
    ck_assert_int_eq(fcntl(fd, F_GETFD), descriptor_flags);
}

static int open_null(void)
{
    return open("/dev/null", O_RDWR);
}

static int open_folder(void)
{
    return open("/tmp", O_RDONLY);
}

static int open_file(void)
{
    char path[] = "/tmp/rdy-pipe-XXXXXX";
    const int fd = mkstemp(path);
    unlink(path);
    return fd;
}

static int open_listening_socket(void)
{
    rdy_tcp_listener listener = listen_on("127.0.0.1:0", NULL);
    return rdy_tcp_listener_into_fd(&listener);
}

START_TEST(what_cannot_be_waited_for_is_refused_and_stays_as_it_was)
{
    static const struct {
        int (*open)(void);
        int error;
    } rows[] = {
        {open_null, -EINVAL},       {open_folder, -EINVAL},           {open_file, -EINVAL},
        {open_udp_socket, -EINVAL}, {open_listening_socket, -EINVAL}, {open_nothing, -EBADF},
    };
    const int fd = rows[_i].open();
    expect_refused(fd, rows[_i].error, rows[_i].error);
    if (fd >= 0)
        close(fd);
}
END_TEST

START_TEST(the_wrong_end_is_refused)
{
    expect_refused(rdy_source_fd(&receiver.source), -EINVAL, 0);
    expect_refused(rdy_source_fd(&sender.source), 0, -EINVAL);
}
END_TEST

/* ---- descriptors ---- */

START_TEST(an_end_gives_its_descriptor_away_and_takes_it_back)
{
    char byte;
    watch(&sender.source, TOKEN, RDY_WRITABLE | RDY_LEVEL);
    watch(&receiver.source, TOKEN, RDY_READABLE | RDY_LEVEL);
    const int out = rdy_pipe_sender_into_fd(&sender), in = rdy_pipe_receiver_into_fd(&receiver);
    ck_assert(is_open(out) && is_open(in));
    ck_assert(!rdy_source_is_registered(&sender.source));
    ck_assert(!rdy_source_is_registered(&receiver.source));
    ck_assert_int_eq(rdy_pipe_sender_into_fd(&sender), -EBADF);
    ck_assert_int_eq(rdy_pipe_receiver_into_fd(&receiver), -EBADF);
    expect_silence();
    ck_assert_int_eq(rdy_pipe_sender_from_fd(out, &sender), 0);
    ck_assert_int_eq(rdy_pipe_receiver_from_fd(in, &receiver), 0);
    ck_assert_int_eq(rdy_pipe_sender_write(&sender, "x", 1), 1);
    ck_assert_int_eq(rdy_pipe_receiver_read(&receiver, &byte, 1), 1);
}
END_TEST

static bool is_blocking(const rdy_source *source)
{
    return (fcntl(rdy_source_fd(source), F_GETFL) & O_NONBLOCK) == 0;
}

START_TEST(each_end_can_be_made_to_block_and_not_to)
{
    ck_assert_int_eq(rdy_pipe_sender_set_nonblocking(&sender, false), 0);
    ck_assert(is_blocking(&sender.source));
    ck_assert(!is_blocking(&receiver.source));
    ck_assert_int_eq(rdy_pipe_receiver_set_nonblocking(&receiver, false), 0);
    ck_assert(is_blocking(&receiver.source));
    ck_assert_int_eq(rdy_pipe_sender_set_nonblocking(&sender, true), 0);
    ck_assert_int_eq(rdy_pipe_receiver_set_nonblocking(&receiver, true), 0);
    ck_assert(is_well_born(rdy_source_fd(&sender.source)));
    ck_assert(is_well_born(rdy_source_fd(&receiver.source)));
}
END_TEST

static void on_signal(int number)
{
    (void)number;
}

static void *write_later(void *unused)
{
    wait_until_main_sleeps();
    for (int i = 0; i < 20; i++)
        pause_briefly();
    ck_assert_int_eq(rdy_pipe_sender_write(&sender, "x", 1), 1);
    return unused;
}

START_TEST(a_read_that_blocks_goes_on_after_signals)
{
    char bytes[2];
    const struct iovec piece = {bytes, sizeof bytes};
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = on_signal}, NULL);
    ck_assert_int_eq(rdy_pipe_receiver_set_nonblocking(&receiver, false), 0);
    const pthread_t writer = start_thread(write_later, NULL);
    start_signals();
    ck_assert_int_eq(_i ? rdy_pipe_receiver_readv(&receiver, &piece, 1)
                        : rdy_pipe_receiver_read(&receiver, bytes, sizeof bytes),
                     1);
    stop_signals();
    join_thread(writer);
}
END_TEST

START_TEST(close_deregisters_and_closes)
{
    const int out = rdy_source_fd(&sender.source), in = rdy_source_fd(&receiver.source);
    watch(&sender.source, TOKEN, RDY_WRITABLE | RDY_LEVEL);
    watch(&receiver.source, TOKEN, RDY_READABLE | RDY_LEVEL);
    close_pipe();
    ck_assert(!is_open(out));
    ck_assert(!is_open(in));
    ck_assert(!rdy_source_is_registered(&sender.source));
    ck_assert(!rdy_source_is_registered(&receiver.source));
    close_pipe();
    rdy_pipe_sender_close(NULL);
    rdy_pipe_receiver_close(NULL);
    expect_silence();
}
END_TEST

START_TEST(a_closed_end_is_ebadf)
{
    char byte = 'x';
    const struct iovec piece = {&byte, 1};
    close_pipe();
    ck_assert_int_eq(rdy_pipe_sender_write(&sender, &byte, 1), -EBADF);
    ck_assert_int_eq(rdy_pipe_sender_writev(&sender, &piece, 1), -EBADF);
    ck_assert_int_eq(rdy_pipe_sender_set_nonblocking(&sender, true), -EBADF);
    ck_assert_int_eq(rdy_pipe_receiver_read(&receiver, &byte, 1), -EBADF);
    ck_assert_int_eq(rdy_pipe_receiver_readv(&receiver, &piece, 1), -EBADF);
    ck_assert_int_eq(rdy_pipe_receiver_set_nonblocking(&receiver, true), -EBADF);
}
END_TEST

static TCase *pipe_case(Suite *suite, const char *name)
{
    TCase *tests = contract_case(suite, name);
    tcase_add_checked_fixture(tests, open_pipe, close_pipe);
    return tests;
}

int main(void)
{
    Suite *suite = contract_suite("pipe_ends");
    TCase *descriptors = pipe_case(suite, "descriptors"), *taking = contract_case(suite, "taking over");
    tcase_add_checked_fixture(taking, NULL, close_pipe);

    tcase_add_loop_test(taking, what_may_be_a_standard_stream_of_a_child_is_taken_over, 0, COUNT(makers));
    tcase_add_loop_test(taking, lines_and_packets_are_read_one_by_one_until_eagain, 0, 2);
    tcase_add_loop_test(taking, what_cannot_be_waited_for_is_refused_and_stays_as_it_was, 0, 6);

    tcase_add_test(descriptors, the_wrong_end_is_refused);
    tcase_add_test(descriptors, an_end_gives_its_descriptor_away_and_takes_it_back);
    tcase_add_test(descriptors, each_end_can_be_made_to_block_and_not_to);
    tcase_add_loop_test(descriptors, a_read_that_blocks_goes_on_after_signals, 0, 2);
    tcase_add_test(descriptors, close_deregisters_and_closes);
    tcase_add_test(descriptors, a_closed_end_is_ebadf);
    return run_suite(suite);
}
