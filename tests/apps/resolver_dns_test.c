#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "apps/common/resolver_cares.h"
#include "apps/common/resolver.h"
#include "reactor/clock.h"
#include "reactor/poll.h"
#include "tests/apps/connector_support.h"
#include "tests/apps/fake_names.h"
#include "tests/suite.h"

/* What only the resolver of c-ares does: it asks name servers itself. */

enum { TOKEN = 7 };

static rdy_poll *poll;
static rdy_events events;
static resolver *names;

static void open_resolver(int backend)
{
    const rdy_poll_options of_backend = {.backend = rdy_backends()[backend]};
    ck_assert_int_eq(rdy_poll_open(&of_backend, &poll), 0);
    ck_assert_int_eq(resolver_open(rdy_poll_registry(poll), TOKEN, AF_INET, &names), 0);
}

static void begin(void)
{
    fake_names_begin();
    ck_assert_int_eq(rdy_events_alloc(8, &events), 0);
}

static void end(void)
{
    resolver_close(names);
    rdy_poll_close(poll);
    rdy_events_free(&events);
    fake_names_end();
}

static resolved answer_to(const char *name)
{
    resolved answer;
    ck_assert_int_eq(resolver_ask(names, name, 80, 1), 0);
    while (resolver_next(names, &answer) == 0) {
        const int64_t timeout_ns = rdy_clock_until(rdy_clock_now(), resolver_deadline(names));
        ck_assert_int_ne(timeout_ns, RDY_FOREVER);
        ck_assert_int_ge(rdy_poll_wait(poll, &events, timeout_ns), 0);
    }
    return answer;
}

static void expect_loopback(resolved answer)
{
    rdy_address expected;
    ck_assert_int_eq(answer.error, 0);
    ck_assert_uint_eq(answer.count, 1);
    ck_assert_int_eq(rdy_address_parse("127.0.0.1:80", &expected), 0);
    ck_assert_int_eq(rdy_address_compare(&answer.addresses[0], &expected), 0);
    free(answer.addresses);
}

START_TEST(a_name_is_asked_for_on_every_backend)
{
    open_resolver(_i);
    expect_loopback(answer_to(FIRST_NAME));
}
END_TEST

START_TEST(an_answer_that_was_cut_off_is_asked_for_over_tcp)
{
    open_resolver(_i);
    expect_loopback(answer_to(CUT_NAME));
    expect_loopback(answer_to(CUT_NAME));
}
END_TEST

START_TEST(after_the_last_answer_nothing_wakes_the_loop)
{
    open_resolver(_i);
    const size_t before = open_descriptors();
    expect_loopback(answer_to(CUT_NAME));
    resolved answer;
    ck_assert_int_eq(resolver_next(names, &answer), 0);
    ck_assert_int_eq(resolver_deadline(names), RDY_NEVER);
    ck_assert_int_eq(rdy_poll_wait(poll, &events, 0), 0);
    ck_assert_uint_le(open_descriptors(), before + 1); /* the server's end of the stream */
}
END_TEST

START_TEST(no_server_at_the_port_is_a_fault_of_this_machine)
{
    char text[32];
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof name;
    const int fd = socket(AF_INET, SOCK_STREAM, 0); /* only of TCP: nobody is there for datagrams */
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&name, length), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&name, &length), 0);
    snprintf(text, sizeof text, "127.0.0.1:%u", ntohs(name.sin_port));
    resolver_cares_use_servers(text);
    open_resolver(_i);
    ck_assert_int_eq(answer_to(FIRST_NAME).error, -EAGAIN);
    close(fd);
}
END_TEST

START_TEST(a_silent_server_is_asked_twice_and_given_up)
{
    open_resolver(0);
    slow_names_hold();
    const int64_t start_ns = rdy_clock_now();
    ck_assert_int_eq(answer_to(LATE_NAME).error, -EAGAIN);
    ck_assert_int_ge(rdy_clock_now() - start_ns, 2 * RDY_SECOND);
}
END_TEST

static Suite *resolver_dns_suite(void)
{
    Suite *suite = suite_create("resolver_dns");
    TCase *questions = tcase_create("questions");
    const int backends = backend_count();

    tcase_add_checked_fixture(questions, begin, end);
    tcase_set_timeout(questions, 30);
    tcase_add_loop_test(questions, a_name_is_asked_for_on_every_backend, 0, backends);
    tcase_add_loop_test(questions, an_answer_that_was_cut_off_is_asked_for_over_tcp, 0, backends);
    tcase_add_loop_test(questions, after_the_last_answer_nothing_wakes_the_loop, 0, backends);
    tcase_add_loop_test(questions, no_server_at_the_port_is_a_fault_of_this_machine, 0, backends);
    tcase_add_test(questions, a_silent_server_is_asked_twice_and_given_up);
    suite_add_tcase(suite, questions);
    return suite;
}

int main(void)
{
    return run_suite(resolver_dns_suite());
}
