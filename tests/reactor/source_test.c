#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reactor/source_io.h"
#include "tests/contract/support.h"

static int ends[2];

static void open_ends(void)
{
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
}

static void close_ends(void)
{
    close(ends[0]);
    close(ends[1]);
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

/* ---- the descriptor ---- */

static const struct {
    int given;
    int held;
} numbers[] = {{0, 0}, {1, 1}, {INT_MAX, INT_MAX}, {-1, -1}, {INT_MIN, -1}};

START_TEST(a_source_holds_any_descriptor_also_0_and_no_negative_number)
{
    const rdy_source source = rdy_source_from_fd(numbers[_i].given);
    ck_assert_int_eq(rdy_source_fd(&source), numbers[_i].held);
    ck_assert(!rdy_source_is_registered(&source));
}
END_TEST

START_TEST(a_zeroed_source_holds_none_and_closes_nothing)
{
    rdy_source zeroed = {0};
    ck_assert_int_eq(dup2(ends[0], 0), 0);
    ck_assert_int_eq(rdy_source_fd(&zeroed), -1);
    ck_assert_int_eq(rdy_source_release(&zeroed), -EBADF);
    rdy_source_close(&zeroed);
    ck_assert(is_open(0));
}
END_TEST

START_TEST(closing_closes_the_descriptor_once)
{
    rdy_source source = rdy_source_from_fd(ends[0]);
    rdy_source_close(&source);
    ck_assert(!is_open(ends[0]));
    ck_assert_int_eq(rdy_source_fd(&source), -1);
    ck_assert_int_eq(dup2(ends[1], ends[0]), ends[0]);
    rdy_source_close(&source);
    ck_assert(is_open(ends[0]));
}
END_TEST

START_TEST(releasing_gives_the_descriptor_away_open)
{
    rdy_source source = rdy_source_from_fd(ends[0]);
    rdy_source_keep_error(&source, -EIO);
    rdy_source_mark_connected(&source);
    ck_assert_int_eq(rdy_source_release(&source), ends[0]);
    ck_assert(is_open(ends[0]));
    ck_assert_int_eq(rdy_source_fd(&source), -1);
    ck_assert_int_eq(rdy_source_kept_error(&source), 0);
    ck_assert_int_eq(rdy_source_was_connected(&source), 0);
    ck_assert_int_eq(rdy_source_release(&source), -EBADF);
}
END_TEST

START_TEST(releasing_takes_the_source_off_its_poll)
{
    rdy_source source = rdy_source_from_fd(ends[0]);
    watch(&source, 1, RDY_WRITABLE | RDY_LEVEL);
    ck_assert_int_eq(rdy_source_release(&source), ends[0]);
    expect_silence();
    source = rdy_source_from_fd(ends[0]);
    watch(&source, 1, RDY_WRITABLE);
    rdy_source_deregister(&source);
}
END_TEST

/* ---- the notes beside it ---- */

static const int errors[] = {-ECONNREFUSED, -ETIMEDOUT, -EPERM, -1, -4095};

static void expect_notes(const rdy_source *source, int error)
{
    ck_assert_int_eq(rdy_source_kept_error(source), error);
    ck_assert_int_ne(rdy_source_was_connected(source), 0);
    ck_assert_int_eq(rdy_source_fd(source), ends[0]);
}

START_TEST(the_notes_do_not_disturb_one_another)
{
    rdy_source source = rdy_source_from_fd(ends[0]);
    ck_assert_int_eq(rdy_source_kept_error(&source), 0);
    ck_assert_int_eq(rdy_source_was_connected(&source), 0);
    rdy_source_keep_error(&source, -ENOTCONN);
    ck_assert_int_eq(rdy_source_was_connected(&source), 0);
    rdy_source_mark_connected(&source);
    expect_notes(&source, -ENOTCONN);
    rdy_source_keep_error(&source, errors[_i]);
    expect_notes(&source, errors[_i]);
    rdy_source_keep_error(&source, 0);
    expect_notes(&source, 0);
}
END_TEST

START_TEST(the_notes_outlast_registrations_on_every_backend)
{
    rdy_source source = rdy_source_from_fd(ends[0]);
    rdy_source_mark_connected(&source);
    for (const char *const *name = rdy_backends(); *name != NULL; name++) {
        reopen_subject(&(rdy_poll_options){.backend = *name});
        rdy_source_keep_error(&source, errors[_i]);
        watch(&source, 1, RDY_READABLE);
        expect_notes(&source, errors[_i]);
        rdy_source_keep_error(&source, -EIO);
        ck_assert(rdy_source_is_registered(&source));
        ck_assert_int_eq(rdy_source_deregister(&source), 0);
        expect_notes(&source, -EIO);
    }
}
END_TEST

/* ---- a kept error and the end of a stream ---- */

static ptrdiff_t receive(rdy_source *source, void *bytes, size_t size)
{
    return rdy_source_recv(source, bytes, size, 0);
}

static ptrdiff_t receive_message(rdy_source *source, void *bytes, size_t size)
{
    struct iovec piece = {bytes, size};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    return rdy_source_recvmsg(source, &message, size, 0);
}

static ptrdiff_t (*const readers[])(rdy_source *source, void *bytes, size_t size) = {receive,
                                                                                     receive_message};

START_TEST(the_end_of_a_stream_is_the_kept_error_after_all_that_was_sent)
{
    rdy_source source = rdy_source_from_fd(ends[0]);
    char bytes[8];
    rdy_source_keep_error(&source, -ECONNRESET);
    ck_assert_int_eq(write(ends[1], "abc", 3), 3);
    ck_assert_int_eq(shutdown(ends[1], SHUT_WR), 0);
    ck_assert_int_eq(readers[_i](&source, bytes, 2), 2);
    ck_assert_int_eq(readers[_i](&source, bytes, sizeof bytes), 1);
    ck_assert_int_eq(readers[_i](&source, bytes, 0), 0);
    ck_assert_int_eq(readers[_i](&source, bytes, sizeof bytes), -ECONNRESET);
    ck_assert_int_eq(readers[_i](&source, bytes, sizeof bytes), -ECONNRESET);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("source");
    TCase *descriptor = contract_case(suite, "descriptor");
    TCase *notes = contract_case(suite, "notes");

    tcase_add_checked_fixture(descriptor, open_ends, close_ends);
    tcase_add_loop_test(descriptor, a_source_holds_any_descriptor_also_0_and_no_negative_number, 0,
                        COUNT(numbers));
    tcase_add_test(descriptor, a_zeroed_source_holds_none_and_closes_nothing);
    tcase_add_test(descriptor, closing_closes_the_descriptor_once);
    tcase_add_test(descriptor, releasing_gives_the_descriptor_away_open);
    tcase_add_test(descriptor, releasing_takes_the_source_off_its_poll);
    tcase_add_checked_fixture(notes, open_ends, close_ends);
    tcase_add_loop_test(notes, the_notes_do_not_disturb_one_another, 0, COUNT(errors));
    tcase_add_loop_test(notes, the_notes_outlast_registrations_on_every_backend, 0, COUNT(errors));
    tcase_add_loop_test(notes, the_end_of_a_stream_is_the_kept_error_after_all_that_was_sent, 0,
                        COUNT(readers));
    return run_suite(suite);
}
