/*
 * A kernel like that of macOS: no socket is born non-blocking, SIGPIPE is a matter of an option, and to end an association
 * is an error that ends it. The calls of sockets are compiled into this test as they are there, with another option in
 * that one's place.
 */

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "tests/net/connections.h"

#define SO_NOSIGPIPE SO_KEEPALIVE
#undef SOCK_NONBLOCK

static int refusals_from; /* the call from which on the option is refused; 0 for none */
static int refusal;
static bool complains, keeps_peer;

static int refuse(int error)
{
    errno = error;
    return -1;
}

static int set_option(int fd, int level, int name, const void *value, socklen_t size)
{
    if (name == SO_NOSIGPIPE && refusals_from > 0 && --refusals_from == 0)
        return refuse(refusal);
    return setsockopt(fd, level, name, value, size);
}

static int connect_or_complain(int fd, const struct sockaddr *address, socklen_t length)
{
    if (complains && keeps_peer)
        return refuse(EAFNOSUPPORT);
    const int result = connect(fd, address, length);
    return complains ? refuse(EAFNOSUPPORT) : result;
}

#define setsockopt set_option
#define connect    connect_or_complain
#include "net/os/socket.c"
#undef setsockopt
#undef connect

static int made[2];

/* ---- three ways to make sockets ---- */

static int open_one(void)
{
    made[0] = rdy_socket_open(AF_INET, SOCK_STREAM);
    return made[0] < 0 ? made[0] : 1;
}

static int open_two(void)
{
    const int error = rdy_socket_pair(AF_UNIX, SOCK_STREAM, made);
    return error != 0 ? error : 2;
}

/* The listener comes and goes within: refusals begin with what is accepted. */
static int accept_one(void)
{
    const int from = refusals_from;
    refusals_from = 0;
    struct pair pair = open_listener();
    connect_to_end(&pair);
    refusals_from = from;
    made[0] = rdy_socket_accept(rdy_source_fd(pair.end), NULL);
    rdy_source_close(pair.end);
    rdy_source_close(pair.peer);
    return made[0] < 0 ? made[0] : 1;
}

static const struct {
    int (*make)(void);
    int options; /* how many are set on the way */
} ways[] = {{open_one, 1}, {open_two, 2}, {accept_one, 1}};

static void close_made(int count)
{
    for (int i = 0; i < count; i++)
        rdy_sys_close(made[i]);
}

START_TEST(what_is_made_is_nonblocking_close_on_exec_and_without_sigpipe)
{
    const int count = ways[_i].make();
    ck_assert_int_eq(count, ways[_i].options);
    for (int i = 0; i < count; i++) {
        int value = 0;
        ck_assert(is_well_born(made[i]));
        ck_assert_int_eq(rdy_socket_option(made[i], SOL_SOCKET, SO_NOSIGPIPE, &value), 0);
        ck_assert_int_ne(value, 0);
    }
    close_made(count);
}
END_TEST

/* To which nothing will be written. */
START_TEST(a_peer_that_has_gone_already_is_no_failure)
{
    refusals_from = 1;
    refusal = EINVAL;
    close_made(ways[_i].make());
    ck_assert_int_eq(refusals_from, 0);
    ck_assert(!is_open(made[0]));
}
END_TEST

START_TEST(a_failure_is_told_and_leaves_nothing_open)
{
    int inheritable;
    const int before = count_descriptors(&inheritable);
    for (int nth = 1; nth <= ways[_i].options; nth++) {
        refusals_from = nth;
        refusal = ENOBUFS;
        ck_assert_int_eq(ways[_i].make(), -ENOBUFS);
        ck_assert_int_eq(count_descriptors(&inheritable), before);
    }
}
END_TEST

START_TEST(an_association_that_ends_with_a_complaint_has_ended)
{
    const rdy_address peer = address_of_nobody();
    const int fd = rdy_socket_open(AF_INET, SOCK_DGRAM);
    ck_assert_int_eq(rdy_socket_connect(fd, &peer), 0);
    complains = true;
    keeps_peer = true;
    ck_assert_int_eq(rdy_socket_disconnect(fd), -EAFNOSUPPORT);
    keeps_peer = false;
    ck_assert_int_eq(rdy_socket_disconnect(fd), 0);
    complains = false;
    rdy_sys_close(fd);
}
END_TEST

int main(void)
{
    Suite *suite = contract_suite("plain_birth");
    TCase *tests = contract_case(suite, "sockets");
    tcase_add_loop_test(tests, what_is_made_is_nonblocking_close_on_exec_and_without_sigpipe, 0, COUNT(ways));
    tcase_add_loop_test(tests, a_peer_that_has_gone_already_is_no_failure, 0, COUNT(ways));
    tcase_add_loop_test(tests, a_failure_is_told_and_leaves_nothing_open, 0, COUNT(ways));
    tcase_add_test(tests, an_association_that_ends_with_a_complaint_has_ended);
    return run_suite(suite);
}
