/*
 * Promises 6 and 8: what old kernels lack, or sandboxes refuse, is done in another way and looks the same. No kernel
 * can be asked to forget a call, so they are replaced here: each fails, and nothing shows it.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "net/tcp_listener.h"
#include "reactor/signals.h"
#include "reactor/waker.h"
#include "tests/contract/support.h"

#define TOKEN ((rdy_token)7)

static int answer;   /* an errno in place of the calls, or 0 */
static int refused;  /* how many calls had that answer */
static int firewall; /* how many connections accept(2) and accept4(2) may not take */

static bool refuse(void)
{
    if (answer == 0)
        return false;
    refused++;
    errno = answer;
    return true;
}

/* The linker's --wrap leads the library here (meson.build) and names the originals. */
int __real_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
    return refuse() ? -1 : __real_accept4(fd, address, length, flags);
}

int __real_accept(int fd, struct sockaddr *address, socklen_t *length);
int __wrap_accept(int fd, struct sockaddr *address, socklen_t *length);
int __wrap_accept(int fd, struct sockaddr *address, socklen_t *length)
{
    if (firewall == 0)
        return __real_accept(fd, address, length);
    firewall--;
    errno = EPERM;
    return -1;
}

int __real_eventfd(unsigned count, int flags);
int __wrap_eventfd(unsigned count, int flags);
int __wrap_eventfd(unsigned count, int flags)
{
    return refuse() ? -1 : __real_eventfd(count, flags);
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
    long arguments[6];
    if (refuse())
        return -1;
    va_list list;
    va_start(list, number);
    for (int i = 0; i < COUNT(arguments); i++)
        arguments[i] = va_arg(list, long);
    va_end(list);
    return __real_syscall(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
                          arguments[5]);
}

static int waits; /* of epoll_wait(2) */

int __real_epoll_wait(int fd, struct epoll_event *events, int capacity, int timeout);
int __wrap_epoll_wait(int fd, struct epoll_event *events, int capacity, int timeout);
int __wrap_epoll_wait(int fd, struct epoll_event *events, int capacity, int timeout)
{
    waits++;
    return __real_epoll_wait(fd, events, capacity, timeout);
}

/* An old kernel's, and a sandbox's. */
static const int answers[] = {ENOSYS, EPERM};

static bool is_backend(const char *name)
{
    return strcmp(rdy_poll_backend(subject.poll), name) == 0;
}

static void give_calls_back(void)
{
    answer = 0;
    firewall = 0;
}

/* With a client that waits to be accepted. */
static rdy_tcp_listener open_listener_with_a_client(void)
{
    struct pair pair = open_listener();
    rdy_tcp_listener listener;
    ck_assert_int_eq(rdy_tcp_listener_from_fd(rdy_source_fd(pair.end), &listener), 0);
    *pair.end = (rdy_source){0};
    pair.end = &listener.source;
    connect_to_end(&pair);
    return listener;
}

START_TEST(without_accept4_what_is_accepted_is_nonblocking_and_close_on_exec)
{
    rdy_tcp_listener listener = open_listener_with_a_client();
    rdy_tcp_stream stream;
    answer = answers[_i];
    ck_assert_int_eq(rdy_tcp_listener_accept(&listener, &stream, NULL), 0);
    const int fd = rdy_source_fd(&stream.source);
    ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    rdy_tcp_stream_close(&stream);
    ck_assert_int_eq(rdy_tcp_listener_accept(&listener, &stream, NULL), -EAGAIN);
    ck_assert_int_eq(refused, 1);
    rdy_tcp_listener_close(&listener);
}
END_TEST

/* accept(2) says EPERM for that too: it does not make accept4(2) one that is missing. */
START_TEST(a_connection_that_a_firewall_forbids_is_eperm_and_the_next_is_accepted_as_before)
{
    rdy_tcp_listener listener = open_listener_with_a_client();
    rdy_tcp_stream stream;
    answer = EPERM;
    for (int i = 0; i < 2; i++) {
        firewall = 1;
        ck_assert_int_eq(rdy_tcp_listener_accept(&listener, &stream, NULL), -EPERM);
        ck_assert_int_eq(firewall, 0);
    }
    ck_assert_int_eq(refused, 2);
    give_calls_back();
    firewall = 1;
    ck_assert_int_eq(rdy_tcp_listener_accept(&listener, &stream, NULL), 0);
    ck_assert_int_eq(firewall, 1);
    rdy_tcp_stream_close(&stream);
    rdy_tcp_listener_close(&listener);
}
END_TEST

static void *register_while_main_sleeps(void *source)
{
    wait_until_main_sleeps();
    return rdy_registry_register(subject.registry, source, TOKEN, RDY_WRITABLE) == 0 ? source : NULL;
}

static void *wake_while_main_sleeps(void *waker)
{
    wait_until_main_sleeps();
    return rdy_waker_wake(waker) == 0 ? waker : NULL;
}

START_TEST(without_eventfd_a_sleeping_poll_is_woken)
{
    rdy_waker *waker;
    struct pair pair = open_unix_pair();
    int inheritable;
    const int before = count_descriptors(&inheritable);
    answer = answers[_i];
    reopen_subject(NULL);
    ck_assert(refused == 1 || is_backend("kqueue"));
    give_calls_back();
    ck_assert_int_eq(rdy_waker_open(subject.registry, TOKEN, &waker), 0);
    for (int round = 0; round < 3; round++) {
        pthread_t thread = start_thread(wake_while_main_sleeps, waker);
        wait_for(TOKEN, RDY_EVENT_READABLE);
        ck_assert_ptr_nonnull(join_thread(thread));
        expect_silence();
    }
    pthread_t thread = start_thread(register_while_main_sleeps, pair.end);
    wait_for(TOKEN, RDY_EVENT_WRITABLE);
    ck_assert_ptr_nonnull(join_thread(thread));
    rdy_waker_close(waker);
    reopen_subject(NULL);
    wait_until_descriptors_are(before);
}
END_TEST

/* More of them than are drained by one read. */
START_TEST(without_eventfd_signals_are_told_and_leave_nothing_behind)
{
    static const int number = SIGUSR2;
    rdy_signals signals;
    int inheritable;
    const int before = count_descriptors(&inheritable);
    answer = answers[_i];
    ck_assert_int_eq(rdy_signals_open(&number, 1, &signals), 0);
    ck_assert_int_eq(refused, 1);
    give_calls_back();
    watch(&signals.source, TOKEN, RDY_READABLE);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(raise(SIGUSR2), 0);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    ck_assert_int_eq(rdy_signals_next(&signals), SIGUSR2);
    ck_assert_int_eq(rdy_signals_next(&signals), -EAGAIN);
    expect_silence();
    rdy_signals_close(&signals);
    wait_until_descriptors_are(before);
}
END_TEST

START_TEST(without_epoll_pwait2_a_wait_is_not_early_and_misses_nothing)
{
    static const int64_t timeouts[] = {1, 300 * RDY_MICROSECOND, RDY_MILLISECOND, 2500 * RDY_MICROSECOND};
    struct pair pair = open_unix_pair();
    watch(pair.end, TOKEN, RDY_READABLE);
    answer = answers[_i];
    for (int i = 0; i < COUNT(timeouts); i++) {
        const int64_t begin = rdy_clock_now();
        ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, timeouts[i]), 0);
        ck_assert_int_ge(rdy_clock_now() - begin, timeouts[i]);
        feed(pair.peer);
        wait_for(TOKEN, RDY_EVENT_READABLE);
        drain(pair.end);
    }
    ck_assert_int_eq(refused, is_backend("epoll")); /* once, and then no more */
}
END_TEST

static void *feed_while_main_sleeps(void *source)
{
    wait_until_main_sleeps();
    feed(source);
    return NULL;
}

/* Of which 2^32 ms and one more are 0 and 1 to who forgets the upper bits. */
START_TEST(without_epoll_pwait2_an_absurd_time_out_is_slept_for)
{
    static const int64_t timeouts[] = {INT64_MAX, (INT64_C(1) << 32) * RDY_MILLISECOND};
    struct pair pair = open_unix_pair();
    watch(pair.end, TOKEN, RDY_READABLE);
    answer = ENOSYS;
    for (int i = 0; i < COUNT(timeouts); i++) {
        pthread_t thread = start_thread(feed_while_main_sleeps, pair.peer);
        waits = 0;
        ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, timeouts[i]), 1);
        ck_assert_int_eq(waits, is_backend("epoll"));
        join_thread(thread);
        drain(pair.end);
    }
}
END_TEST

int main(void)
{
    Suite *suite = contract_suite("missing calls");
    TCase *tests = contract_case(suite, "missing");

    tcase_add_checked_fixture(tests, NULL, give_calls_back);
    tcase_add_loop_test(tests, without_accept4_what_is_accepted_is_nonblocking_and_close_on_exec, 0,
                        COUNT(answers));
    tcase_add_test(tests, a_connection_that_a_firewall_forbids_is_eperm_and_the_next_is_accepted_as_before);
    tcase_add_loop_test(tests, without_eventfd_a_sleeping_poll_is_woken, 0, COUNT(answers));
    tcase_add_loop_test(tests, without_eventfd_signals_are_told_and_leave_nothing_behind, 0, COUNT(answers));
    tcase_add_loop_test(tests, without_epoll_pwait2_a_wait_is_not_early_and_misses_nothing, 0,
                        COUNT(answers));
    tcase_add_test(tests, without_epoll_pwait2_an_absurd_time_out_is_slept_for);
    return run_suite(suite);
}
