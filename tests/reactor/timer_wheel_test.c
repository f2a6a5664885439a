#include <check.h>
#include <stdlib.h>

#include "reactor/clock.h"
#include "reactor/timer_wheel.h"
#include "tests/suite.h"

#define YEAR (INT64_C(365) * 24 * 3600 * RDY_SECOND)

static rdy_timer_wheel wheel;

static int64_t rounded_down(int64_t time_ns)
{
    return time_ns / RDY_TIMER_RESOLUTION - (time_ns % RDY_TIMER_RESOLUTION < 0);
}

static int64_t rounded_up(int64_t time_ns)
{
    return time_ns / RDY_TIMER_RESOLUTION + (time_ns % RDY_TIMER_RESOLUTION > 0);
}

START_TEST(an_empty_wheel_has_nothing_to_wait_for)
{
    rdy_timer idle = {0};

    rdy_timer_wheel_init(&wheel, 0);
    rdy_timer_wheel_cancel(&wheel, &idle);
    ck_assert(!rdy_timer_is_armed(&idle));
    ck_assert_ptr_null(rdy_timer_wheel_expire(&wheel, YEAR));
    ck_assert_int_eq(rdy_timer_wheel_next(&wheel), RDY_NEVER);
}
END_TEST

static const int64_t starts[] = {0,    1,         62 * RDY_MILLISECOND, 1234567890123456, 100 * YEAR,
                                 -100, -3 * YEAR, -64 * RDY_MILLISECOND};

static const int64_t delays[] = {1,
                                 RDY_MILLISECOND - 1,
                                 RDY_MILLISECOND,
                                 RDY_MILLISECOND + 1,
                                 63 * RDY_MILLISECOND,
                                 64 * RDY_MILLISECOND,
                                 65 * RDY_MILLISECOND,
                                 4095 * RDY_MILLISECOND,
                                 4096 * RDY_MILLISECOND,
                                 4097 * RDY_MILLISECOND + 1,
                                 3600 * RDY_SECOND,
                                 YEAR,
                                 10 * YEAR,
                                 150 * YEAR};
#define DELAY_COUNT ((int)(sizeof delays / sizeof delays[0]))
#define START_COUNT ((int)(sizeof starts / sizeof starts[0]))

START_TEST(a_timer_is_never_early_and_late_by_less_than_the_resolution)
{
    int64_t deadline = starts[_i / DELAY_COUNT] + delays[_i % DELAY_COUNT];
    int64_t due = rounded_up(deadline) * RDY_TIMER_RESOLUTION;
    rdy_timer timer = {0};

    rdy_timer_wheel_init(&wheel, starts[_i / DELAY_COUNT]);
    rdy_timer_wheel_arm(&wheel, &timer, deadline);
    ck_assert_int_eq(rdy_timer_wheel_next(&wheel), due);
    ck_assert_ptr_null(rdy_timer_wheel_expire(&wheel, due - 1));
    ck_assert_int_eq(rdy_timer_wheel_next(&wheel), due);
    ck_assert_ptr_eq(rdy_timer_wheel_expire(&wheel, due), &timer);
    ck_assert(!rdy_timer_is_armed(&timer));
    ck_assert_ptr_null(rdy_timer_wheel_expire(&wheel, due));
}
END_TEST

START_TEST(timers_come_in_the_order_of_deadlines_and_then_of_arming)
{
    rdy_timer early = {0}, first = {0}, second = {0}, late = {0};
    int64_t deadline = 5000 * RDY_MILLISECOND;

    rdy_timer_wheel_init(&wheel, 0);
    rdy_timer_wheel_arm(&wheel, &late, deadline + RDY_MILLISECOND);
    rdy_timer_wheel_arm(&wheel, &first, deadline);
    ck_assert_ptr_null(rdy_timer_wheel_expire(&wheel, deadline - 2 * RDY_MILLISECOND));
    rdy_timer_wheel_arm(&wheel, &second, deadline);
    rdy_timer_wheel_arm(&wheel, &early, deadline - RDY_MILLISECOND);

    int64_t now = deadline + YEAR;
    ck_assert_ptr_eq(rdy_timer_wheel_expire(&wheel, now), &early);
    ck_assert_ptr_eq(rdy_timer_wheel_expire(&wheel, now), &first);
    ck_assert_ptr_eq(rdy_timer_wheel_expire(&wheel, now), &second);
    ck_assert_ptr_eq(rdy_timer_wheel_expire(&wheel, now), &late);
    ck_assert_ptr_null(rdy_timer_wheel_expire(&wheel, now));
}
END_TEST

START_TEST(a_timer_that_rearms_itself_for_the_past_does_not_prolong_the_round)
{
    rdy_timer timer = {0}, other = {0};
    int64_t now = 10 * RDY_MILLISECOND;

    rdy_timer_wheel_init(&wheel, 0);
    rdy_timer_wheel_arm(&wheel, &timer, now);
    rdy_timer_wheel_arm(&wheel, &other, now);
    ck_assert_ptr_eq(rdy_timer_wheel_expire(&wheel, now), &timer);
    rdy_timer_wheel_arm(&wheel, &timer, 0);
    ck_assert_ptr_eq(rdy_timer_wheel_expire(&wheel, now), &other);
    ck_assert_ptr_null(rdy_timer_wheel_expire(&wheel, now));
    ck_assert_int_eq(rdy_timer_wheel_next(&wheel), now + RDY_MILLISECOND);
    ck_assert_ptr_eq(rdy_timer_wheel_expire(&wheel, now + RDY_MILLISECOND), &timer);
}
END_TEST

START_TEST(a_due_timer_can_be_cancelled_and_rearmed_before_it_is_handed_back)
{
    rdy_timer first = {0}, cancelled = {0}, rearmed = {0};
    int64_t now = 10 * RDY_MILLISECOND;

    rdy_timer_wheel_init(&wheel, 0);
    rdy_timer_wheel_arm(&wheel, &first, now);
    rdy_timer_wheel_arm(&wheel, &cancelled, now);
    rdy_timer_wheel_arm(&wheel, &rearmed, now);
    ck_assert_ptr_eq(rdy_timer_wheel_expire(&wheel, 2 * now - 1), &first);
    ck_assert(rdy_timer_is_armed(&cancelled));
    ck_assert_int_eq(rdy_timer_wheel_next(&wheel),
                     now); /* never later than the deadline, however late it is */
    rdy_timer_wheel_cancel(&wheel, &cancelled);
    rdy_timer_wheel_arm(&wheel, &rearmed, 2 * now);
    ck_assert_ptr_null(rdy_timer_wheel_expire(&wheel, now));
    ck_assert_int_eq(rdy_timer_wheel_next(&wheel), 2 * now);
    ck_assert_ptr_eq(rdy_timer_wheel_expire(&wheel, 2 * now), &rearmed);
}
END_TEST

START_TEST(rearming_replaces_the_deadline_and_never_cancels)
{
    rdy_timer timer = {0};

    rdy_timer_wheel_init(&wheel, 0);
    rdy_timer_wheel_arm(&wheel, &timer, RDY_SECOND);
    rdy_timer_wheel_arm(&wheel, &timer, 3 * RDY_SECOND);
    ck_assert_ptr_null(rdy_timer_wheel_expire(&wheel, 2 * RDY_SECOND));
    ck_assert_int_eq(rdy_timer_wheel_next(&wheel), 3 * RDY_SECOND);
    rdy_timer_wheel_arm(&wheel, &timer, RDY_NEVER);
    ck_assert(!rdy_timer_is_armed(&timer));
    ck_assert_int_eq(rdy_timer_wheel_next(&wheel), RDY_NEVER);
    ck_assert_ptr_null(rdy_timer_wheel_expire(&wheel, YEAR));
}
END_TEST

START_TEST(a_time_before_an_earlier_one_counts_as_that_one)
{
    rdy_timer timer = {0};

    rdy_timer_wheel_init(&wheel, 0);
    ck_assert_ptr_null(rdy_timer_wheel_expire(&wheel, RDY_SECOND));
    rdy_timer_wheel_arm(&wheel, &timer, 0);
    ck_assert_ptr_null(rdy_timer_wheel_expire(&wheel, 0));
    ck_assert_int_eq(rdy_timer_wheel_next(&wheel), RDY_SECOND + RDY_MILLISECOND);
    ck_assert_ptr_eq(rdy_timer_wheel_expire(&wheel, RDY_SECOND + RDY_MILLISECOND), &timer);
}
END_TEST

START_TEST(the_last_moments_of_the_clock_do_not_overflow)
{
    rdy_timer reachable = {0}, unreachable = {0};
    int64_t last_tick = rounded_down(RDY_NEVER) * RDY_TIMER_RESOLUTION;

    rdy_timer_wheel_init(&wheel, INT64_MIN);
    rdy_timer_wheel_arm(&wheel, &unreachable, RDY_NEVER - 1);
    rdy_timer_wheel_arm(&wheel, &reachable, last_tick);
    ck_assert_int_eq(rdy_timer_wheel_next(&wheel), last_tick);
    ck_assert_ptr_null(rdy_timer_wheel_expire(&wheel, last_tick - 1));
    ck_assert_ptr_eq(rdy_timer_wheel_expire(&wheel, last_tick), &reachable);
    ck_assert_ptr_null(rdy_timer_wheel_expire(&wheel, RDY_NEVER - 1));
    ck_assert_int_eq(rdy_timer_wheel_next(&wheel), RDY_NEVER - 1);
}
END_TEST

START_TEST(next_is_exact_for_few_timers_in_a_slot_and_early_for_many)
{
    static rdy_timer timers[100];
    int64_t slot = 4096 * RDY_MILLISECOND;

    rdy_timer_wheel_init(&wheel, 0);
    for (int i = 0; i < 16; i++)
        rdy_timer_wheel_arm(&wheel, &timers[i], slot + (20 - i) * RDY_MILLISECOND);
    ck_assert_int_eq(rdy_timer_wheel_next(&wheel), slot + 5 * RDY_MILLISECOND);
    for (int i = 16; i < 100; i++)
        rdy_timer_wheel_arm(&wheel, &timers[i], slot + 5 * RDY_MILLISECOND);
    ck_assert_int_eq(rdy_timer_wheel_next(&wheel), slot);
    ck_assert_ptr_null(rdy_timer_wheel_expire(&wheel, slot));
    ck_assert_int_eq(rdy_timer_wheel_next(&wheel), slot + 5 * RDY_MILLISECOND);
}
END_TEST

/* The oracle: each timer's tick and place in the order of arming, searched from end to end (with one
 * assertion for all timers: libcheck writes down each that holds). */

#define TIMER_COUNT 100

struct expectation {
    int64_t deadline;
    int64_t tick;
    unsigned order;
};

static rdy_timer timers[TIMER_COUNT];
static struct expectation expected[TIMER_COUNT];
static int64_t current_time, current_tick;
static unsigned arm_count;
static uint64_t random_state;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state * UINT64_C(0x2545f4914f6cdd1d) >> 2;
}

static int random_below(int limit)
{
    return (int)(next_random() % (uint64_t)limit);
}

/* From nothing to 2^(bits - 1) ns, each order of magnitude as likely as another. */
static int64_t random_duration(int bits)
{
    return (int64_t)(next_random() & ((UINT64_C(1) << random_below(bits)) - 1));
}

static bool is_sooner(int one, int other)
{
    if (expected[one].tick != expected[other].tick)
        return expected[one].tick < expected[other].tick;
    return expected[one].order < expected[other].order;
}

static int earliest_expected(void)
{
    int earliest = -1;
    int wrong = 0;

    for (int i = 0; i < TIMER_COUNT; i++) {
        bool armed = expected[i].tick != RDY_NEVER;
        wrong += rdy_timer_is_armed(&timers[i]) != armed;
        if (armed && (earliest < 0 || is_sooner(i, earliest)))
            earliest = i;
    }
    ck_assert_int_eq(wrong, 0);
    return earliest;
}

static int earliest_expected_due(void)
{
    int earliest = earliest_expected();

    if (earliest >= 0 && expected[earliest].tick <= current_tick)
        return earliest;
    if (current_tick < rounded_down(current_time))
        current_tick = rounded_down(current_time);
    return earliest >= 0 && expected[earliest].tick <= current_tick ? earliest : -1;
}

static void arm_any(void)
{
    int i = random_below(TIMER_COUNT);
    int64_t deadline = random_below(8) == 0 ? current_time - random_duration(40)
                                            : rdy_clock_after(current_time, random_duration(62));
    int64_t tick = rounded_up(deadline);

    rdy_timer_wheel_arm(&wheel, &timers[i], deadline);
    if (deadline == RDY_NEVER)
        tick = RDY_NEVER;
    else if (tick <= current_tick)
        tick = current_tick + 1;
    expected[i] = (struct expectation){.deadline = deadline, .tick = tick, .order = arm_count++};
}

static void cancel_any(void)
{
    int i = random_below(TIMER_COUNT);

    rdy_timer_wheel_cancel(&wheel, &timers[i]);
    expected[i].tick = RDY_NEVER;
}

static void check_next(void)
{
    int earliest = earliest_expected();
    int64_t next = rdy_timer_wheel_next(&wheel);

    ck_assert_int_eq(next == RDY_NEVER, earliest < 0);
    ck_assert_int_gt(rounded_up(next), current_tick);
    if (earliest >= 0)
        ck_assert_int_le(rounded_up(next), expected[earliest].tick);
}

static void pass_time(void)
{
    int64_t next = rdy_timer_wheel_next(&wheel);
    int choice = random_below(4);

    if (choice < 2 && next != RDY_NEVER)
        current_time = next - choice;
    else
        current_time += random_duration(51);
}

static void expire_round(void)
{
    int due;

    pass_time();
    while ((due = earliest_expected_due()) >= 0) {
        ck_assert_ptr_eq(rdy_timer_wheel_expire(&wheel, current_time), &timers[due]);
        ck_assert_int_le(expected[due].deadline, current_time);
        expected[due].tick = RDY_NEVER;
        if (random_below(3) == 0)
            arm_any();
        if (random_below(5) == 0)
            cancel_any();
        if (random_below(5) == 0)
            current_time += random_duration(30);
    }
    ck_assert_ptr_null(rdy_timer_wheel_expire(&wheel, current_time));
    check_next();
}

static void begin_oracle(int64_t start, uint64_t seed)
{
    random_state = seed;
    current_time = start;
    current_tick = rounded_down(start);
    rdy_timer_wheel_init(&wheel, start);
    for (int i = 0; i < TIMER_COUNT; i++) {
        timers[i] = (rdy_timer){0};
        expected[i].tick = RDY_NEVER;
    }
}

START_TEST(any_sequence_of_calls_agrees_with_a_sorted_list)
{
    begin_oracle(starts[_i % START_COUNT], (uint64_t)_i + 1);
    for (int step = 0; step < 2000; step++) {
        int choice = random_below(10);
        if (choice < 5)
            arm_any();
        else if (choice < 6)
            cancel_any();
        else
            expire_round();
    }
}
END_TEST

START_TEST(waiting_for_next_hands_back_every_timer_in_few_waits)
{
    int waits = 0;

    begin_oracle(starts[_i % START_COUNT], (uint64_t)_i + 1);
    for (int i = 0; i < 10 * TIMER_COUNT; i++)
        arm_any();
    for (int64_t next; (next = rdy_timer_wheel_next(&wheel)) != RDY_NEVER; waits++) {
        ck_assert_int_gt(next, current_time);
        current_time = next;
        while (rdy_timer_wheel_expire(&wheel, next) != NULL)
            continue;
        ck_assert_int_le(waits, TIMER_COUNT * RDY_TIMER_WHEEL_LEVELS);
    }
    for (int i = 0; i < TIMER_COUNT; i++)
        ck_assert(!rdy_timer_is_armed(&timers[i]));
}
END_TEST

static Suite *timer_wheel_suite(void)
{
    Suite *suite = suite_create("timer_wheel");
    TCase *tests = tcase_create("timer_wheel");

    tcase_add_test(tests, an_empty_wheel_has_nothing_to_wait_for);
    tcase_add_loop_test(tests, a_timer_is_never_early_and_late_by_less_than_the_resolution, 0,
                        START_COUNT * DELAY_COUNT);
    tcase_add_test(tests, timers_come_in_the_order_of_deadlines_and_then_of_arming);
    tcase_add_test(tests, a_timer_that_rearms_itself_for_the_past_does_not_prolong_the_round);
    tcase_add_test(tests, a_due_timer_can_be_cancelled_and_rearmed_before_it_is_handed_back);
    tcase_add_test(tests, rearming_replaces_the_deadline_and_never_cancels);
    tcase_add_test(tests, a_time_before_an_earlier_one_counts_as_that_one);
    tcase_add_test(tests, the_last_moments_of_the_clock_do_not_overflow);
    tcase_add_test(tests, next_is_exact_for_few_timers_in_a_slot_and_early_for_many);
    tcase_add_loop_test(tests, any_sequence_of_calls_agrees_with_a_sorted_list, 0, 2 * START_COUNT);
    tcase_add_loop_test(tests, waiting_for_next_hands_back_every_timer_in_few_waits, 0, 2 * START_COUNT);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(timer_wheel_suite());
}
