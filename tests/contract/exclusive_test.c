/* RDY_EXCLUSIVE: several polls wait on one listener, and each connection finds one. Only epoll has it. */

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/contract/support.h"

#define TOKEN   ((rdy_token)7)
#define ACCEPT  (RDY_READABLE | RDY_EXCLUSIVE)
#define WAITERS 8

static bool is_there(void)
{
    return strcmp(rdy_poll_backend(subject.poll), "epoll") == 0;
}

static int registering(rdy_source *source, rdy_interest interest)
{
    return rdy_registry_register(subject.registry, source, TOKEN, interest);
}

START_TEST(who_cannot_do_it_says_enotsup_and_has_registered_nothing)
{
    struct pair pair = open_listener();
    ck_assert_int_eq(registering(pair.end, ACCEPT), is_there() ? 0 : -ENOTSUP);
    ck_assert(rdy_source_is_registered(pair.end) == is_there());
}
END_TEST

START_TEST(what_the_kernel_refuses_is_einval)
{
    static const rdy_interest refused[] = {RDY_EXCLUSIVE, ACCEPT | RDY_ONESHOT, ACCEPT | RDY_PRIORITY};
    struct pair pair = open_listener();
    ck_assert_int_eq(registering(pair.end, refused[_i]), -EINVAL);
    ck_assert(!rdy_source_is_registered(pair.end));
}
END_TEST

/* Which shows that the kernel is asked: to it alone a poll is another thing than a listener. */
START_TEST(the_descriptor_of_a_poll_is_refused)
{
    const rdy_poll_options best = {.backend = rdy_backends()[0]};
    rdy_poll *inner;
    ck_assert_int_eq(rdy_poll_open(&best, &inner), 0);
    rdy_source source = rdy_source_from_fd(rdy_poll_fd(inner));
    ck_assert_int_eq(registering(&source, ACCEPT), is_there() ? -EINVAL : -ENOTSUP);
    if (is_there())
        ck_assert_int_eq(registering(&source, RDY_READABLE), 0);
    (void)rdy_source_deregister(&source);
    rdy_poll_close(inner);
}
END_TEST

START_TEST(what_is_exclusive_is_not_reregistered_and_stays_as_it_was)
{
    struct pair pair = open_listener();
    if (!is_there())
        return;
    watch(pair.end, TOKEN, ACCEPT);
    ck_assert_int_eq(rdy_registry_reregister(subject.registry, pair.end, TOKEN + 1, RDY_READABLE), -EINVAL);
    ck_assert_int_eq(rdy_registry_reregister(subject.registry, pair.end, TOKEN + 1, ACCEPT), -EINVAL);
    connect_to_end(&pair);
    wait_for(TOKEN, RDY_EVENT_READABLE);
}
END_TEST

START_TEST(what_is_not_exclusive_does_not_become_so)
{
    struct pair pair = open_listener();
    watch(pair.end, TOKEN, RDY_READABLE);
    ck_assert_int_eq(rdy_registry_reregister(subject.registry, pair.end, TOKEN, ACCEPT), -EINVAL);
    connect_to_end(&pair);
    wait_for(TOKEN, RDY_EVENT_READABLE);
}
END_TEST

START_TEST(both_edge_and_level_tell_of_a_connection)
{
    static const rdy_interest triggers[] = {RDY_EDGE, RDY_LEVEL};
    struct pair pair = open_listener();
    if (!is_there())
        return;
    watch(pair.end, TOKEN, ACCEPT | triggers[_i]);
    connect_to_end(&pair);
    wait_for(TOKEN, RDY_EVENT_READABLE);
}
END_TEST

/* A hint that epoll_ctl(2) takes from no exclusive registration is not asked for then. */
START_TEST(it_may_be_asked_for_both_directions)
{
    struct pair pair = open_unix_pair();
    if (!is_there())
        return;
    watch(pair.end, TOKEN, RDY_READABLE | RDY_WRITABLE | RDY_EXCLUSIVE);
    wait_for(TOKEN, RDY_EVENT_WRITABLE);
    feed(pair.peer);
    wait_for(TOKEN, RDY_EVENT_READABLE);
}
END_TEST

/* ---- several polls, each with a thread that sleeps in it ---- */

static struct {
    int listener;
    atomic_int sleeping, accepted;
} shared;

static void *accept_one(void *unused)
{
    rdy_poll *poll;
    rdy_events events;
    rdy_source source = rdy_source_from_fd(shared.listener);
    ck_assert_int_eq(rdy_poll_open(NULL, &poll), 0);
    ck_assert_int_eq(rdy_events_alloc(4, &events), 0);
    ck_assert_int_eq(rdy_registry_register(rdy_poll_registry(poll), &source, TOKEN, ACCEPT), 0);
    atomic_fetch_add(&shared.sleeping, 1);
    int fd = -1;
    while (fd < 0) {
        ck_assert_int_eq(rdy_poll_wait(poll, &events, GENEROUS), 1);
        fd = accept4(shared.listener, NULL, NULL, SOCK_CLOEXEC);
    }
    atomic_fetch_add(&shared.accepted, 1);
    close(fd);
    ck_assert_int_eq(rdy_source_deregister(&source), 0);
    rdy_events_free(&events);
    rdy_poll_close(poll);
    return unused;
}

static void await_count(atomic_int *counter, int count)
{
    while (atomic_load(counter) < count)
        pause_briefly();
}

/* A thread that has accepted goes, so each connection has to find one that still waits. */
START_TEST(each_of_several_polls_gets_its_connection)
{
    struct pair pair = open_listener();
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    pthread_t threads[WAITERS];
    if (!is_there())
        return;
    shared.listener = rdy_source_fd(pair.end);
    ck_assert_int_eq(getsockname(shared.listener, (struct sockaddr *)&address, &length), 0);
    for (int i = 0; i < WAITERS; i++)
        threads[i] = start_thread(accept_one, NULL);
    await_count(&shared.sleeping, WAITERS);
    for (int i = 0; i < WAITERS; i++) {
        rdy_source *client = source_of(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        ck_assert_int_eq(connect(rdy_source_fd(client), (struct sockaddr *)&address, length), 0);
        await_count(&shared.accepted, i + 1);
    }
    for (int i = 0; i < WAITERS; i++)
        join_thread(threads[i]);
}
END_TEST

int main(void)
{
    Suite *suite = contract_suite("exclusive");
    TCase *alone = contract_case(suite, "alone");
    TCase *several = contract_case(suite, "several");

    tcase_add_test(alone, who_cannot_do_it_says_enotsup_and_has_registered_nothing);
    tcase_add_loop_test(alone, what_the_kernel_refuses_is_einval, 0, 3);
    tcase_add_test(alone, the_descriptor_of_a_poll_is_refused);
    tcase_add_test(alone, what_is_exclusive_is_not_reregistered_and_stays_as_it_was);
    tcase_add_test(alone, what_is_not_exclusive_does_not_become_so);
    tcase_add_loop_test(alone, both_edge_and_level_tell_of_a_connection, 0, 2);
    tcase_add_test(alone, it_may_be_asked_for_both_directions);
    tcase_add_test(several, each_of_several_polls_gets_its_connection);
    return run_suite(suite);
}
