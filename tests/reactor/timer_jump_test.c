/* A clock that jumps: thousands of timers, from the next tick to the end of time, and all levels of the wheel at once. */

#include <check.h>
#include <stdlib.h>

#include "reactor/clock.h"
#include "reactor/timer_wheel.h"
#include "tests/suite.h"

#define TIMERS 5000
#define LAST   (RDY_NEVER - 1)

static rdy_timer_wheel wheel;

static struct entry {
    rdy_timer timer; /* first: an entry is found by its timer */
    int64_t deadline;
    int times; /* handed back */
} entries[TIMERS];

/* The edges of the types that a time may pass through on its way, in nanoseconds. */
static const int64_t edges[] = {
    0,
    1,
    INT32_MAX,
    INT64_C(1) << 31,
    UINT32_MAX,
    INT64_C(1) << 32,
    INT32_MAX *RDY_MICROSECOND,
    (INT64_C(1) << 31) * RDY_MICROSECOND,
    INT32_MAX *RDY_MILLISECOND,
    (INT64_C(1) << 31) * RDY_MILLISECOND,
    UINT32_MAX *RDY_MILLISECOND,
    (INT64_C(1) << 32) * RDY_MILLISECOND,
    INT32_MAX *RDY_SECOND,
    (INT64_C(1) << 31) * RDY_SECOND,
    UINT32_MAX *RDY_SECOND,
    INT64_C(1) << 62,
    LAST / RDY_MILLISECOND *RDY_MILLISECOND, /* the last tick */
};

/* Each order of magnitude alike, each edge, and one nanosecond and one tick beside it. */
static int64_t deadline_of(int index)
{
    static const int64_t beside[] = {0, 1, -1, RDY_MILLISECOND, -RDY_MILLISECOND};
    const int64_t last_tick = edges[COUNT(edges) - 1];
    int64_t base = 0;
    int64_t offset;
    if (index < COUNT(edges) * COUNT(beside)) {
        base = edges[index / COUNT(beside)];
        offset = beside[index % COUNT(beside)];
    } else {
        offset = (int64_t)(((uint64_t)rand() << 42 ^ (uint64_t)rand() << 21 ^ (uint64_t)rand()) >> 1 >>
                           index % 62);
    }
    return offset > last_tick - base ? last_tick : base + offset;
}

static void arm_all(int64_t start)
{
    rdy_timer_wheel_init(&wheel, start);
    for (int i = 0; i < TIMERS; i++) {
        entries[i] = (struct entry){.deadline = deadline_of(i)};
        rdy_timer_wheel_arm(&wheel, &entries[i].timer, entries[i].deadline);
    }
}

/* When a timer comes: a deadline that had passed when the wheel began is due at the first tick after. */
static int64_t tick_of(const struct entry *entry, int64_t start)
{
    const int64_t begun = start / RDY_TIMER_RESOLUTION - (start % RDY_TIMER_RESOLUTION < 0);
    const int64_t tick =
        entry->deadline / RDY_TIMER_RESOLUTION + (entry->deadline % RDY_TIMER_RESOLUTION > 0);
    return tick > begun ? tick : begun + 1;
}

/* One round; how many it handed back, each for the first time, in order, and none before its time. */
static int expire_until(int64_t now, int64_t start)
{
    int count = 0;
    int wrong = 0;
    int64_t before = INT64_MIN;
    for (rdy_timer *timer; (timer = rdy_timer_wheel_expire(&wheel, now)) != NULL; count++) {
        struct entry *entry = (struct entry *)timer;
        const int64_t tick = tick_of(entry, start);
        wrong += entry->times++ > 0;
        wrong += entry->deadline > now;
        wrong += tick < before;
        before = tick;
    }
    ck_assert_int_eq(wrong, 0);
    return count;
}

START_TEST(one_jump_to_the_end_of_time_hands_back_all_once_and_in_order)
{
    static const int64_t starts[] = {0, 1, INT64_C(1234567890123456), -RDY_SECOND, INT64_MIN};
    const int64_t start = starts[_i];
    srand((unsigned)_i + 1);
    arm_all(start);
    ck_assert_int_eq(expire_until(LAST, start), TIMERS);
    ck_assert_int_eq(rdy_timer_wheel_next(&wheel), RDY_NEVER);
    ck_assert_int_eq(expire_until(RDY_NEVER, start), 0);
}
END_TEST

/* In a few jumps, each over several levels; between them the clock falls back, which changes nothing. */
START_TEST(jumps_ahead_and_back_hand_back_each_timer_once)
{
    int total = 0;
    srand((unsigned)_i + 1);
    arm_all(0);
    for (int bits = _i; bits < 63; bits += 7) {
        const int64_t now = INT64_C(1) << bits;
        total += expire_until(now, 0);
        const int64_t next = rdy_timer_wheel_next(&wheel);
        ck_assert_int_eq(expire_until(now / 2, 0), 0);
        ck_assert_int_eq(expire_until(0, 0), 0);
        ck_assert_int_eq(expire_until(INT64_MIN, 0), 0);
        ck_assert_int_eq(rdy_timer_wheel_next(&wheel), next);
        ck_assert_int_gt(next, now - RDY_TIMER_RESOLUTION);
    }
    total += expire_until(LAST, 0);
    ck_assert_int_eq(total, TIMERS);
}
END_TEST

/* What is armed after the jump counts from where the wheel is then. */
START_TEST(after_a_jump_to_the_end_of_time_a_timer_still_comes)
{
    rdy_timer timer = {0};
    const int64_t now = LAST - 5 * RDY_MILLISECOND;
    arm_all(0);
    (void)expire_until(now, 0);
    rdy_timer_wheel_arm(&wheel, &timer, now + 2 * RDY_MILLISECOND);
    ck_assert_ptr_null(rdy_timer_wheel_expire(&wheel, now));
    ck_assert_int_le(rdy_timer_wheel_next(&wheel), now + 3 * RDY_MILLISECOND);
    bool came = false;
    for (rdy_timer *due; (due = rdy_timer_wheel_expire(&wheel, LAST)) != NULL;)
        came = came || due == &timer;
    ck_assert(came);
}
END_TEST

/* As a program does it whose clock runs as fast as it sleeps: no wait is in vain more often than the wheel has levels. */
START_TEST(waits_until_the_next_moment_reach_the_end_of_time)
{
    int total = 0;
    int waits = 0;
    srand(1);
    arm_all(0);
    for (int64_t now = 0; now != RDY_NEVER; waits++) {
        total += expire_until(now, 0);
        const int64_t timeout = rdy_clock_until(now, rdy_timer_wheel_next(&wheel));
        ck_assert_int_ne(timeout, 0);
        now = timeout < 0 ? RDY_NEVER : now + timeout;
    }
    ck_assert_int_eq(total, TIMERS);
    ck_assert_int_le(waits, TIMERS * RDY_TIMER_WHEEL_LEVELS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("timer_jump");
    TCase *tests = tcase_create("timer_jump");
    tcase_add_loop_test(tests, one_jump_to_the_end_of_time_hands_back_all_once_and_in_order, 0, 5);
    tcase_add_loop_test(tests, jumps_ahead_and_back_hand_back_each_timer_once, 0, 7);
    tcase_add_test(tests, after_a_jump_to_the_end_of_time_a_timer_still_comes);
    tcase_add_test(tests, waits_until_the_next_moment_reach_the_end_of_time);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
