#include "net/pipe.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

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

static ptrdiff_t write_until_full(void)
{
    static char bytes[65536];
    ptrdiff_t total = 0, count;
    while ((count = rdy_pipe_sender_write(&sender, bytes, sizeof bytes)) > 0)
        total += count;
    ck_assert_int_eq(count, -EAGAIN);
    return total;
}

static ptrdiff_t read_until_empty(void)
{
    static char bytes[4096];
    ptrdiff_t total = 0, count;
    while ((count = rdy_pipe_receiver_read(&receiver, bytes, sizeof bytes)) > 0)
        total += count;
    ck_assert_int_eq(count, -EAGAIN);
    return total;
}

/* ---- bytes ---- */

START_TEST(a_pipe_is_well_born_and_leads_from_sender_to_receiver)
{
    char bytes[8] = "";
    ck_assert(is_well_born(rdy_source_fd(&sender.source)));
    ck_assert(is_well_born(rdy_source_fd(&receiver.source)));
    ck_assert_int_eq(rdy_pipe_receiver_read(&receiver, bytes, sizeof bytes), -EAGAIN);
    ck_assert_int_eq(rdy_pipe_sender_write(&sender, "hello", 5), 5);
    ck_assert_int_eq(rdy_pipe_receiver_read(&receiver, bytes, sizeof bytes), 5);
    ck_assert_str_eq(bytes, "hello");
}
END_TEST

START_TEST(pieces_are_written_and_read_in_their_order)
{
    char first[3] = "", second[20] = "";
    const struct iovec out[] = {{"he", 2}, {"", 0}, {"llo wor", 7}, {"ld", 2}};
    const struct iovec in[] = {{first, 3}, {second, sizeof second}};
    ck_assert_int_eq(rdy_pipe_sender_writev(&sender, out, COUNT(out)), 11);
    ck_assert_int_eq(rdy_pipe_receiver_readv(&receiver, in, COUNT(in)), 11);
    ck_assert_mem_eq(first, "hel", 3);
    ck_assert_str_eq(second, "lo world");
    ck_assert_int_eq(rdy_pipe_receiver_readv(&receiver, in, COUNT(in)), -EAGAIN);
    ck_assert_int_eq(rdy_pipe_sender_writev(&sender, out, -1), -EINVAL);
    ck_assert_int_eq(rdy_pipe_sender_writev(&sender, out, IOV_MAX + 1), -EINVAL);
    ck_assert_int_eq(rdy_pipe_receiver_readv(&receiver, in, -1), -EINVAL);
    ck_assert_int_eq(rdy_pipe_receiver_readv(&receiver, in, IOV_MAX + 1), -EINVAL);
}
END_TEST

/* Edges: select has to be told by read and write what would block. */
START_TEST(both_ends_are_reported_again_after_they_would_have_blocked)
{
    watch(&sender.source, 1, RDY_WRITABLE);
    wait_for(1, RDY_EVENT_WRITABLE);
    for (int i = 0; i < 3; i++) {
        const ptrdiff_t written = write_until_full();
        expect_silence();
        ck_assert_int_eq(read_until_empty(), written);
        wait_for(1, RDY_EVENT_WRITABLE);
    }
    ck_assert_int_eq(rdy_source_deregister(&sender.source), 0);
    watch(&receiver.source, 2, RDY_READABLE);
    for (int i = 0; i < 3; i++) {
        expect_silence();
        ck_assert_int_eq(rdy_pipe_sender_write(&sender, "x", 1), 1);
        wait_for(2, RDY_EVENT_READABLE);
        ck_assert_int_eq(read_until_empty(), 1);
    }
}
END_TEST

START_TEST(a_short_count_is_as_good_as_a_would_block)
{
    static char bytes[1 << 20];
    const struct iovec piece = {bytes, sizeof bytes};
    watch(&sender.source, 1, RDY_WRITABLE);
    wait_for(1, RDY_EVENT_WRITABLE);
    const ptrdiff_t count =
        _i ? rdy_pipe_sender_writev(&sender, &piece, 1) : rdy_pipe_sender_write(&sender, bytes, sizeof bytes);
    ck_assert_int_gt(count, 0);
    ck_assert_int_lt(count, (ptrdiff_t)sizeof bytes);
    expect_silence();
    ck_assert_int_eq(read_until_empty(), count);
    wait_for(1, RDY_EVENT_WRITABLE);
    ck_assert_int_eq(rdy_source_deregister(&sender.source), 0);

    watch(&receiver.source, 2, RDY_READABLE);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(rdy_pipe_sender_write(&sender, "x", 1), 1);
        wait_for(2, RDY_EVENT_READABLE);
        ck_assert_int_eq(_i ? rdy_pipe_receiver_readv(&receiver, &piece, 1)
                            : rdy_pipe_receiver_read(&receiver, bytes, sizeof bytes),
                         1);
    }
}
END_TEST

START_TEST(the_end_is_0_after_all_that_was_written)
{
    char bytes[8];
    watch(&receiver.source, TOKEN, RDY_READABLE);
    ck_assert_int_eq(rdy_pipe_sender_write(&sender, "bye", 3), 3);
    rdy_pipe_sender_close(&sender);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    ck_assert_int_eq(rdy_pipe_receiver_read(&receiver, bytes, sizeof bytes), 3);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(rdy_pipe_receiver_read(&receiver, bytes, sizeof bytes), 0);
}
END_TEST

/* SIGPIPE keeps its default action here: raised, it would end the test. */
START_TEST(writing_when_nobody_reads_is_epipe_and_no_signal)
{
    const struct iovec piece = {"x", 1};
    signal(SIGPIPE, SIG_DFL);
    (void)write_until_full();
    watch(&sender.source, TOKEN, RDY_WRITABLE);
    rdy_pipe_receiver_close(&receiver);
    wait_for(TOKEN, RDY_EVENT_WRITABLE);
    ck_assert_int_eq(rdy_pipe_sender_write(&sender, "x", 1), -EPIPE);
    ck_assert_int_eq(rdy_pipe_sender_writev(&sender, &piece, 1), -EPIPE);
}
END_TEST

START_TEST(a_full_descriptor_table_is_emfile)
{
    struct rlimit before;
    close_pipe();
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    const int result = rdy_pipe_open(&sender, &receiver);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert_int_eq(result, -EMFILE);
    ck_assert_int_eq(rdy_source_fd(&sender.source), -1);
    ck_assert_int_eq(rdy_source_fd(&receiver.source), -1);
}
END_TEST

/* ---- children ---- */

/* cat(1) between two pipes or two pairs of sockets; it has to find streams that block. */
static pid_t start_cat(int in, int out)
{
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child != 0)
        return child;
    dup2(in, 0);
    dup2(out, 1);
    execlp("cat", "cat", (char *)NULL);
    _exit(127);
}

static pid_t start_cat_on_pipes(void)
{
    rdy_pipe_sender child_out;
    rdy_pipe_receiver child_in;
    close_pipe();
    ck_assert_int_eq(rdy_pipe_open(&sender, &child_in), 0);
    ck_assert_int_eq(rdy_pipe_open(&child_out, &receiver), 0);
    ck_assert_int_eq(rdy_pipe_receiver_set_nonblocking(&child_in, false), 0);
    ck_assert_int_eq(rdy_pipe_sender_set_nonblocking(&child_out, false), 0);
    const pid_t child = start_cat(rdy_source_fd(&child_in.source), rdy_source_fd(&child_out.source));
    rdy_pipe_receiver_close(&child_in);
    rdy_pipe_sender_close(&child_out);
    return child;
}

static void make_sockets(int ends[2])
{
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
}

static pid_t start_cat_on_sockets(void)
{
    int in[2], out[2];
    close_pipe();
    make_sockets(in);
    make_sockets(out);
    ck_assert_int_eq(rdy_pipe_sender_from_fd(in[1], &sender), 0);
    ck_assert_int_eq(rdy_pipe_receiver_from_fd(out[0], &receiver), 0);
    const pid_t child = start_cat(in[0], out[1]);
    close(in[0]);
    close(out[1]);
    return child;
}

enum { SIZE = 1 << 20 };

static unsigned char sent[SIZE], received[SIZE + 1];

static ptrdiff_t write_more(size_t done)
{
    const ptrdiff_t count = rdy_pipe_sender_write(&sender, sent + done, SIZE - done);
    ck_assert(count >= 0 || count == -EAGAIN);
    if (done < SIZE && done + (size_t)(count > 0 ? count : 0) == SIZE)
        rdy_pipe_sender_close(&sender);
    return count > 0 ? count : 0;
}

START_TEST(a_child_gets_and_gives_every_byte)
{
    size_t written = 0, read = 0;
    ptrdiff_t count = -EAGAIN;
    int status;
    for (size_t i = 0; i < SIZE; i++)
        sent[i] = (unsigned char)((i * 2654435761U) >> 24);
    const pid_t child = _i ? start_cat_on_sockets() : start_cat_on_pipes();
    watch(&sender.source, 1, RDY_WRITABLE);
    watch(&receiver.source, 2, RDY_READABLE);
    while (count != 0) {
        ck_assert_int_gt(rdy_poll_wait(subject.poll, &subject.events, GENEROUS), 0);
        if (flags_for(1) & RDY_EVENT_WRITABLE)
            written += (size_t)write_more(written);
        while ((count = rdy_pipe_receiver_read(&receiver, received + read, SIZE - read + 1)) > 0)
            read += (size_t)count;
        ck_assert(count == 0 || count == -EAGAIN);
    }
    ck_assert_uint_eq(read, SIZE);
    ck_assert_mem_eq(sent, received, SIZE);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
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
    Suite *suite = contract_suite("pipe");
    TCase *bytes = pipe_case(suite, "bytes"), *children = pipe_case(suite, "children");

    tcase_add_test(bytes, a_pipe_is_well_born_and_leads_from_sender_to_receiver);
    tcase_add_test(bytes, pieces_are_written_and_read_in_their_order);
    tcase_add_test(bytes, both_ends_are_reported_again_after_they_would_have_blocked);
    tcase_add_loop_test(bytes, a_short_count_is_as_good_as_a_would_block, 0, 2);
    tcase_add_test(bytes, the_end_is_0_after_all_that_was_written);
    tcase_add_test(bytes, writing_when_nobody_reads_is_epipe_and_no_signal);
    tcase_add_test(bytes, a_full_descriptor_table_is_emfile);

    tcase_add_loop_test(children, a_child_gets_and_gives_every_byte, 0, 2);
    return run_suite(suite);
}
