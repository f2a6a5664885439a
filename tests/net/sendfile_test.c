/* Files over streams: by sendfile(2), and by the copy where that is refused. The call is replaced here for that. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/stream.h"
#include "net/unix_stream.h"
#include "tests/net/connections.h"

enum { SIZE = 5000000 };

/* What the next calls of sendfile do: fail, are interrupted, or send less than they could. */
static struct {
    int error;
    int error_after; /* so many calls that succeed */
    int interruptions;
    size_t most;
    int calls;
} system_call;

ssize_t __real_sendfile64(int fd, int file, off_t *offset, size_t size);
ssize_t __wrap_sendfile64(int fd, int file, off_t *offset, size_t size);
ssize_t __wrap_sendfile64(int fd, int file, off_t *offset, size_t size)
{
    system_call.calls++;
    const bool interrupted = system_call.interruptions > 0 && system_call.interruptions-- > 0;
    if (interrupted || (system_call.error != 0 && system_call.error_after-- <= 0)) {
        errno = interrupted ? EINTR : system_call.error;
        return -1;
    }
    const bool cut = system_call.most != 0 && size > system_call.most;
    return __real_sendfile64(fd, file, offset, cut ? system_call.most : size);
}

/* ---- both kinds of stream, and each way ---- */

static struct connection tcp;
static rdy_unix_stream near_end, far_end;
static int file = -1;
static unsigned char content[SIZE];

static ptrdiff_t send_tcp(int64_t *offset, size_t size)
{
    return rdy_tcp_stream_sendfile(&tcp.client, file, offset, size);
}

static ptrdiff_t send_unix(int64_t *offset, size_t size)
{
    return rdy_unix_stream_sendfile(&near_end, file, offset, size);
}

static void open_tcp(void)
{
    tcp = open_connection("127.0.0.1:0");
}

static void open_unix(void)
{
    ck_assert_int_eq(rdy_unix_stream_pair(&near_end, &far_end), 0);
}

static const struct {
    void (*open)(void);
    ptrdiff_t (*send)(int64_t *offset, size_t size);
    rdy_source *from, *to;
    int error; /* of sendfile(2), 0 for none */
} ways[] = {
    {open_tcp, send_tcp, &tcp.client.source, &tcp.server.source, 0},
    {open_tcp, send_tcp, &tcp.client.source, &tcp.server.source, EINVAL},
    {open_tcp, send_tcp, &tcp.client.source, &tcp.server.source, ENOSYS},
    {open_unix, send_unix, &near_end.source, &far_end.source, 0},
    {open_unix, send_unix, &near_end.source, &far_end.source, EINVAL},
    {open_unix, send_unix, &near_end.source, &far_end.source, EOPNOTSUPP},
    {open_unix, send_unix, &near_end.source, &far_end.source, EPERM},
};

static void open_way(int number)
{
    ways[number].open();
    system_call.error = ways[number].error;
}

static void make_content(void)
{
    for (size_t i = 0; i < SIZE; i++)
        content[i] = (unsigned char)((i * 2654435761U) >> 24);
}

static void make_file(void)
{
    char path[] = "/tmp/rdy-sendfile-XXXXXX";
    file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    unlink(path);
    ck_assert_int_eq(write(file, content, SIZE), SIZE);
}

static void close_all(void)
{
    close_connection(&tcp);
    rdy_unix_stream_close(&near_end);
    rdy_unix_stream_close(&far_end);
    close(file);
}

static void expect_content(int way, int64_t offset, size_t size)
{
    static unsigned char bytes[SIZE];
    read_exactly(ways[way].to, bytes, size);
    ck_assert_mem_eq(bytes, content + offset, size);
}

/* ---- a file that is larger than what fits ---- */

/* A piece of what was sent; 0 if there is none at present. */
static size_t read_a_little(rdy_source *source, size_t done)
{
    unsigned char bytes[20000];
    const ptrdiff_t count = rdy_stream_read(source, bytes, sizeof bytes);
    ck_assert(count > 0 || count == -EAGAIN);
    if (count < 0)
        return 0;
    ck_assert_uint_le(done + (size_t)count, SIZE);
    ck_assert_mem_eq(bytes, content + done, (size_t)count);
    return (size_t)count;
}

/* A short count is taken for a would-block: the next call comes after an event. */
START_TEST(a_slow_reader_gets_every_byte)
{
    int64_t offset = 0;
    size_t received = 0;
    int full = 0;
    bool has_room = false;
    open_way(_i);
    watch(ways[_i].from, 1, RDY_WRITABLE);
    watch(ways[_i].to, 2, RDY_READABLE);
    while (received < SIZE) {
        if (has_room && offset < SIZE) {
            const int64_t before = offset;
            const ptrdiff_t count = ways[_i].send(&offset, (size_t)(SIZE - offset));
            ck_assert(count > 0 || count == -EAGAIN);
            ck_assert_int_eq(offset - before, count > 0 ? count : 0);
            has_room = false;
            full += offset < SIZE;
        }
        const size_t count = read_a_little(ways[_i].to, received);
        received += count;
        const bool waits = count == 0;
        ck_assert_int_ge(rdy_poll_wait(subject.poll, &subject.events, waits ? GENEROUS : 0), waits);
        has_room = has_room || (flags_for(1) & RDY_EVENT_WRITABLE) != 0;
    }
    ck_assert_int_eq(offset, SIZE);
    ck_assert_msg(full > 0, "the socket has never been full");
    ck_assert_uint_eq(read_a_little(ways[_i].to, received), 0);
}
END_TEST

static ptrdiff_t send_until_full(int way, int64_t *offset)
{
    ptrdiff_t count, total = 0;
    while ((count = ways[way].send(offset, SIZE)) > 0)
        total += count;
    ck_assert_int_eq(count, -EAGAIN);
    return total;
}

START_TEST(a_full_socket_is_eagain_and_leaves_the_offset)
{
    int64_t offset = 7;
    open_way(_i);
    const ptrdiff_t total = send_until_full(_i, &offset);
    ck_assert_int_eq(offset, 7 + total);
    expect_content(_i, 7, (size_t)total);
}
END_TEST

/* ---- which bytes ---- */

START_TEST(the_bytes_are_those_at_the_offset_and_the_file_keeps_its_position)
{
    int64_t offset = 10;
    open_way(_i);
    ck_assert_int_eq(lseek(file, 3, SEEK_SET), 3);
    ck_assert_int_eq(ways[_i].send(&offset, 20), 20);
    ck_assert_int_eq(offset, 30);
    expect_content(_i, 10, 20);
    ck_assert_int_eq(ways[_i].send(&offset, 0), 0);
    ck_assert_int_eq(offset, 30);
    ck_assert_int_eq(lseek(file, 0, SEEK_CUR), 3);
}
END_TEST

START_TEST(the_end_of_the_file_is_0)
{
    int64_t offset = SIZE - 10;
    open_way(_i);
    ck_assert_int_eq(ways[_i].send(&offset, 50), 10);
    ck_assert_int_eq(offset, SIZE);
    expect_content(_i, SIZE - 10, 10);
    ck_assert_int_eq(ways[_i].send(&offset, SIZE_MAX), 0);
    ck_assert_int_eq(offset, SIZE);
    offset += 1000;
    ck_assert_int_eq(ways[_i].send(&offset, 50), 0);
    ck_assert_int_eq(offset, SIZE + 1000);
}
END_TEST

/* select would report it as writable again if it had been told of a would-block. */
START_TEST(a_count_that_the_end_of_the_file_cut_is_no_would_block)
{
    int64_t offset = SIZE - 10;
    open_way(_i);
    watch(ways[_i].from, 1, RDY_WRITABLE);
    wait_for(1, RDY_EVENT_WRITABLE);
    ck_assert_int_eq(ways[_i].send(&offset, 50), 10);
    expect_silence();
    ck_assert_int_eq(ways[_i].send(&offset, 50), 0);
    expect_silence();
}
END_TEST

START_TEST(a_part_that_the_system_cuts_is_followed_by_the_next)
{
    int64_t offset = 0;
    open_way(_i);
    system_call.most = 1000;
    ck_assert_int_eq(ways[_i].send(&offset, 20000), 20000);
    ck_assert_int_eq(offset, 20000);
    expect_content(_i, 0, 20000);
}
END_TEST

START_TEST(sending_goes_on_after_eintr)
{
    int64_t offset = 0;
    open_way(_i);
    system_call.interruptions = 3;
    ck_assert_int_eq(ways[_i].send(&offset, 1000), 1000);
    ck_assert_int_eq(system_call.interruptions, 0);
    expect_content(_i, 0, 1000);
}
END_TEST

/* ---- errors ---- */

static bool is_sigpipe_blocked(void)
{
    sigset_t mask;
    ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, NULL, &mask), 0);
    return sigismember(&mask, SIGPIPE) == 1;
}

/* SIGPIPE keeps its default action here: raised, it would end the test. */
START_TEST(a_peer_that_has_gone_is_epipe_and_no_signal)
{
    int64_t offset = 0;
    ptrdiff_t result;
    open_way(_i);
    signal(SIGPIPE, SIG_DFL);
    rdy_source_close(ways[_i].to);
    const int64_t deadline = rdy_clock_after(rdy_clock_now(), GENEROUS);
    do
        result = ways[_i].send(&offset, 10);
    while (result >= 0 && rdy_clock_now() < deadline);
    ck_assert_msg(result == -EPIPE || result == -ECONNRESET, "sendfile gave %td", result);
    const int64_t before = offset;
    ck_assert_int_eq(ways[_i].send(&offset, 10), -EPIPE);
    ck_assert_int_eq(offset, before);
    ck_assert(!is_sigpipe_blocked());
}
END_TEST

START_TEST(our_own_shutdown_is_epipe_and_no_signal)
{
    int64_t offset = 0;
    open_way(_i);
    signal(SIGPIPE, SIG_DFL);
    ck_assert_int_eq(rdy_stream_shutdown(ways[_i].from, SHUT_WR), 0);
    ck_assert_int_eq(ways[_i].send(&offset, 10), -EPIPE);
    ck_assert_int_eq(offset, 0);
}
END_TEST

START_TEST(an_error_after_some_bytes_is_told_and_the_offset_counts_them)
{
    int64_t offset = 0;
    open_tcp();
    system_call.most = 1000;
    system_call.error = EIO;
    system_call.error_after = 2;
    ck_assert_int_eq(send_tcp(&offset, 5000), -EIO);
    ck_assert_int_eq(offset, 2000);
    expect_content(0, 0, 2000);
}
END_TEST

static int open_pipe_end(void)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    close(ends[1]);
    return ends[0];
}

static int open_folder(void)
{
    return open("/tmp", O_RDONLY);
}

static int open_for_writing(void)
{
    return open("/tmp", O_WRONLY | O_TMPFILE, 0600);
}

START_TEST(a_file_that_cannot_be_read_there_says_why)
{
    static const struct {
        int (*open)(void);
        int64_t offset;
        int error;
    } rows[] = {
        {open_pipe_end, 0, -ESPIPE},   {open_folder, 0, -EISDIR}, {open_nothing, 0, -EBADF},
        {open_for_writing, 0, -EBADF}, {NULL, -1, -EINVAL},
    };
    int64_t offset = rows[_i].offset;
    open_unix();
    if (rows[_i].open != NULL) {
        close(file);
        file = rows[_i].open();
    }
    ck_assert_int_eq(send_unix(&offset, 10), rows[_i].error);
    ck_assert_int_eq(offset, rows[_i].offset);
}
END_TEST

START_TEST(a_closed_stream_is_ebadf)
{
    rdy_tcp_stream closed_tcp = {0};
    rdy_unix_stream closed_unix = {0};
    int64_t offset = 0;
    ck_assert_int_eq(rdy_tcp_stream_sendfile(&closed_tcp, file, &offset, 10), -EBADF);
    ck_assert_int_eq(rdy_unix_stream_sendfile(&closed_unix, file, &offset, 10), -EBADF);
}
END_TEST

START_TEST(the_system_is_asked_to_send_and_once_if_it_refuses)
{
    int64_t offset = 0;
    open_way(_i);
    ck_assert_int_eq(ways[_i].send(&offset, 40000), 40000);
    ck_assert_int_eq(system_call.calls, 1);
}
END_TEST

static TCase *file_case(Suite *suite, const char *name)
{
    TCase *tests = contract_case(suite, name);
    tcase_add_unchecked_fixture(tests, make_content, NULL);
    tcase_add_checked_fixture(tests, make_file, close_all);
    return tests;
}

int main(void)
{
    Suite *suite = contract_suite("sendfile");
    TCase *full = file_case(suite, "full"), *bytes = file_case(suite, "bytes"),
          *errors = file_case(suite, "errors");

    tcase_add_loop_test(full, a_slow_reader_gets_every_byte, 0, COUNT(ways));
    tcase_add_loop_test(full, a_full_socket_is_eagain_and_leaves_the_offset, 0, COUNT(ways));

    tcase_add_loop_test(bytes, the_bytes_are_those_at_the_offset_and_the_file_keeps_its_position, 0,
                        COUNT(ways));
    tcase_add_loop_test(bytes, the_end_of_the_file_is_0, 0, COUNT(ways));
    tcase_add_loop_test(bytes, a_count_that_the_end_of_the_file_cut_is_no_would_block, 0, COUNT(ways));
    tcase_add_loop_test(bytes, a_part_that_the_system_cuts_is_followed_by_the_next, 0, COUNT(ways));
    tcase_add_loop_test(bytes, sending_goes_on_after_eintr, 0, COUNT(ways));
    tcase_add_loop_test(bytes, the_system_is_asked_to_send_and_once_if_it_refuses, 0, COUNT(ways));

    tcase_add_loop_test(errors, a_peer_that_has_gone_is_epipe_and_no_signal, 0, COUNT(ways));
    tcase_add_loop_test(errors, our_own_shutdown_is_epipe_and_no_signal, 0, COUNT(ways));
    tcase_add_test(errors, an_error_after_some_bytes_is_told_and_the_offset_counts_them);
    tcase_add_loop_test(errors, a_file_that_cannot_be_read_there_says_why, 0, 5);
    tcase_add_test(errors, a_closed_stream_is_ebadf);
    return run_suite(suite);
}
