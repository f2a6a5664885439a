/* What one thread registers or closes while another waits on the poll. */

#include <poll.h>
#include <unistd.h>

#include "reactor/waker.h"
#include "tests/contract/support.h"

#define ROUNDS 300
#define TOKEN  7
#define OTHER  8

static void *register_with_the_subject(void *source)
{
    ck_assert_int_eq(rdy_registry_register(subject.registry, source, TOKEN, RDY_READABLE), 0);
    return NULL;
}

START_TEST(who_gets_the_first_event_may_close_the_source_at_once)
{
    for (int round = 0; round < rounds(ROUNDS); round++) {
        struct pair pair = open_unix_pair();
        feed(pair.peer);
        pthread_t thread = start_thread(register_with_the_subject, pair.end);
        wait_for(TOKEN, RDY_EVENT_READABLE);
        rdy_source_close(pair.end);
        join_thread(thread);
        ck_assert(!rdy_source_is_registered(pair.end));
        ck_assert_int_eq(rdy_source_fd(pair.end), -1);
        rdy_source_close(pair.peer);
    }
}
END_TEST

START_TEST(who_gets_the_first_event_may_use_the_source_at_once)
{
    for (int round = 0; round < rounds(ROUNDS); round++) {
        struct pair pair = open_unix_pair();
        feed(pair.peer);
        pthread_t thread = start_thread(register_with_the_subject, pair.end);
        wait_for(TOKEN, RDY_EVENT_READABLE);
        drain(pair.end);
        feed(pair.peer);
        wait_for(TOKEN, RDY_EVENT_READABLE);
        join_thread(thread);
        rdy_source_close(pair.end);
        rdy_source_close(pair.peer);
    }
}
END_TEST

struct closing {
    struct pair pair;
    rdy_waker *waker;
    bool told;
};

static void *close_and_look_at_the_peer(void *opaque)
{
    struct closing *closing = opaque;
    char byte;
    wait_until_main_sleeps();
    rdy_source_close(closing->pair.end);
    struct pollfd end = {.fd = rdy_source_fd(closing->pair.peer), .events = POLLIN};
    closing->told = poll(&end, 1, (int)(GENEROUS / RDY_MILLISECOND)) == 1 && read(end.fd, &byte, 1) == 0;
    rdy_waker_wake(closing->waker);
    return NULL;
}

/* select(2) holds on to the files that it sleeps on. */
START_TEST(a_close_reaches_the_peer_while_another_thread_waits)
{
    struct closing closing = {.pair = open_tcp_pair()};
    ck_assert_int_eq(rdy_waker_open(subject.registry, OTHER, &closing.waker), 0);
    watch(closing.pair.end, TOKEN, RDY_READABLE);
    pthread_t thread = start_thread(close_and_look_at_the_peer, &closing);
    ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, 2 * GENEROUS), 1);
    ck_assert_int_eq(events_for(OTHER), 1);
    join_thread(thread);
    ck_assert(closing.told);
    rdy_waker_close(closing.waker);
}
END_TEST

int main(void)
{
    Suite *suite = contract_suite("handover");
    TCase *tests = contract_case(suite, "handover");

    tcase_add_test(tests, who_gets_the_first_event_may_close_the_source_at_once);
    tcase_add_test(tests, who_gets_the_first_event_may_use_the_source_at_once);
    tcase_add_test(tests, a_close_reaches_the_peer_while_another_thread_waits);
    return run_suite(suite);
}
