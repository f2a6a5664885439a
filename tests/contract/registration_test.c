/* Promise 1: register, reregister, deregister. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/contract/support.h"

#define TOKEN ((rdy_token)7)
#define OTHER ((rdy_token)8)

static const rdy_interest triggers[] = {RDY_EDGE, RDY_LEVEL, RDY_ONESHOT};

static rdy_poll *other_poll;
static rdy_registry *other_registry;

static void open_other(void)
{
    ck_assert_int_eq(rdy_poll_open(NULL, &other_poll), 0);
    other_registry = rdy_poll_registry(other_poll);
}

static void close_other(void)
{
    rdy_poll_close(other_poll);
}

START_TEST(registering_twice_is_eexist)
{
    struct pair pair = open_unix_pair();
    watch(pair.end, TOKEN, RDY_READABLE);
    ck_assert_int_eq(rdy_registry_register(subject.registry, pair.end, OTHER, RDY_READABLE), -EEXIST);
    feed(pair.peer);
    wait_for(TOKEN, RDY_EVENT_READABLE);
}
END_TEST

START_TEST(another_source_with_the_same_descriptor_is_eexist)
{
    struct pair pair = open_unix_pair();
    rdy_source twin = rdy_source_from_fd(rdy_source_fd(pair.end));
    watch(pair.end, TOKEN, RDY_READABLE);
    ck_assert_int_eq(rdy_registry_register(subject.registry, &twin, OTHER, RDY_READABLE), -EEXIST);
    ck_assert(!rdy_source_is_registered(&twin));
    ck_assert_uint_eq(rdy_source_token(&twin), 0);
    feed(pair.peer);
    wait_for(TOKEN, RDY_EVENT_READABLE);
}
END_TEST

START_TEST(a_duplicate_of_the_descriptor_registers_by_itself)
{
    struct pair pair = open_unix_pair();
    rdy_source *twin = source_of(fcntl(rdy_source_fd(pair.end), F_DUPFD_CLOEXEC, 0));
    watch(pair.end, TOKEN, RDY_READABLE);
    watch(twin, OTHER, RDY_READABLE);
    ck_assert_int_eq(rdy_source_deregister(pair.end), 0);
    feed(pair.peer);
    wait_for(OTHER, RDY_EVENT_READABLE);
}
END_TEST

START_TEST(a_source_knows_its_last_token_until_it_is_closed)
{
    struct pair pair = open_unix_pair();
    ck_assert_uint_eq(rdy_source_token(pair.end), 0);
    watch(pair.end, TOKEN, RDY_READABLE);
    ck_assert_uint_eq(rdy_source_token(pair.end), TOKEN);
    watch_again(pair.end, OTHER, RDY_READABLE);
    ck_assert_int_eq(rdy_registry_reregister(subject.registry, pair.end, TOKEN, 0), -EINVAL);
    ck_assert_int_eq(rdy_source_deregister(pair.end), 0);
    ck_assert_uint_eq(rdy_source_token(pair.end), OTHER);
    rdy_source_close(pair.end);
    ck_assert_uint_eq(rdy_source_token(pair.end), 0);
}
END_TEST

START_TEST(what_is_not_registered_is_enoent)
{
    struct pair pair = open_unix_pair();
    ck_assert(!rdy_source_is_registered(pair.end));
    ck_assert_int_eq(rdy_registry_reregister(subject.registry, pair.end, TOKEN, RDY_READABLE), -ENOENT);
    ck_assert_int_eq(rdy_registry_deregister(subject.registry, pair.end), -ENOENT);
    ck_assert_int_eq(rdy_source_deregister(pair.end), -ENOENT);
    watch(pair.end, TOKEN, RDY_READABLE);
    ck_assert(rdy_source_is_registered(pair.end));
    ck_assert_int_eq(rdy_registry_deregister(subject.registry, pair.end), 0);
    ck_assert(!rdy_source_is_registered(pair.end));
    ck_assert_int_eq(rdy_registry_deregister(subject.registry, pair.end), -ENOENT);
    ck_assert_int_eq(rdy_registry_reregister(subject.registry, pair.end, TOKEN, RDY_READABLE), -ENOENT);
}
END_TEST

START_TEST(the_source_of_another_poll_is_eexist)
{
    struct pair pair = open_unix_pair();
    watch(pair.end, TOKEN, RDY_READABLE);
    ck_assert_int_eq(rdy_registry_register(other_registry, pair.end, OTHER, RDY_READABLE), -EEXIST);
    ck_assert_int_eq(rdy_registry_reregister(other_registry, pair.end, OTHER, RDY_READABLE), -EEXIST);
    ck_assert_int_eq(rdy_registry_deregister(other_registry, pair.end), -EEXIST);
    feed(pair.peer);
    wait_for(TOKEN, RDY_EVENT_READABLE);
}
END_TEST

START_TEST(a_deregistered_source_may_go_to_another_poll_and_come_back)
{
    struct pair pair = open_unix_pair();
    watch(pair.end, TOKEN, RDY_READABLE);
    ck_assert_int_eq(rdy_registry_deregister(subject.registry, pair.end), 0);
    ck_assert_int_eq(rdy_registry_register(other_registry, pair.end, OTHER, RDY_READABLE), 0);
    feed(pair.peer);
    ck_assert_int_eq(rdy_poll_wait(other_poll, &subject.events, GENEROUS), 1);
    ck_assert_uint_eq(subject.events.items[0].token, OTHER);
    ck_assert_int_eq(rdy_source_deregister(pair.end), 0);
    watch(pair.end, TOKEN, RDY_READABLE);
    wait_for(TOKEN, RDY_EVENT_READABLE);
}
END_TEST

START_TEST(closing_a_poll_frees_its_sources_for_another)
{
    struct pair pair = open_unix_pair();
    ck_assert_int_eq(rdy_registry_register(other_registry, pair.end, OTHER, RDY_READABLE), 0);
    rdy_poll_close(other_poll);
    other_poll = NULL;
    ck_assert(!rdy_source_is_registered(pair.end));
    watch(pair.end, TOKEN, RDY_READABLE);
    feed(pair.peer);
    wait_for(TOKEN, RDY_EVENT_READABLE);
}
END_TEST

START_TEST(an_interest_that_means_nothing_is_einval)
{
    static const rdy_interest bad[] = {
        0, RDY_LEVEL,        RDY_ONESHOT,          RDY_READABLE | RDY_LEVEL | RDY_ONESHOT,
        4, RDY_READABLE | 8, RDY_WRITABLE | 0x800,
    };
    struct pair fresh = open_unix_pair();
    struct pair pair = open_unix_pair();
    watch(pair.end, TOKEN, RDY_READABLE);
    for (int i = 0; i < COUNT(bad); i++) {
        ck_assert_int_eq(rdy_registry_register(subject.registry, fresh.end, OTHER, bad[i]), -EINVAL);
        ck_assert_int_eq(rdy_registry_reregister(subject.registry, pair.end, OTHER, bad[i]), -EINVAL);
    }
    ck_assert(!rdy_source_is_registered(fresh.end));
    feed(pair.peer);
    wait_for(TOKEN, RDY_EVENT_READABLE);
}
END_TEST

static int register_unnamed_file(void)
{
    FILE *file = tmpfile();
    ck_assert_ptr_nonnull(file);
    rdy_source source = rdy_source_from_fd(fileno(file));
    const int error = rdy_registry_register(subject.registry, &source, TOKEN, RDY_READABLE);
    ck_assert(!rdy_source_is_registered(&source));
    fclose(file);
    return error;
}

START_TEST(what_is_always_ready_is_eperm)
{
    rdy_source *directory = source_of(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ck_assert_int_eq(register_unnamed_file(), -EPERM);
    ck_assert_int_eq(rdy_registry_register(subject.registry, directory, TOKEN, RDY_READABLE), -EPERM);
    expect_silence();
}
END_TEST

START_TEST(a_source_without_an_open_descriptor_is_ebadf)
{
    rdy_source zeroed = {0};
    rdy_source negative = rdy_source_from_fd(-1);
    struct pair pair = open_unix_pair();
    rdy_source closed = rdy_source_from_fd(rdy_source_fd(pair.end));
    rdy_source_close(pair.end);
    ck_assert_int_eq(rdy_registry_register(subject.registry, &zeroed, TOKEN, RDY_READABLE), -EBADF);
    ck_assert_int_eq(rdy_registry_register(subject.registry, &negative, TOKEN, RDY_READABLE), -EBADF);
    ck_assert_int_eq(rdy_registry_register(subject.registry, &closed, TOKEN, RDY_READABLE), -EBADF);
}
END_TEST

START_TEST(a_source_that_is_ready_already_gives_an_event)
{
    struct pair pair = open_unix_pair();
    feed(pair.peer);
    watch(pair.end, TOKEN, RDY_READABLE | RDY_WRITABLE | triggers[_i]);
    wait_for(TOKEN, RDY_EVENT_READABLE | RDY_EVENT_WRITABLE);
}
END_TEST

START_TEST(reregistering_the_same_interest_reports_again_what_is_still_ready)
{
    const rdy_interest interest = RDY_READABLE | RDY_WRITABLE | triggers[_i];
    struct pair pair = open_unix_pair();
    feed(pair.peer);
    watch(pair.end, TOKEN, interest);
    for (int round = 0; round < 3; round++) {
        wait_for(TOKEN, RDY_EVENT_READABLE | RDY_EVENT_WRITABLE);
        watch_again(pair.end, TOKEN, interest);
    }
    wait_for(TOKEN, RDY_EVENT_READABLE | RDY_EVENT_WRITABLE);
}
END_TEST

START_TEST(reregistering_replaces_token_and_interest)
{
    struct pair pair = open_unix_pair();
    watch(pair.end, TOKEN, RDY_READABLE);
    watch_again(pair.end, OTHER, RDY_WRITABLE);
    ck_assert_uint_eq(wait_for(OTHER, RDY_EVENT_WRITABLE) & RDY_EVENT_READABLE, 0);
    watch_again(pair.end, TOKEN, RDY_READABLE);
    expect_silence();
    feed(pair.peer);
    ck_assert_uint_eq(wait_for(TOKEN, RDY_EVENT_READABLE) & RDY_EVENT_WRITABLE, 0);
}
END_TEST

START_TEST(every_value_is_a_token)
{
    static const rdy_token tokens[] = {0, 1, UINTPTR_MAX, UINTPTR_MAX / 2};
    struct pair pair = open_unix_pair();
    watch(pair.end, 42, RDY_WRITABLE);
    wait_for(42, RDY_EVENT_WRITABLE);
    for (int i = 0; i < COUNT(tokens); i++) {
        watch_again(pair.end, tokens[i], RDY_WRITABLE);
        wait_for(tokens[i], RDY_EVENT_WRITABLE);
    }
}
END_TEST

/* A backend may use one of them for itself. */
START_TEST(the_addresses_inside_a_poll_are_tokens_too)
{
    struct pair pair = open_unix_pair();
    watch(pair.end, TOKEN, RDY_WRITABLE);
    wait_for(TOKEN, RDY_EVENT_WRITABLE);
    for (rdy_token token = (rdy_token)subject.registry; token < (rdy_token)subject.registry + 1024;
         token += 4) {
        watch_again(pair.end, token, RDY_WRITABLE);
        wait_for(token, RDY_EVENT_WRITABLE);
    }
}
END_TEST

START_TEST(a_registered_source_may_be_moved)
{
    struct pair pair = open_unix_pair();
    watch(pair.end, TOKEN, RDY_READABLE);
    rdy_source moved = *pair.end;
    *pair.end = (rdy_source){0};
    feed(pair.peer);
    wait_for(TOKEN, RDY_EVENT_READABLE);
    watch_again(&moved, OTHER, RDY_READABLE);
    wait_for(OTHER, RDY_EVENT_READABLE);
    rdy_source_close(&moved);
    expect_silence();
}
END_TEST

START_TEST(a_clone_registers_and_outlives_the_poll)
{
    struct pair pair = open_unix_pair();
    rdy_registry *clone = rdy_registry_clone(other_registry);
    ck_assert_int_eq(rdy_registry_register(clone, pair.end, OTHER, RDY_WRITABLE), 0);
    ck_assert_int_eq(rdy_poll_wait(other_poll, &subject.events, GENEROUS), 1);
    ck_assert_int_eq(rdy_registry_deregister(clone, pair.end), 0);
    rdy_poll_close(other_poll);
    other_poll = NULL;
    ck_assert_int_eq(rdy_registry_register(clone, pair.end, OTHER, RDY_WRITABLE), -EBADF);
    rdy_registry_free(clone);
}
END_TEST

START_TEST(closing_what_is_not_there_is_fine)
{
    rdy_source zeroed = {0};
    struct pair pair = open_unix_pair();
    rdy_source_close(NULL);
    rdy_source_close(&zeroed);
    rdy_registry_free(NULL);
    rdy_poll_close(NULL);
    rdy_source_close(pair.end);
    rdy_source_close(pair.end);
    ck_assert_int_eq(rdy_source_fd(pair.end), -1);
}
END_TEST

int main(void)
{
    Suite *suite = contract_suite("registration");
    TCase *refused = contract_case(suite, "refused");
    TCase *granted = contract_case(suite, "granted");

    tcase_add_checked_fixture(refused, open_other, close_other);
    tcase_add_test(refused, registering_twice_is_eexist);
    tcase_add_test(refused, another_source_with_the_same_descriptor_is_eexist);
    tcase_add_test(refused, a_source_knows_its_last_token_until_it_is_closed);
    tcase_add_test(refused, what_is_not_registered_is_enoent);
    tcase_add_test(refused, the_source_of_another_poll_is_eexist);
    tcase_add_test(refused, an_interest_that_means_nothing_is_einval);
    tcase_add_test(refused, what_is_always_ready_is_eperm);
    tcase_add_test(refused, a_source_without_an_open_descriptor_is_ebadf);

    tcase_add_checked_fixture(granted, open_other, close_other);
    tcase_add_test(granted, a_duplicate_of_the_descriptor_registers_by_itself);
    tcase_add_test(granted, a_deregistered_source_may_go_to_another_poll_and_come_back);
    tcase_add_test(granted, closing_a_poll_frees_its_sources_for_another);
    tcase_add_loop_test(granted, a_source_that_is_ready_already_gives_an_event, 0, COUNT(triggers));
    tcase_add_loop_test(granted, reregistering_the_same_interest_reports_again_what_is_still_ready, 0,
                        COUNT(triggers));
    tcase_add_test(granted, reregistering_replaces_token_and_interest);
    tcase_add_test(granted, every_value_is_a_token);
    tcase_add_test(granted, the_addresses_inside_a_poll_are_tokens_too);
    tcase_add_test(granted, a_registered_source_may_be_moved);
    tcase_add_test(granted, a_clone_registers_and_outlives_the_poll);
    tcase_add_test(granted, closing_what_is_not_there_is_fine);
    return run_suite(suite);
}
