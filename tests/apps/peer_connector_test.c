#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "reactor/poll.h"
#include "tests/apps/connector_support.h"

/* ---- answers ---- */

START_TEST(a_stream_is_connected_non_blocking_and_registered_nowhere)
{
    use_backend(_i);
    const int listener = add_good();
    open_connector();
    ck_assert_str_eq(peer_connector_backend(connector), options.backend);
    peer_result result;
    ck_assert_int_eq(peer_connector_next(connector, &result), 1);
    ck_assert(!rdy_source_is_registered(&result.stream.source));
    ck_assert_int_ne(fcntl(rdy_source_fd(&result.stream.source), F_GETFL) & O_NONBLOCK, 0);
    const int accepted = accept(listener, NULL, NULL);
    ck_assert_int_eq(rdy_tcp_stream_write(&result.stream, "hello", 5), 5);
    char text[6] = "";
    ck_assert_int_eq(read(accepted, text, 5), 5);
    ck_assert_str_eq(text, "hello");
    close(accepted);
    expect_no_more();
    peer_connector_close(connector);
    connector = NULL;
    ck_assert_int_ge(fcntl(rdy_source_fd(&result.stream.source), F_GETFL), 0);
    rdy_tcp_stream_close(&result.stream);
}
END_TEST

START_TEST(peers_come_in_the_order_of_their_answers)
{
    use_backend(_i);
    const int slow = add_silent();
    (void)add_good();
    open_connector();
    ck_assert_uint_eq(next_peer(), 1);
    close(accept(slow, NULL, NULL)); /* room in the queue: the next repetition of the SYN is answered */
    ck_assert_uint_eq(next_peer(), 0);
    const int64_t first = peer_connector_outcome(connector, 1)->elapsed_ns;
    ck_assert_int_gt(peer_connector_outcome(connector, 0)->elapsed_ns, first);
    expect_no_more();
}
END_TEST

START_TEST(a_list_without_peers_has_no_more)
{
    open_connector();
    expect_no_more();
    ck_assert_ptr_null(peer_connector_outcome(connector, 0));
}
END_TEST

START_TEST(nothing_is_started_before_the_first_next)
{
    const int listener = add_good();
    ck_assert_int_eq(fcntl(listener, F_SETFL, O_NONBLOCK), 0);
    open_connector();
    ck_assert_int_eq(accept(listener, NULL, NULL), -1);
    ck_assert_int_eq(peer_connector_outcome(connector, 0)->state, PEER_WAITING);
    ck_assert_str_eq(word_of(0), "not done");
}
END_TEST

START_TEST(closing_gives_up_what_is_under_way_and_leaks_no_descriptor)
{
    (void)add_silent();
    (void)add_silent();
    (void)add_good();
    const size_t before = open_descriptors();
    open_connector();
    ck_assert_uint_eq(next_peer(), 2);
    ck_assert_int_eq(peer_connector_outcome(connector, 0)->state, PEER_CONNECTING);
    peer_connector_close(connector);
    connector = NULL;
    ck_assert_uint_eq(open_descriptors(), before);
    peer_connector_close(NULL);
}
END_TEST

START_TEST(a_backend_that_is_not_there_is_an_error)
{
    options.backend = "abacus";
    ck_assert_int_eq(peer_connector_open(NULL, 0, &options, &connector), -ENOTSUP);
    ck_assert_ptr_null(connector);
}
END_TEST

/* ---- failures and deadlines ---- */

static void check_classes(void)
{
    options.timeout_ns = SHORT_TIMEOUT;
    (void)add_refusing();
    (void)add_silent();
    (void)add_good();
    open_connector();
    ck_assert_uint_eq(next_peer(), 2);
    expect_no_more();
    ck_assert_str_eq(word_of(0), "refused");
    ck_assert_str_eq(word_of(1), "timed out");
    ck_assert_str_eq(word_of(2), "ok");

    const peer_outcome *refused = peer_connector_outcome(connector, 0);
    ck_assert_int_eq(refused->state, PEER_ERROR);
    ck_assert_int_eq(refused->error, -ECONNREFUSED);
    ck_assert_int_eq(refused->failure, RDY_FAILURE_REFUSED);
    ck_assert_uint_eq(refused->attempts, 1);
    const peer_outcome *late = peer_connector_outcome(connector, 1);
    ck_assert_int_eq(late->error, -ETIMEDOUT);
    ck_assert_int_ge(late->elapsed_ns, SHORT_TIMEOUT);
    ck_assert_int_eq(peer_connector_outcome(connector, 2)->error, 0);
}

START_TEST(every_failure_has_its_class_in_parallel)
{
    use_backend(_i);
    check_classes();
}
END_TEST

START_TEST(every_failure_has_the_same_class_one_after_another)
{
    use_backend(_i);
    options.sequential = true;
    check_classes();
    ck_assert_uint_eq(peer_connector_concurrency(connector), 1);
}
END_TEST

START_TEST(failures_are_handed_out_without_a_stream_if_asked_for)
{
    (void)add_refusing();
    options.report_failures = true;
    open_connector();
    peer_result result;
    memset(&result, 0xff, sizeof result);
    ck_assert_int_eq(peer_connector_next(connector, &result), 1);
    ck_assert_uint_eq(result.index, 0);
    ck_assert_int_eq(rdy_source_fd(&result.stream.source), -1);
    expect_no_more();
}
END_TEST

START_TEST(silent_peers_time_out_beside_each_other)
{
    enum { SILENT = 10 };
    use_backend(_i);
    options.timeout_ns = SHORT_TIMEOUT;
    for (int i = 0; i < SILENT; i++)
        (void)add_silent();
    const int64_t started_ns = rdy_clock_now();
    open_connector();
    expect_no_more();
    const int64_t elapsed_ns = rdy_clock_now() - started_ns;
    int64_t sum_ns = 0;
    for (size_t i = 0; i < SILENT; i++) {
        ck_assert_str_eq(word_of(i), "timed out");
        ck_assert_int_ge(peer_connector_outcome(connector, i)->elapsed_ns, SHORT_TIMEOUT);
        sum_ns += peer_connector_outcome(connector, i)->elapsed_ns;
    }
    ck_assert_int_lt(elapsed_ns, sum_ns);
}
END_TEST

START_TEST(a_deadline_counts_from_the_start_of_its_own_peer)
{
    options.timeout_ns = SHORT_TIMEOUT;
    options.concurrency = 2;
    for (int i = 0; i < 4; i++)
        (void)add_silent();
    const int64_t started_ns = rdy_clock_now();
    open_connector();
    expect_no_more();
    const int64_t elapsed_ns = rdy_clock_now() - started_ns;
    int64_t sum_ns = 0;
    ck_assert_int_ge(elapsed_ns, 2 * SHORT_TIMEOUT);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_ge(peer_connector_outcome(connector, i)->elapsed_ns, SHORT_TIMEOUT);
        sum_ns += peer_connector_outcome(connector, i)->elapsed_ns;
    }
    ck_assert_int_le(sum_ns, 2 * elapsed_ns); /* two at once */
}
END_TEST

START_TEST(sequentially_no_peer_is_begun_before_the_last_one_is_taken)
{
    options.sequential = true;
    (void)add_good();
    (void)add_good();
    open_connector();
    ck_assert_uint_eq(next_peer(), 0);
    ck_assert_int_eq(peer_connector_outcome(connector, 1)->state, PEER_WAITING);
    ck_assert_uint_eq(next_peer(), 1);
    expect_no_more();
}
END_TEST

/* ---- signals ---- */

static const int stop_signals[] = {SIGUSR1};

START_TEST(a_stop_signal_ends_it_after_what_had_answered)
{
    use_backend(_i);
    options.stop_signals = stop_signals;
    options.stop_signal_count = 1;
    (void)add_silent();
    (void)add_good();
    open_connector();
    raise(SIGUSR1);
    peer_result result;
    int status = peer_connector_next(connector, &result);
    if (status == 1) { /* the good peer was as quick as the signal */
        rdy_tcp_stream_close(&result.stream);
        status = peer_connector_next(connector, &result);
    }
    ck_assert_int_eq(status, -ECANCELED);
    ck_assert_int_eq(peer_connector_next(connector, &result), -ECANCELED);
    ck_assert_str_eq(word_of(0), "not done");
}
END_TEST

START_TEST(a_wake_signal_is_told_once_for_each_time_and_ends_nothing)
{
    static const int wake_signals[] = {SIGUSR2};
    use_backend(_i);
    options.stop_signals = stop_signals;
    options.stop_signal_count = 1;
    options.wake_signals = wake_signals;
    options.wake_signal_count = 1;
    (void)add_silent();
    open_connector();
    peer_result result;
    for (int i = 0; i < 3; i++) {
        raise(SIGUSR2);
        ck_assert_int_eq(peer_connector_next(connector, &result), -EAGAIN);
    }
    ck_assert_int_eq(peer_connector_next_until(connector, 0, &result), -ETIMEDOUT);
    ck_assert_uint_eq(peer_connector_under_way(connector), 1);
    raise(SIGUSR1);
    ck_assert_int_eq(peer_connector_next(connector, &result), -ECANCELED);
}
END_TEST

START_TEST(the_earlier_handler_is_back_once_it_is_closed)
{
    struct sigaction action;
    ck_assert(signal(SIGUSR1, SIG_IGN) != SIG_ERR);
    options.stop_signals = stop_signals;
    options.stop_signal_count = 1;
    open_connector();
    peer_connector_close(connector);
    connector = NULL;
    ck_assert_int_eq(sigaction(SIGUSR1, NULL, &action), 0);
    ck_assert(action.sa_handler == SIG_IGN);
}
END_TEST

static void ignore_alarm(int number)
{
    (void)number;
}

START_TEST(the_callers_own_signals_end_next_and_lose_nothing)
{
    use_backend(_i);
    const struct itimerval often = {.it_interval = {.tv_usec = 20000}, .it_value = {.tv_usec = 20000}};
    const struct itimerval never = {.it_value = {.tv_usec = 0}};
    const struct sigaction action = {.sa_handler = ignore_alarm};
    const int slow = add_silent();
    open_connector();
    ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
    setitimer(ITIMER_REAL, &often, NULL);
    peer_result result;
    ck_assert_int_eq(peer_connector_next(connector, &result), -EINTR);
    setitimer(ITIMER_REAL, &never, NULL);
    close(accept(slow, NULL, NULL));
    ck_assert_uint_eq(next_peer(), 0);
}
END_TEST

int main(void)
{
    const TTest *const on_every_backend[] = {
        a_stream_is_connected_non_blocking_and_registered_nowhere,
        peers_come_in_the_order_of_their_answers,
        every_failure_has_its_class_in_parallel,
        every_failure_has_the_same_class_one_after_another,
        silent_peers_time_out_beside_each_other,
        a_stop_signal_ends_it_after_what_had_answered,
        a_wake_signal_is_told_once_for_each_time_and_ends_nothing,
        the_callers_own_signals_end_next_and_lose_nothing,
        NULL,
    };
    const TTest *const once[] = {
        a_list_without_peers_has_no_more,
        nothing_is_started_before_the_first_next,
        closing_gives_up_what_is_under_way_and_leaks_no_descriptor,
        a_backend_that_is_not_there_is_an_error,
        failures_are_handed_out_without_a_stream_if_asked_for,
        a_deadline_counts_from_the_start_of_its_own_peer,
        sequentially_no_peer_is_begun_before_the_last_one_is_taken,
        the_earlier_handler_is_back_once_it_is_closed,
        NULL,
    };
    Suite *suite = suite_create("peer_connector");
    add_connector_case(suite, "on every backend", on_every_backend, backend_count());
    add_connector_case(suite, "once", once, 1);
    return run_suite(suite);
}
