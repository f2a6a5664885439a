/* What comes and goes: polls with all that hangs on them, in every order of their ends. */

#include "reactor/waker.h"
#include "tests/contract/support.h"

enum { POLLS = 2000, SOURCES = 3 };

struct hangers {
    rdy_poll *poll;
    rdy_registry *clone;
    rdy_waker *wakers[2];
};

static rdy_source *sources[SOURCES];

static void open_sources(void)
{
    sources[0] = open_unix_pair().end;
    sources[1] = open_pipe_writer().end;
    sources[2] = open_eventfd_pair().end;
}

static struct hangers open_with_all_that_hangs_on_it(void)
{
    struct hangers all;
    ck_assert_int_eq(rdy_poll_open(NULL, &all.poll), 0);
    rdy_registry *registry = rdy_poll_registry(all.poll);
    all.clone = rdy_registry_clone(registry);
    ck_assert_int_eq(rdy_waker_open(registry, SOURCES, &all.wakers[0]), 0);
    ck_assert_int_eq(rdy_waker_open(all.clone, SOURCES + 1, &all.wakers[1]), 0);
    for (int i = 0; i < SOURCES; i++)
        ck_assert_int_eq(rdy_registry_register(all.clone, sources[i], (rdy_token)i, RDY_WRITABLE), 0);
    return all;
}

static void expect_events_of_all(const struct hangers *all)
{
    int total = 0;
    ck_assert_int_eq(rdy_waker_wake(all->wakers[0]), 0);
    ck_assert_int_eq(rdy_waker_wake(all->wakers[1]), 0);
    while (total < SOURCES + 2) {
        ck_assert_int_gt(rdy_poll_wait(all->poll, &subject.events, GENEROUS), 0);
        total += (int)subject.events.count;
    }
    ck_assert_int_eq(total, SOURCES + 2);
}

static void close_the_poll_last(struct hangers *all)
{
    for (int i = 0; i < SOURCES; i++)
        ck_assert_int_eq(rdy_source_deregister(sources[i]), 0);
    rdy_waker_close(all->wakers[0]);
    rdy_waker_close(all->wakers[1]);
    rdy_registry_free(all->clone);
    rdy_poll_close(all->poll);
}

/* With a wake that nobody will see, and registrations that end by this. */
static void close_the_poll_first(struct hangers *all)
{
    ck_assert_int_eq(rdy_waker_wake(all->wakers[1]), 0);
    rdy_poll_close(all->poll);
    ck_assert_int_eq(rdy_waker_wake(all->wakers[0]), 0);
    rdy_registry_free(all->clone);
    rdy_waker_close(all->wakers[0]);
    rdy_waker_close(all->wakers[1]);
    for (int i = 0; i < SOURCES; i++)
        ck_assert(!rdy_source_is_registered(sources[i]));
}

START_TEST(two_thousand_polls_leave_no_descriptor)
{
    static void (*const closers[])(struct hangers * all) = {close_the_poll_last, close_the_poll_first};
    int inheritable;
    open_sources();
    const int before = count_descriptors(&inheritable);
    for (int i = 0; i < POLLS; i++) {
        struct hangers all = open_with_all_that_hangs_on_it();
        expect_events_of_all(&all);
        closers[i % COUNT(closers)](&all);
    }
    wait_until_descriptors_are(before);
}
END_TEST

START_TEST(many_polls_at_once_have_their_own_events)
{
    enum { AT_ONCE = 50 };
    rdy_poll *polls[AT_ONCE];
    struct pair pairs[AT_ONCE];
    for (int i = 0; i < AT_ONCE; i++) {
        pairs[i] = open_unix_pair();
        ck_assert_int_eq(rdy_poll_open(NULL, &polls[i]), 0);
        ck_assert_int_eq(
            rdy_registry_register(rdy_poll_registry(polls[i]), pairs[i].end, (rdy_token)i, RDY_READABLE), 0);
    }
    for (int i = 0; i < AT_ONCE; i++) {
        feed(pairs[i].peer);
        ck_assert_int_eq(rdy_poll_wait(polls[i], &subject.events, GENEROUS), 1);
        ck_assert_int_eq(events_for((rdy_token)i), 1);
        rdy_poll_close(polls[i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = contract_suite("lifetime");
    TCase *tests = contract_case(suite, "polls");

    tcase_add_test(tests, two_thousand_polls_leave_no_descriptor);
    tcase_add_test(tests, many_polls_at_once_have_their_own_events);
    return run_suite(suite);
}
