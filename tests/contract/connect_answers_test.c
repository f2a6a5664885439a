/* Promise 9, where a kernel answers what finish_connect asks of a connect in another way. */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "net/tcp_listener.h"
#include "tests/contract/support.h"

#define TOKEN ((rdy_token)7)

static rdy_tcp_listener listener;
static rdy_tcp_stream stream;

/* The linker's --wrap leads the library here (meson.build) and names the original. */
static int peerless; /* how many questions for the peer fail */
static int peerless_error;

int __real_getpeername(int fd, struct sockaddr *peer, socklen_t *length);
int __wrap_getpeername(int fd, struct sockaddr *peer, socklen_t *length);
int __wrap_getpeername(int fd, struct sockaddr *peer, socklen_t *length)
{
    if (peerless == 0)
        return __real_getpeername(fd, peer, length);
    peerless--;
    errno = peerless_error;
    return -1;
}

static int socket_error; /* what SO_ERROR says, unless it is 0 */

int __real_getsockopt(int fd, int level, int option, void *value, socklen_t *length);
int __wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *length);
int __wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *length)
{
    const int result = __real_getsockopt(fd, level, option, value, length);
    if (result == 0 && level == SOL_SOCKET && option == SO_ERROR && socket_error != 0)
        memcpy(value, &socket_error, sizeof socket_error);
    return result;
}

static void connect_and_be_answered(void)
{
    rdy_address address;
    peerless = 0;
    socket_error = 0;
    ck_assert_int_eq(rdy_address_parse("127.0.0.1:0", &address), 0);
    ck_assert_int_eq(rdy_tcp_listener_bind(&address, NULL, &listener), 0);
    ck_assert_int_eq(rdy_tcp_listener_local_address(&listener, &address), 0);
    ck_assert_int_eq(rdy_tcp_stream_connect(&address, &stream), 0);
    watch(&stream.source, TOKEN, RDY_WRITABLE | RDY_LEVEL);
    wait_for(TOKEN, RDY_EVENT_WRITABLE);
}

static void close_all(void)
{
    rdy_tcp_stream_close(&stream);
    rdy_tcp_listener_close(&listener);
}

static int finish_without_a_peer(int questions, int error)
{
    peerless = questions;
    peerless_error = error;
    const int result = rdy_tcp_stream_finish_connect(&stream);
    ck_assert_msg(peerless == 0, "the call that this test replaces was not used");
    return result;
}

START_TEST(an_answer_between_two_questions_is_no_failure)
{
    ck_assert_int_eq(finish_without_a_peer(1, ENOTCONN), 0);
}
END_TEST

/* macOS says EINVAL of a socket that was reset. */
START_TEST(a_socket_that_has_lost_its_peer_is_no_connection_for_ever)
{
    static const int errors[] = {ENOTCONN, EINVAL};
    ck_assert_int_eq(finish_without_a_peer(2, errors[_i]), -ENOTCONN);
    ck_assert_int_eq(rdy_tcp_stream_finish_connect(&stream), -ENOTCONN);
}
END_TEST

/* macOS says by SO_ERROR that it is under way. */
START_TEST(a_connect_that_is_under_way_is_not_yet)
{
    static const int errors[] = {EINPROGRESS, EALREADY};
    socket_error = errors[_i];
    ck_assert_int_eq(finish_without_a_peer(2, ENOTCONN), -EAGAIN);
    socket_error = 0;
    ck_assert_int_eq(rdy_tcp_stream_finish_connect(&stream), 0);
}
END_TEST

int main(void)
{
    Suite *suite = contract_suite("connect_answers");
    TCase *answers = contract_case(suite, "answers");

    tcase_add_checked_fixture(answers, connect_and_be_answered, close_all);
    tcase_add_test(answers, an_answer_between_two_questions_is_no_failure);
    tcase_add_loop_test(answers, a_socket_that_has_lost_its_peer_is_no_connection_for_ever, 0, 2);
    tcase_add_loop_test(answers, a_connect_that_is_under_way_is_not_yet, 0, 2);
    return run_suite(suite);
}
