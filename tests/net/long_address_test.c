/*
 * The path of a Unix socket may be longer than sockaddr_storage (253 bytes on macOS): the kernel then writes what has room
 * and says how long it is. Here the calls say so of any address (meson.build).
 */

#include <string.h>
#include <sys/socket.h>

#include "net/unix_datagram.h"
#include "net/unix_stream.h"
#include "tests/contract/support.h"

enum { LONG = 255 };

ssize_t __real_recvmsg(int fd, struct msghdr *message, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags)
{
    const ssize_t result = __real_recvmsg(fd, message, flags);
    message->msg_namelen = LONG;
    return result;
}

int __wrap_getsockname(int fd, struct sockaddr *address, socklen_t *length);
int __wrap_getsockname(int fd, struct sockaddr *address, socklen_t *length)
{
    (void)fd;
    memset(address, 'x', *length);
    address->sa_family = AF_UNIX;
    *length = LONG;
    return 0;
}

START_TEST(a_senders_address_ends_with_its_room)
{
    rdy_unix_datagram ends[2];
    rdy_address from;
    char byte;
    ck_assert_int_eq(rdy_unix_datagram_pair(&ends[0], &ends[1]), 0);
    ck_assert_int_eq(rdy_unix_datagram_send(&ends[0], "x", 1), 1);
    ck_assert_int_eq(rdy_unix_datagram_recv_from(&ends[1], &byte, 1, &from), 1);
    ck_assert_uint_eq(from.length, sizeof from.storage);
    rdy_unix_datagram_close(&ends[0]);
    rdy_unix_datagram_close(&ends[1]);
}
END_TEST

START_TEST(a_local_address_ends_with_its_room)
{
    rdy_unix_stream ends[2];
    rdy_address local;
    ck_assert_int_eq(rdy_unix_stream_pair(&ends[0], &ends[1]), 0);
    ck_assert_int_eq(rdy_unix_stream_local_address(&ends[0], &local), 0);
    ck_assert_uint_eq(local.length, sizeof local.storage);
    rdy_unix_stream_close(&ends[0]);
    rdy_unix_stream_close(&ends[1]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("long_address");
    TCase *tests = tcase_create("addresses");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, a_senders_address_ends_with_its_room);
    tcase_add_test(tests, a_local_address_ends_with_its_room);
    return run_suite(suite);
}
