/*
 * Promise 8: input and output go on after EINTR. No signal can be timed to meet a call that does not block,
 * so the calls themselves are replaced here: the first of each fails with EINTR and the next is the real one.
 */

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "net/stream.h"
#include "net/tcp_listener.h"
#include "tests/contract/support.h"

static int interruptions;

static bool interrupted(void)
{
    if (interruptions == 0)
        return false;
    interruptions--;
    errno = EINTR;
    return true;
}

/* The linker's --wrap leads the library here (meson.build) and names the originals. */
#define INTERRUPTIBLE(result, name, parameters, ...)                                                         \
    result __real_##name parameters;                                                                         \
    result __wrap_##name parameters;                                                                         \
    result __wrap_##name parameters                                                                          \
    {                                                                                                        \
        return interrupted() ? -1 : __real_##name(__VA_ARGS__);                                              \
    }

INTERRUPTIBLE(ssize_t, recv, (int fd, void *bytes, size_t size, int flags), fd, bytes, size, flags)
INTERRUPTIBLE(ssize_t, send, (int fd, const void *bytes, size_t size, int flags), fd, bytes, size, flags)
INTERRUPTIBLE(ssize_t, recvmsg, (int fd, struct msghdr *message, int flags), fd, message, flags)
INTERRUPTIBLE(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), fd, message, flags)
INTERRUPTIBLE(int, accept4, (int fd, struct sockaddr *address, socklen_t *length, int flags), fd, address,
              length, flags)

static char bytes[FED];
static struct iovec piece = {bytes, sizeof bytes};

static ptrdiff_t readv_one(rdy_source *source)
{
    return rdy_stream_readv(source, &piece, 1);
}

static ptrdiff_t read_some(rdy_source *source)
{
    return rdy_stream_read(source, bytes, sizeof bytes);
}

static ptrdiff_t peek_some(rdy_source *source)
{
    return rdy_stream_peek(source, bytes, sizeof bytes);
}

static ptrdiff_t write_some(rdy_source *source)
{
    return rdy_stream_write(source, bytes, sizeof bytes);
}

static ptrdiff_t writev_one(rdy_source *source)
{
    return rdy_stream_writev(source, &piece, 1);
}

static ptrdiff_t (*const operations[])(rdy_source *) = {read_some, readv_one, peek_some, write_some,
                                                        writev_one};

START_TEST(reads_and_writes_go_on_after_eintr)
{
    struct pair pair = open_tcp_pair();
    feed(pair.peer);
    watch(pair.end, 1, RDY_READABLE);
    wait_for(1, RDY_EVENT_READABLE);
    interruptions = 3;
    ck_assert_int_eq(operations[_i](pair.end), FED);
    ck_assert_msg(interruptions == 0, "the call that this test replaces was not used");
}
END_TEST

START_TEST(accept_goes_on_after_eintr)
{
    struct pair pair = open_listener();
    rdy_tcp_listener listener;
    rdy_tcp_stream stream;
    ck_assert_int_eq(rdy_tcp_listener_from_fd(rdy_source_fd(pair.end), &listener), 0);
    connect_to_end(&pair);
    *pair.end = (rdy_source){0};
    interruptions = 3;
    ck_assert_int_eq(rdy_tcp_listener_accept(&listener, &stream, NULL), 0);
    ck_assert_msg(interruptions == 0, "the call that this test replaces was not used");
    rdy_tcp_stream_close(&stream);
    rdy_tcp_listener_close(&listener);
}
END_TEST

int main(void)
{
    Suite *suite = contract_suite("interruption");
    TCase *tests = contract_case(suite, "EINTR");

    tcase_add_loop_test(tests, reads_and_writes_go_on_after_eintr, 0, COUNT(operations));
    tcase_add_test(tests, accept_goes_on_after_eintr);
    return run_suite(suite);
}
