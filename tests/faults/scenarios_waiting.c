#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "reactor/timer_wheel.h"
#include "reactor/waker.h"
#include "tests/faults/scene.h"

/* ---- waiting ---- */

/* Until the time-out is over; the fault may end one wait early with an error, and no other way. */
static void wait_out(rdy_poll *poll, rdy_events *events, int64_t timeout_ns)
{
    const int64_t begin = rdy_clock_now();
    TRY(rdy_poll_wait(poll, events, timeout_ns));
    REQUIRE(scene_result == 0 && events->count == 0);
    REQUIRE(rdy_clock_now() - begin >= timeout_ns);
}

static void wait_for_time(void)
{
    const rdy_poll_options spinning = {.spin_ns = 100 * RDY_MICROSECOND};
    const rdy_poll_options *const options[] = {NULL, &spinning};
    for (size_t i = 0; i < COUNT(options); i++) {
        rdy_poll *poll = NULL;
        rdy_events events = {0};
        TRY_OUT(rdy_poll_open(options[i], &poll), poll);
        TRY_OUT(rdy_events_alloc(1, &events), events);
        wait_out(poll, &events, 0);
        wait_out(poll, &events, 300 * RDY_MICROSECOND);
        wait_out(poll, &events, 2 * RDY_MILLISECOND);
        rdy_events_free(&events);
        rdy_poll_close(poll);
    }
}

/* Each is told once, though there is room for one at a time and one wait fails. */
static void wait_with_little_room(void)
{
    int ends[3][2];
    rdy_source sources[3];
    rdy_events one = {0};
    unsigned told = 0;
    scene_open_poll();
    TRY_OUT(rdy_events_alloc(1, &one), one);
    for (unsigned i = 0; i < 3; i++) {
        scene_open_pair(ends[i], &sources[i]);
        scene_watch(&sources[i], i, RDY_WRITABLE);
    }
    for (unsigned i = 0; i < 3; i++) {
        TRY(rdy_poll_wait(scene_poll, &one, PATIENCE));
        REQUIRE(one.count == 1);
        told |= 1U << one.items[0].token;
    }
    REQUIRE(told == 7);
    scene_await_nothing();
    for (unsigned i = 0; i < 3; i++) {
        rdy_source_close(&sources[i]);
        close(ends[i][1]);
    }
    rdy_events_free(&one);
    scene_close_poll();
}

static void wait_for_timers(void)
{
    rdy_timer_wheel wheel;
    rdy_timer timer = {0};
    rdy_events none = {0};
    scene_open_poll();
    TRY_OUT(rdy_events_alloc(1, &none), none);
    rdy_timer_wheel_init(&wheel, rdy_clock_now());
    rdy_timer_wheel_arm(&wheel, &timer, rdy_clock_after(rdy_clock_now(), 2 * RDY_MILLISECOND));
    while (rdy_timer_wheel_expire(&wheel, rdy_clock_now()) == NULL)
        TRY(rdy_poll_wait(scene_poll, &none, rdy_clock_until(rdy_clock_now(), rdy_timer_wheel_next(&wheel))));
    REQUIRE(!rdy_timer_is_armed(&timer));
    rdy_events_free(&none);
    scene_close_poll();
}

/* ---- waking ---- */

static void wake_before_waiting(void)
{
    rdy_waker *wakers[3] = {NULL};
    scene_open_poll();
    for (unsigned i = 0; i < 3; i++)
        TRY_OUT(rdy_waker_open(scene_registry, i, &wakers[i]), wakers[i]);
    for (unsigned i = 0; i < 3; i++) {
        TRY(rdy_waker_wake(wakers[i]));
        REQUIRE(scene_await(i) == RDY_EVENT_READABLE);
        scene_await_nothing();
    }
    for (unsigned i = 0; i < 2; i++)
        rdy_waker_close(wakers[i]);
    scene_close_poll();
    REQUIRE(rdy_waker_wake(wakers[2]) == 0);
    rdy_waker_close(wakers[2]);
}

static void *wake_late(void *waker)
{
    const struct timespec moment = {.tv_nsec = 300000};
    nanosleep(&moment, NULL);
    TRY(rdy_waker_wake(waker));
    return NULL;
}

static void wake_a_sleeper(void)
{
    scene_open_poll();
    for (unsigned i = 0; i < 3; i++) {
        pthread_t thread;
        rdy_waker *waker = NULL;
        TRY_OUT(rdy_waker_open(scene_registry, 7, &waker), waker);
        REQUIRE(pthread_create(&thread, NULL, wake_late, waker) == 0);
        REQUIRE(scene_await(7) == RDY_EVENT_READABLE);
        pthread_join(thread, NULL);
        scene_await_nothing();
        rdy_waker_close(waker);
    }
    scene_close_poll();
}

/* What sleeps sees what another thread registers. */
static void *register_late(void *source)
{
    const struct timespec moment = {.tv_nsec = 300000};
    nanosleep(&moment, NULL);
    scene_watch(source, 5, RDY_WRITABLE);
    return NULL;
}

static void register_beside_a_sleeper(void)
{
    int ends[2];
    rdy_source source;
    pthread_t thread;
    scene_open_poll();
    scene_open_pair(ends, &source);
    REQUIRE(pthread_create(&thread, NULL, register_late, &source) == 0);
    REQUIRE(scene_await(5) & RDY_EVENT_WRITABLE);
    pthread_join(thread, NULL);
    rdy_source_close(&source);
    close(ends[1]);
    scene_close_poll();
}

const struct scenario scenarios_of_waiting[] = {
    {"wait, time-outs", wait_for_time},
    {"wait, little room", wait_with_little_room},
    {"wait, timers", wait_for_timers},
    {"wake", wake_before_waiting},
    {"wake a sleeper", wake_a_sleeper},
    {"register beside a sleeper", register_beside_a_sleeper},
    {NULL, NULL},
};
