/*
 * What many threads do to one poll while another waits on it, and to what outlives it. Promises 1, 5 and 7; for
 * ThreadSanitizer as much as for the assertions here. RDY_TEST_ROUNDS says how often.
 */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include "reactor/waker.h"
#include "tests/contract/support.h"

#define THREADS 4
#define WAKER   ((rdy_token)-1)
#define ROUNDS  50

static const rdy_interest triggers[] = {RDY_EDGE, RDY_LEVEL, RDY_ONESHOT};

static pthread_t threads[THREADS];

static void start_threads(void *(*body)(void *), void *argument_of(int index))
{
    for (int i = 0; i < THREADS; i++)
        threads[i] = start_thread(body, argument_of(i));
}

static void expect_success_of_threads(void)
{
    for (int i = 0; i < THREADS; i++)
        ck_assert_msg(join_thread(threads[i]) != NULL, "thread %d met what it must not", i);
}

/* ---- registering, reregistering and removing while one waits ---- */

/* A thread and its registrations, one after another. Tokens name both: their number modulo THREADS is the thread. */
static struct player {
    rdy_token number;
    rdy_waker *waker;
    atomic_uintptr_t seen;    /* the newest of its tokens that an event has shown */
    atomic_uintptr_t retired; /* no wait that begins now may show it or an older one */
} players[THREADS];

static atomic_int playing;

static void *player_at(int index)
{
    players[index] = (struct player){.number = (rdy_token)index + THREADS, .waker = players[index].waker};
    return &players[index];
}

static rdy_token next_token(struct player *player)
{
    return player->number += THREADS;
}

static void await_event(const struct player *player)
{
    while (atomic_load(&player->seen) < player->number)
        sched_yield();
}

static int remove_in_some_way(rdy_source *source, bool closing)
{
    if (!closing)
        return rdy_registry_deregister(subject.registry, source);
    rdy_source_close(source);
    return 0;
}

/* Everything that can be done to a registration, and each step is seen by the thread that waits. */
static int play(struct player *player, rdy_source *source, rdy_source *writer, int round)
{
    const rdy_interest interest = RDY_READABLE | triggers[round % COUNT(triggers)];
    int error = rdy_registry_register(subject.registry, source, next_token(player), interest);
    if (error != 0)
        return error;
    feed(writer);
    await_event(player);
    const rdy_token before = player->number;
    error = rdy_registry_reregister(subject.registry, source, next_token(player), interest);
    if (error != 0)
        return error;
    atomic_store(&player->retired, before);
    await_event(player);
    drain(source);
    error = remove_in_some_way(source, round / COUNT(triggers) % 2);
    atomic_store(&player->retired, player->number);
    return error;
}

/* The threads take the numbers of the descriptors from each other. */
static void *play_rounds(void *opaque)
{
    struct player *player = opaque;
    int error = 0;
    for (int round = 0; round < rounds(ROUNDS) && error == 0; round++) {
        int fds[2];
        if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) != 0)
            return NULL;
        rdy_source source = rdy_source_from_fd(fds[0]);
        rdy_source writer = rdy_source_from_fd(fds[1]);
        error = play(player, &source, &writer, round);
        rdy_source_close(&source);
        rdy_source_close(&writer);
    }
    atomic_fetch_sub(&playing, 1);
    rdy_waker_wake(player->waker);
    return error == 0 ? opaque : NULL;
}

static void note_events(const rdy_token retired[THREADS])
{
    for (size_t i = 0; i < subject.events.count; i++) {
        const rdy_token token = subject.events.items[i].token;
        if (token == WAKER)
            continue;
        ck_assert_uint_gt(token, retired[token % THREADS]);
        if (token > atomic_load(&players[token % THREADS].seen))
            atomic_store(&players[token % THREADS].seen, token);
    }
}

START_TEST(each_change_of_many_threads_takes_effect_for_the_one_that_waits)
{
    rdy_waker *waker;
    ck_assert_int_eq(rdy_waker_open(subject.registry, WAKER, &waker), 0);
    for (int i = 0; i < THREADS; i++)
        players[i].waker = waker;
    atomic_store(&playing, THREADS);
    start_threads(play_rounds, player_at);
    while (atomic_load(&playing) > 0) {
        rdy_token retired[THREADS];
        for (int i = 0; i < THREADS; i++)
            retired[i] = atomic_load(&players[i].retired);
        ck_assert_int_gt(rdy_poll_wait(subject.poll, &subject.events, GENEROUS), 0);
        note_events(retired);
    }
    expect_success_of_threads();
    rdy_waker_close(waker);
    expect_silence();
}
END_TEST

/* ---- what outlives a poll ---- */

/* How many threads have used what they were given. */
static atomic_int started;

static rdy_registry *registry_to_clone;

static void *clone_for(int index)
{
    (void)index;
    return rdy_registry_clone(registry_to_clone);
}

/* What each call may say once the poll is closed, and before. */
static bool is_fine(int result, bool *closed)
{
    *closed = *closed || result == -EBADF || result == -ENOENT;
    return result == 0 || *closed;
}

static void *register_until_the_poll_is_closed(void *opaque)
{
    rdy_registry *registry = opaque;
    int fds[2];
    bool closed = false;
    bool fine = pipe2(fds, O_NONBLOCK | O_CLOEXEC) == 0;
    rdy_source source = rdy_source_from_fd(fds[1]);
    for (bool first = true; fine && !closed; first = false) {
        fine = is_fine(rdy_registry_register(registry, &source, 0, RDY_WRITABLE), &closed) &&
               is_fine(rdy_registry_reregister(registry, &source, 1, RDY_WRITABLE), &closed);
        if (fine && rdy_source_deregister(&source) != 0)
            closed = true;
        atomic_fetch_add(&started, first);
        sched_yield();
    }
    fine = fine && !rdy_source_is_registered(&source) &&
           rdy_registry_register(registry, &source, 0, RDY_WRITABLE) == -EBADF;
    rdy_source_close(&source);
    close(fds[0]);
    rdy_registry_free(registry);
    return fine ? opaque : NULL;
}

static void *waker_for(int index)
{
    rdy_waker *waker;
    ck_assert_int_eq(rdy_waker_open(subject.registry, (rdy_token)index, &waker), 0);
    return waker;
}

static atomic_bool over;

static void *wake_until_it_is_over(void *opaque)
{
    int error = 0;
    for (bool first = true; error == 0 && !atomic_load(&over); first = false) {
        error = rdy_waker_wake(opaque);
        atomic_fetch_add(&started, first);
        sched_yield();
    }
    rdy_waker_close(opaque);
    return error == 0 ? opaque : NULL;
}

static void wait_until_all_have_started(void)
{
    while (atomic_load(&started) < THREADS)
        ck_assert_int_ge(rdy_poll_wait(subject.poll, &subject.events, RDY_MILLISECOND), 0);
}

START_TEST(clones_register_on_while_the_poll_closes)
{
    for (int round = 0; round < rounds(ROUNDS); round++) {
        atomic_store(&started, 0);
        registry_to_clone = subject.registry;
        start_threads(register_until_the_poll_is_closed, clone_for);
        wait_until_all_have_started();
        reopen_subject(NULL);
        expect_success_of_threads();
    }
}
END_TEST

START_TEST(wakers_wake_on_while_the_poll_closes)
{
    for (int round = 0; round < rounds(ROUNDS); round++) {
        atomic_store(&started, 0);
        atomic_store(&over, false);
        start_threads(wake_until_it_is_over, waker_for);
        wait_until_all_have_started();
        reopen_subject(NULL);
        ck_assert_int_eq(rdy_poll_wait(subject.poll, &subject.events, 0), 0);
        atomic_store(&over, true);
        expect_success_of_threads();
    }
}
END_TEST

/* ---- a poll for each thread ---- */

static int use_a_poll_of_its_own(rdy_source *source)
{
    rdy_events events = {0};
    rdy_waker *waker = NULL;
    rdy_poll *poll;
    int error = rdy_poll_open(NULL, &poll);
    if (error != 0)
        return error;
    error = rdy_events_alloc(2, &events);
    if (error == 0)
        error = rdy_registry_register(rdy_poll_registry(poll), source, 0, RDY_WRITABLE);
    if (error == 0)
        error = rdy_waker_open(rdy_poll_registry(poll), 1, &waker);
    if (error == 0)
        error = rdy_waker_wake(waker);
    for (int count = 0; error == 0 && count < 2; count += (int)events.count)
        if (rdy_poll_wait(poll, &events, GENEROUS) <= 0)
            error = -ETIMEDOUT;
    rdy_poll_close(poll);
    rdy_waker_close(waker);
    rdy_events_free(&events);
    return error;
}

static void *nothing_for(int index)
{
    return &players[index];
}

static void *use_polls(void *opaque)
{
    int fds[2];
    int error = pipe2(fds, O_NONBLOCK | O_CLOEXEC);
    rdy_source source = rdy_source_from_fd(fds[1]);
    for (int round = 0; round < rounds(ROUNDS) && error == 0; round++)
        error = use_a_poll_of_its_own(&source);
    rdy_source_close(&source);
    close(fds[0]);
    return error == 0 ? opaque : NULL;
}

START_TEST(polls_of_different_threads_do_not_meet)
{
    start_threads(use_polls, nothing_for);
    expect_success_of_threads();
}
END_TEST

int main(void)
{
    Suite *suite = contract_suite("threads");
    TCase *tests = contract_case(suite, "threads");

    tcase_add_test(tests, each_change_of_many_threads_takes_effect_for_the_one_that_waits);
    tcase_add_test(tests, clones_register_on_while_the_poll_closes);
    tcase_add_test(tests, wakers_wake_on_while_the_poll_closes);
    tcase_add_test(tests, polls_of_different_threads_do_not_meet);
    return run_suite(suite);
}
