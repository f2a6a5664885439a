#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "apps/common/peer_list.h"
#include "apps/connect/peer_connector.h"
#include "reactor/poll.h"
#include "tests/apps/slow_names.h"
#include "tests/apps/threads.h"
#include "tests/suite.h"

enum {
    PEERS_MAX = 64,
    DESCRIPTORS = 1024,
    SILENCE_MS = 50, /* a loopback connect that has not answered by then will not */
};

static const int64_t timeout_ns = 300 * RDY_MILLISECOND;

static peer_list peers;
static peer_connector_options options;
static peer_connector *connector;
static int sockets[4 * PEERS_MAX];
static size_t socket_count;
static int threads_before;

static void begin(void)
{
    peers = (peer_list){0};
    options = (peer_connector_options){.timeout_ns = 10 * RDY_SECOND};
    connector = NULL;
    socket_count = 0;
    threads_before = threads_count();
}

static void end(void)
{
    peer_connector_close(connector);
    slow_names_release();
    threads_wait_until(threads_before);
    peer_list_free(&peers);
    for (size_t i = 0; i < socket_count; i++)
        close(sockets[i]);
}

/* ---- peers of every kind ---- */

static int new_socket(int family)
{
    const int fd = socket(family, SOCK_STREAM, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_uint_lt(socket_count, sizeof sockets / sizeof sockets[0]);
    sockets[socket_count++] = fd;
    return fd;
}

static void add_address(const rdy_address *address)
{
    char text[RDY_ADDRESS_TEXT_MAX];
    rdy_address_print(address, text, sizeof text);
    ck_assert_int_eq(peer_list_add(&peers, text, 0), 0);
}

/* A socket on a free port of `host`, whose address this becomes. */
static int bind_to(rdy_address *host)
{
    const int fd = new_socket(rdy_address_family(host));
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&host->storage, host->length), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&host->storage, &host->length), 0);
    return fd;
}

static int listen_on_loopback(int backlog, rdy_address *address)
{
    ck_assert_int_eq(rdy_address_parse("127.0.0.1:0", address), 0);
    const int fd = bind_to(address);
    ck_assert_int_eq(listen(fd, backlog), 0);
    add_address(address);
    return fd;
}

static int add_good(void)
{
    rdy_address address;
    return listen_on_loopback(16, &address);
}

/* Bound, so that nobody else gets the port, but not listening. */
static void add_refusing(void)
{
    rdy_address address;
    ck_assert_int_eq(rdy_address_parse("127.0.0.1:0", &address), 0);
    (void)bind_to(&address);
    add_address(&address);
}

static bool connects(const rdy_address *address)
{
    const int fd = new_socket(AF_INET);
    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    (void)connect(fd, (const struct sockaddr *)&address->storage, address->length);
    struct pollfd entry = {.fd = fd, .events = POLLOUT};
    if (poll(&entry, 1, SILENCE_MS) == 1)
        return true;
    close(fd); /* or it would take the place that a test makes in the queue */
    socket_count--;
    return false;
}

/* Listening with a full queue: the system drops what asks to connect until somebody accepts. */
static int add_silent(void)
{
    rdy_address address;
    const int fd = listen_on_loopback(0, &address);
    while (connects(&address))
        ;
    return fd;
}

/* A listener where "localhost" leads to, and the peer of that name. */
static void add_localhost(rdy_address *address)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list;
    char text[32];
    ck_assert_int_eq(getaddrinfo("localhost", "0", &hints, &list), 0);
    ck_assert_int_eq(rdy_address_from_sockaddr(list->ai_addr, list->ai_addrlen, address), 0);
    freeaddrinfo(list);
    ck_assert_int_eq(listen(bind_to(address), 16), 0);
    snprintf(text, sizeof text, "localhost:%u", rdy_address_port(address));
    ck_assert_int_eq(peer_list_add(&peers, text, 0), 0);
}

/* ---- helpers ---- */

static void open_connector(void)
{
    ck_assert_int_eq(peer_connector_open(peers.peers, peers.count, &options, &connector), 0);
}

static size_t next_peer(void)
{
    peer_result result = {.index = SIZE_MAX};
    ck_assert_int_eq(peer_connector_next(connector, &result), 1);
    rdy_tcp_stream_close(&result.stream);
    return result.index;
}

static void expect_no_more(void)
{
    peer_result result = {.index = 77};
    ck_assert_int_eq(peer_connector_next(connector, &result), 0);
    ck_assert_uint_eq(result.index, 77);
}

static const char *word_of(size_t index)
{
    return peer_outcome_word(peer_connector_outcome(connector, index));
}

static void use_backend(int index)
{
    options.backend = rdy_backends()[index];
}

static int backend_count(void)
{
    int count = 0;
    while (rdy_backends()[count] != NULL)
        count++;
    return count;
}

static size_t open_descriptors(void)
{
    size_t count = 0;
    for (int fd = 0; fd < DESCRIPTORS; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

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
    options.timeout_ns = timeout_ns;
    add_refusing();
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
    ck_assert_int_ge(late->elapsed_ns, timeout_ns);
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
    add_refusing();
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

START_TEST(silent_peers_in_parallel_take_about_one_time_out)
{
    enum { SILENT = 10 };
    use_backend(_i);
    options.timeout_ns = timeout_ns;
    for (int i = 0; i < SILENT; i++)
        (void)add_silent();
    const int64_t started_ns = rdy_clock_now();
    open_connector();
    expect_no_more();
    const int64_t elapsed_ns = rdy_clock_now() - started_ns;
    ck_assert_int_ge(elapsed_ns, timeout_ns);
    ck_assert_int_lt(elapsed_ns, SILENT * timeout_ns / 2);
    for (size_t i = 0; i < SILENT; i++) {
        ck_assert_str_eq(word_of(i), "timed out");
        ck_assert_int_ge(peer_connector_outcome(connector, i)->elapsed_ns, timeout_ns);
    }
}
END_TEST

START_TEST(a_deadline_counts_from_the_start_of_its_own_peer)
{
    options.timeout_ns = timeout_ns;
    options.concurrency = 2;
    for (int i = 0; i < 4; i++)
        (void)add_silent();
    const int64_t started_ns = rdy_clock_now();
    open_connector();
    expect_no_more();
    ck_assert_int_ge(rdy_clock_now() - started_ns, 2 * timeout_ns);
    for (size_t i = 0; i < 4; i++) {
        const int64_t elapsed_ns = peer_connector_outcome(connector, i)->elapsed_ns;
        ck_assert_int_ge(elapsed_ns, timeout_ns);
        ck_assert_int_lt(elapsed_ns, 2 * timeout_ns);
    }
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

/* ---- names ---- */

START_TEST(a_name_is_looked_up_and_connected_to)
{
    use_backend(_i);
    rdy_address address;
    add_localhost(&address);
    open_connector();
    ck_assert_uint_eq(next_peer(), 0);
    ck_assert_int_eq(rdy_address_compare(&peer_connector_outcome(connector, 0)->address, &address), 0);
    expect_no_more();
}
END_TEST

START_TEST(many_names_are_all_looked_up)
{
    enum { NAMES = 20 };
    rdy_address address;
    for (int i = 0; i < NAMES; i++)
        add_localhost(&address);
    open_connector();
    bool seen[NAMES] = {false};
    for (int i = 0; i < NAMES; i++)
        seen[next_peer()] = true;
    expect_no_more();
    for (int i = 0; i < NAMES; i++)
        ck_assert(seen[i]);
}
END_TEST

START_TEST(an_unknown_name_fails_with_a_word_of_its_own)
{
    /* No name has a label of more than 63 bytes (RFC 1035), so no server is asked for this one. */
    static const char name[] =
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.invalid:80";
    ck_assert_int_eq(peer_list_add(&peers, name, 0), 0);
    (void)add_good();
    open_connector();
    ck_assert_uint_eq(next_peer(), 1);
    expect_no_more();
    ck_assert_str_eq(word_of(0), "unknown name");
    ck_assert_int_ne(peer_connector_outcome(connector, 0)->lookup_error, 0);
    ck_assert_uint_eq(peer_connector_outcome(connector, 0)->attempts, 0);
}
END_TEST

START_TEST(a_name_that_leads_to_another_peer_is_not_connected_to_twice)
{
    rdy_address address;
    add_localhost(&address);
    add_address(&address);
    open_connector();
    ck_assert_uint_eq(next_peer(), 1);
    expect_no_more();
    ck_assert_str_eq(word_of(0), "duplicate");
    ck_assert_str_eq(word_of(1), "ok");
}
END_TEST

START_TEST(the_deadline_covers_the_lookup)
{
    options.timeout_ns = timeout_ns;
    slow_names_hold();
    ck_assert_int_eq(peer_list_add(&peers, SLOW_NAME ":80", 0), 0);
    (void)add_good();
    open_connector();
    ck_assert_uint_eq(next_peer(), 1);
    expect_no_more();
    ck_assert_str_eq(word_of(0), "timed out");
    ck_assert_int_ge(peer_connector_outcome(connector, 0)->elapsed_ns, timeout_ns);
}
END_TEST

START_TEST(a_name_whose_lookup_cannot_begin_yet_waits_without_its_clock_running)
{
    enum { THREADS = 4 }; /* of the resolver */
    options.timeout_ns = timeout_ns;
    options.report_failures = true;
    slow_names_hold();
    for (int i = 0; i <= THREADS; i++) {
        char text[32];
        snprintf(text, sizeof text, SLOW_NAME ":%d", i + 1);
        ck_assert_int_eq(peer_list_add(&peers, text, 0), 0);
    }
    (void)add_good();
    open_connector();
    ck_assert_uint_eq(next_peer(), THREADS + 1);
    for (size_t i = 0; i < THREADS; i++)
        ck_assert_str_eq(word_of(next_peer()), "timed out");
    ck_assert_int_eq(peer_connector_outcome(connector, THREADS)->state, PEER_WAITING);
    slow_names_release();
    ck_assert_uint_eq(next_peer(), THREADS);
    ck_assert_str_eq(word_of(THREADS), "unknown name");
    expect_no_more();
}
END_TEST

START_TEST(sequentially_names_and_addresses_keep_the_order_of_the_list)
{
    rdy_address address;
    options.sequential = true;
    (void)add_good();
    add_localhost(&address);
    (void)add_good();
    open_connector();
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(next_peer(), i);
    expect_no_more();
}
END_TEST

/* ---- local faults ---- */

/* Opens descriptors until none is left but `spare`; the connector, which raises the limit, is open. */
static void use_up_descriptors(int spare)
{
    struct rlimit limit;
    int fd = 0;
    int last = 0;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = DESCRIPTORS;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    while ((fd = dup(STDOUT_FILENO)) >= 0)
        last = fd;
    ck_assert_int_eq(errno, EMFILE);
    for (int i = 0; i < spare; i++)
        close(last - i);
}

START_TEST(concurrency_is_cut_to_the_descriptors_that_are_left)
{
    for (int i = 0; i < PEERS_MAX; i++)
        (void)add_good();
    const rlim_t most = (rlim_t)open_descriptors() + 32;
    const struct rlimit limit = {.rlim_cur = most, .rlim_max = most};
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        return; /* valgrind keeps the hard limit for itself */
    open_connector();
    ck_assert(peer_connector_is_clamped(connector));
    ck_assert_uint_lt(peer_connector_concurrency(connector), 32);
    for (int i = 0; i < PEERS_MAX; i++)
        (void)next_peer();
    expect_no_more();
}
END_TEST

START_TEST(few_peers_need_no_clamp)
{
    (void)add_good();
    options.concurrency = 1000000000;
    open_connector();
    ck_assert(!peer_connector_is_clamped(connector));
}
END_TEST

START_TEST(attempts_without_a_descriptor_are_put_back_and_made_later)
{
    use_backend(_i);
    for (int i = 0; i < PEERS_MAX; i++)
        (void)add_good();
    open_connector();
    ck_assert_uint_ge(peer_connector_concurrency(connector), PEERS_MAX);
    use_up_descriptors(3);
    bool seen[PEERS_MAX] = {false};
    for (int i = 0; i < PEERS_MAX; i++)
        seen[next_peer()] = true;
    expect_no_more();
    for (int i = 0; i < PEERS_MAX; i++)
        ck_assert(seen[i]);
}
END_TEST

START_TEST(a_local_fault_with_nothing_under_way_is_told_and_blames_no_peer)
{
    use_backend(_i);
    (void)add_good();
    open_connector();
    use_up_descriptors(0);
    peer_result result;
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(peer_connector_next(connector, &result), -EMFILE);
    ck_assert_int_eq(peer_connector_outcome(connector, 0)->state, PEER_WAITING);
    close(DESCRIPTORS - 1);
    ck_assert_uint_eq(next_peer(), 0);
    expect_no_more();
}
END_TEST

START_TEST(an_address_that_this_machine_cannot_serve_is_tried_again_last_and_holds_nobody_up)
{
    options.sequential = true;
    for (int i = 0; i < 3; i++)
        (void)add_good();
    /* No TCP connect takes this family: a fault of the kind that a machine without IPv6 has with [::1]. */
    ck_assert_int_eq(rdy_address_parse("unix:/none", &peers.peers[0].address), 0);
    open_connector();
    ck_assert_uint_eq(next_peer(), 1);
    ck_assert_int_eq(peer_connector_outcome(connector, 0)->state, PEER_WAITING);
    ck_assert_uint_eq(next_peer(), 2);
    expect_no_more();
    ck_assert_str_eq(word_of(0), "local fault");
    ck_assert_uint_eq(peer_connector_outcome(connector, 0)->attempts, 2);
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

static void add_case(Suite *suite, const char *name, const TTest *const *tests, int rounds)
{
    TCase *tests_case = tcase_create(name);
    tcase_add_checked_fixture(tests_case, begin, end);
    tcase_set_timeout(tests_case, 30);
    for (; *tests != NULL; tests++)
        tcase_add_loop_test(tests_case, *tests, 0, rounds);
    suite_add_tcase(suite, tests_case);
}

static Suite *peer_connector_suite(void)
{
    const TTest *const on_every_backend[] = {
        a_stream_is_connected_non_blocking_and_registered_nowhere,
        peers_come_in_the_order_of_their_answers,
        every_failure_has_its_class_in_parallel,
        every_failure_has_the_same_class_one_after_another,
        silent_peers_in_parallel_take_about_one_time_out,
        a_name_is_looked_up_and_connected_to,
        attempts_without_a_descriptor_are_put_back_and_made_later,
        a_local_fault_with_nothing_under_way_is_told_and_blames_no_peer,
        a_stop_signal_ends_it_after_what_had_answered,
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
        many_names_are_all_looked_up,
        an_unknown_name_fails_with_a_word_of_its_own,
        a_name_that_leads_to_another_peer_is_not_connected_to_twice,
        the_deadline_covers_the_lookup,
        a_name_whose_lookup_cannot_begin_yet_waits_without_its_clock_running,
        sequentially_names_and_addresses_keep_the_order_of_the_list,
        concurrency_is_cut_to_the_descriptors_that_are_left,
        few_peers_need_no_clamp,
        an_address_that_this_machine_cannot_serve_is_tried_again_last_and_holds_nobody_up,
        the_earlier_handler_is_back_once_it_is_closed,
        NULL,
    };
    Suite *suite = suite_create("peer_connector");
    add_case(suite, "on every backend", on_every_backend, backend_count());
    add_case(suite, "once", once, 1);
    return suite;
}

int main(void)
{
    return run_suite(peer_connector_suite());
}
