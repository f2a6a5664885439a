#include <check.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "apps/common/resolver.h"
#include "reactor/clock.h"
#include "reactor/poll.h"
#include "tests/apps/fake_names.h"
#include "tests/apps/threads.h"
#include "tests/suite.h"

enum { TOKEN = 7 };

/* No name has a label of more than 63 bytes (RFC 1035), so no server is asked for this one. */
static const char no_name[] =
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.invalid";

static rdy_poll *poll;
static rdy_events events;
static resolver *names;
static int threads_before;

static void begin(void)
{
    threads_before = threads_count();
    fake_names_begin();
    ck_assert_int_eq(rdy_poll_open(NULL, &poll), 0);
    ck_assert_int_eq(rdy_events_alloc(8, &events), 0);
    ck_assert_int_eq(resolver_open(rdy_poll_registry(poll), TOKEN, AF_UNSPEC, &names), 0);
}

static void ask_for_family(int family)
{
    resolver_close(names);
    ck_assert_int_eq(resolver_open(rdy_poll_registry(poll), TOKEN, family, &names), 0);
}

static void end(void)
{
    resolver_close(names);
    fake_names_end();
    threads_wait_until(threads_before);
    rdy_events_free(&events);
    rdy_poll_close(poll);
}

/* Waits for events and takes answers until `count` have come. */
static void take_answers(resolved *answers, size_t count)
{
    size_t taken = 0;
    while (taken < count) {
        const int64_t timeout_ns = rdy_clock_until(rdy_clock_now(), resolver_deadline(names));
        const int ready = rdy_poll_wait(poll, &events, timeout_ns);
        ck_assert_int_ge(ready, 0);
        for (int i = 0; i < ready; i++)
            ck_assert_uint_eq(events.items[i].token, TOKEN);
        while (taken < count && resolver_next(names, &answers[taken]) > 0)
            taken++;
    }
    resolved more;
    ck_assert_int_eq(resolver_next(names, &more), 0);
}

START_TEST(a_name_is_answered_with_its_addresses_and_the_port)
{
    resolved answer;
    ck_assert_int_eq(resolver_ask(names, "localhost", 6881, 42), 0);
    take_answers(&answer, 1);
    ck_assert_uint_eq(answer.key, 42);
    ck_assert_int_eq(answer.error, 0);
    ck_assert_uint_ge(answer.count, 1);
    ck_assert_uint_eq(rdy_address_port(&answer.addresses[0]), 6881);

    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *expected;
    ck_assert_int_eq(getaddrinfo("localhost", "6881", &hints, &expected), 0);
    rdy_address first;
    ck_assert_int_eq(rdy_address_from_sockaddr(expected->ai_addr, expected->ai_addrlen, &first), 0);
    freeaddrinfo(expected);
    ck_assert_int_eq(rdy_address_compare(&answer.addresses[0], &first), 0);
    free(answer.addresses);
}
END_TEST

START_TEST(a_name_that_is_not_known_is_answered_with_the_error)
{
    resolved answer;
    ck_assert_int_eq(resolver_ask(names, no_name, 80, 1), 0);
    take_answers(&answer, 1);
    ck_assert_uint_eq(answer.key, 1);
    ck_assert_int_eq(answer.error, -ENXIO);
    ck_assert_uint_eq(answer.count, 0);
}
END_TEST

START_TEST(many_questions_are_each_answered_once)
{
    enum { QUESTIONS = 50 };
    resolved answers[QUESTIONS];
    bool seen[QUESTIONS] = {false};
    for (uintptr_t i = 0; i < QUESTIONS; i++)
        ck_assert_int_eq(resolver_ask(names, "127.0.0.1", (uint16_t)(i + 1), i), 0);
    take_answers(answers, QUESTIONS);
    for (size_t i = 0; i < QUESTIONS; i++) {
        ck_assert_uint_lt(answers[i].key, QUESTIONS);
        ck_assert(!seen[answers[i].key]);
        seen[answers[i].key] = true;
        ck_assert_uint_eq(rdy_address_port(&answers[i].addresses[0]), answers[i].key + 1);
        free(answers[i].addresses);
    }
}
END_TEST

START_TEST(the_name_is_copied_when_it_is_asked)
{
    resolved answer;
    char name[] = "127.0.0.1";
    ck_assert_int_eq(resolver_ask(names, name, 80, 0), 0);
    memset(name, 'x', sizeof name - 1);
    take_answers(&answer, 1);
    ck_assert_int_eq(answer.error, 0);
    free(answer.addresses);
}
END_TEST

START_TEST(all_addresses_of_a_name_are_answered_in_their_order)
{
    resolved answer;
    ck_assert_int_eq(resolver_ask(names, TWO_NAME, 80, 1), 0);
    take_answers(&answer, 1);
    ck_assert_uint_eq(answer.count, 2);
    static const char *const expected[] = {"127.0.0.2:80", "127.0.0.1:80"};
    for (size_t i = 0; i < 2; i++) {
        rdy_address address;
        ck_assert_int_eq(rdy_address_parse(expected[i], &address), 0);
        ck_assert_int_eq(rdy_address_compare(&answer.addresses[i], &address), 0);
    }
    free(answer.addresses);
}
END_TEST

static const struct {
    const char *name;
    int family;
    const char *only; /* NULL for none */
} of_one_family[] = {
    {BOTH_NAME, AF_INET, "127.0.0.1:80"}, {BOTH_NAME, AF_INET6, "[::1]:80"},
    {MAPPED_NAME, AF_INET6, "[::1]:80"},  {TWO_NAME, AF_INET6, NULL},
    {"127.0.0.1", AF_INET6, NULL},        {"::1", AF_INET, NULL},
};

START_TEST(addresses_of_another_family_than_asked_for_are_left_out)
{
    resolved answer;
    rdy_address only;
    ask_for_family(of_one_family[_i].family);
    ck_assert_int_eq(resolver_ask(names, of_one_family[_i].name, 80, 1), 0);
    take_answers(&answer, 1);
    const bool is_known = of_one_family[_i].only != NULL;
    ck_assert_int_eq(answer.error, is_known ? 0 : -ENXIO);
    ck_assert_uint_eq(answer.count, is_known);
    if (!is_known)
        return;
    ck_assert_int_eq(rdy_address_parse(of_one_family[_i].only, &only), 0);
    ck_assert_int_eq(rdy_address_compare(&answer.addresses[0], &only), 0);
    free(answer.addresses);
}
END_TEST

START_TEST(what_this_machine_lacks_is_told_from_a_name_that_is_not_known)
{
    resolved answer;
    ck_assert_int_eq(resolver_ask(names, _i == 0 ? AGAIN_NAME : SYSTEM_NAME, 80, 1), 0);
    take_answers(&answer, 1);
    ck_assert_int_eq(answer.error, _i == 0 ? -EAGAIN : fake_system_error);
}
END_TEST

START_TEST(nothing_is_answered_before_it_is_asked)
{
    resolved answer = {.key = 5};
    ck_assert_int_eq(resolver_next(names, &answer), 0);
    ck_assert_uint_eq(answer.key, 5);
    ck_assert_int_eq(rdy_poll_wait(poll, &events, 0), 0);
}
END_TEST

START_TEST(it_may_be_closed_with_questions_and_answers_left_and_after_the_poll)
{
    for (uintptr_t i = 0; i < 100; i++)
        ck_assert_int_eq(resolver_ask(names, i % 2 == 0 ? "localhost" : no_name, 80, i), 0);
    rdy_poll_close(poll);
    poll = NULL;
    resolver_close(names);
    names = NULL;
    resolver_close(NULL);
}
END_TEST

START_TEST(closing_does_not_wait_for_a_lookup_that_is_under_way)
{
    slow_names_hold(); /* until the end of the test */
    for (uintptr_t i = 0; i < 8; i++)
        ck_assert_int_eq(resolver_ask(names, SLOW_NAME, 80, i), 0);
    resolver_close(names);
    names = NULL;
    slow_names_release();
}
END_TEST

START_TEST(one_slow_name_does_not_hold_up_the_others)
{
    resolved answer;
    slow_names_hold();
    ck_assert_int_eq(resolver_ask(names, SLOW_NAME, 80, 1), 0);
    ck_assert_int_eq(resolver_ask(names, "127.0.0.1", 80, 2), 0);
    take_answers(&answer, 1);
    ck_assert_uint_eq(answer.key, 2);
    free(answer.addresses);
    slow_names_release();
    take_answers(&answer, 1);
    ck_assert_uint_eq(answer.key, 1);
    ck_assert_int_eq(answer.error, -ENXIO);
}
END_TEST

static Suite *resolver_suite(void)
{
    Suite *suite = suite_create("resolver");
    TCase *lookups = tcase_create("lookups");

    tcase_add_checked_fixture(lookups, begin, end);
    tcase_set_timeout(lookups, 30);
    tcase_add_test(lookups, a_name_is_answered_with_its_addresses_and_the_port);
    tcase_add_test(lookups, a_name_that_is_not_known_is_answered_with_the_error);
    tcase_add_test(lookups, many_questions_are_each_answered_once);
    tcase_add_test(lookups, the_name_is_copied_when_it_is_asked);
    tcase_add_test(lookups, all_addresses_of_a_name_are_answered_in_their_order);
    tcase_add_loop_test(lookups, addresses_of_another_family_than_asked_for_are_left_out, 0,
                        sizeof of_one_family / sizeof of_one_family[0]);
    tcase_add_loop_test(lookups, what_this_machine_lacks_is_told_from_a_name_that_is_not_known, 0, 2);
    tcase_add_test(lookups, nothing_is_answered_before_it_is_asked);
    tcase_add_test(lookups, closing_does_not_wait_for_a_lookup_that_is_under_way);
    tcase_add_test(lookups, one_slow_name_does_not_hold_up_the_others);
    tcase_add_test(lookups, it_may_be_closed_with_questions_and_answers_left_and_after_the_poll);
    suite_add_tcase(suite, lookups);
    return suite;
}

int main(void)
{
    return run_suite(resolver_suite());
}
