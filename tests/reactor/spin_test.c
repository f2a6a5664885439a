#include "reactor/spin.h"

#include "reactor/clock.h"
#include "tests/suite.h"

/* Of any limit, the whole window is a few sleeps away from shut, and back. */
#define A_FEW 5

static const int64_t limits[] = {1, 2, 7, 8, 9, 50 * RDY_MICROSECOND, 50 * RDY_MICROSECOND + 1, RDY_SECOND};

/* A wait that looks for as long as the window says. */
static void sleep_after_look(struct rdy_spin *spin, int64_t waited_ns, bool answered)
{
    rdy_spin_slept(spin, spin->window_ns, waited_ns, answered);
}

START_TEST(near_events_open_the_window_to_its_limit_and_no_further)
{
    struct rdy_spin spin = {.limit_ns = limits[_i]};
    int64_t before = 0;
    for (int sleeps = 0; sleeps < A_FEW && spin.window_ns < limits[_i]; sleeps++) {
        sleep_after_look(&spin, limits[_i], true);
        ck_assert_int_gt(spin.window_ns, before);
        ck_assert_int_le(spin.window_ns, limits[_i]);
        before = spin.window_ns;
    }
    ck_assert_int_eq(spin.window_ns, limits[_i]);
}
END_TEST

START_TEST(far_events_close_the_window_by_halves_until_it_is_shut)
{
    struct rdy_spin spin = {.limit_ns = limits[_i], .window_ns = limits[_i]};
    for (int sleeps = 0; sleeps < A_FEW; sleeps++) {
        const int64_t before = spin.window_ns;
        sleep_after_look(&spin, 5 * limits[_i], true);
        ck_assert_msg(spin.window_ns == before / 2 || spin.window_ns == 0, "not halved");
    }
    ck_assert_int_eq(spin.window_ns, 0);
}
END_TEST

START_TEST(one_far_event_does_not_shut_a_wide_window)
{
    struct rdy_spin spin = {.limit_ns = RDY_MILLISECOND, .window_ns = RDY_MILLISECOND};
    sleep_after_look(&spin, RDY_SECOND, true);
    ck_assert_int_eq(spin.window_ns, RDY_MILLISECOND / 2);
}
END_TEST

static const struct {
    int64_t waited;
    bool answered;
    bool opens;
} sleeps[] = {
    {0, true, true},          {1000, true, true}, {4000, true, true},   {4001, true, false},
    {RDY_NEVER, true, false}, {0, false, false},  {1000, false, false},
};

START_TEST(only_an_answer_within_four_times_the_limit_opens_the_window)
{
    struct rdy_spin shut = {.limit_ns = 1000};
    struct rdy_spin open = {.limit_ns = 1000, .window_ns = 500};
    sleep_after_look(&shut, sleeps[_i].waited, sleeps[_i].answered);
    sleep_after_look(&open, sleeps[_i].waited, sleeps[_i].answered);
    ck_assert_int_eq(shut.window_ns > 0, sleeps[_i].opens);
    ck_assert_int_eq(open.window_ns, sleeps[_i].opens ? 1000 : 250);
}
END_TEST

#define LIMIT INT64_C(1000)
#define MANY  20000

/* Part of the waits that looked, in percent, when all events come `after_ns` and sleeping takes 500 ns longer. */
static int percentage_that_looked(struct rdy_spin *spin, int64_t after_ns)
{
    int looked = 0;
    for (int wait = 0; wait < MANY; wait++) {
        looked += spin->window_ns > 0;
        if (after_ns < spin->window_ns)
            rdy_spin_found(spin);
        else
            sleep_after_look(spin, after_ns + 500, true);
    }
    return looked * 100 / MANY;
}

START_TEST(events_just_within_reach_are_looked_for)
{
    struct rdy_spin spin = {.limit_ns = LIMIT};
    ck_assert_int_ge(percentage_that_looked(&spin, LIMIT - 1), 99);
}
END_TEST

START_TEST(events_just_out_of_reach_are_soon_looked_for_no_more)
{
    struct rdy_spin spin = {.limit_ns = LIMIT};
    ck_assert_int_le(percentage_that_looked(&spin, LIMIT), 5);
    ck_assert_int_le(percentage_that_looked(&spin, 3 * LIMIT), 5);
}
END_TEST

START_TEST(what_was_out_of_reach_is_looked_for_again_once_it_is_near)
{
    struct rdy_spin spin = {.limit_ns = LIMIT};
    (void)percentage_that_looked(&spin, 3 * LIMIT);
    ck_assert_int_ge(percentage_that_looked(&spin, LIMIT / 2), 90);
}
END_TEST

/* Events are within reach once the last few waits did not sleep: who sends them sleeps for less, and so is quicker. */
START_TEST(a_peer_that_becomes_quick_when_it_is_answered_quickly_is_looked_for)
{
    struct rdy_spin spin = {.limit_ns = LIMIT};
    (void)percentage_that_looked(&spin, 2 * LIMIT);
    int looks_in_a_row = 0, found = 0;
    for (int wait = 0; wait < MANY; wait++) {
        const bool looks = spin.window_ns == LIMIT;
        if (looks && looks_in_a_row >= 4) {
            rdy_spin_found(&spin);
            found++;
        } else {
            sleep_after_look(&spin, 2 * LIMIT, true);
        }
        looks_in_a_row = looks ? looks_in_a_row + 1 : 0;
    }
    ck_assert_int_ge(found * 100 / MANY, 90);
}
END_TEST

START_TEST(a_window_that_is_missed_now_and_then_stays_open)
{
    struct rdy_spin spin = {.limit_ns = LIMIT, .window_ns = LIMIT};
    for (int wait = 0; wait < MANY; wait++) {
        if (wait % 2 == 0)
            rdy_spin_found(&spin);
        else
            sleep_after_look(&spin, 2 * LIMIT, true);
        ck_assert_int_eq(spin.window_ns, LIMIT);
    }
}
END_TEST

START_TEST(a_processor_that_others_need_is_lent_rarely)
{
    struct rdy_spin spin = {.limit_ns = LIMIT};
    int lent = 0;
    for (int wait = 0; wait < MANY; wait++) {
        lent += spin.window_ns > 0;
        rdy_spin_slept(&spin, spin.window_ns > 0 ? 60 * LIMIT : 0, LIMIT, true);
    }
    ck_assert_int_gt(lent, 0);
    ck_assert_int_le(lent, MANY / 500);
}
END_TEST

START_TEST(without_a_limit_there_is_never_a_window)
{
    struct rdy_spin spin = {0};
    for (int i = 0; i < A_FEW; i++) {
        sleep_after_look(&spin, 0, i != 2);
        ck_assert_int_eq(spin.window_ns, 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spin");
    TCase *tests = tcase_create("window");
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, near_events_open_the_window_to_its_limit_and_no_further, 0, COUNT(limits));
    tcase_add_loop_test(tests, far_events_close_the_window_by_halves_until_it_is_shut, 0, COUNT(limits));
    tcase_add_test(tests, one_far_event_does_not_shut_a_wide_window);
    tcase_add_loop_test(tests, only_an_answer_within_four_times_the_limit_opens_the_window, 0, COUNT(sleeps));
    tcase_add_test(tests, events_just_within_reach_are_looked_for);
    tcase_add_test(tests, events_just_out_of_reach_are_soon_looked_for_no_more);
    tcase_add_test(tests, what_was_out_of_reach_is_looked_for_again_once_it_is_near);
    tcase_add_test(tests, a_peer_that_becomes_quick_when_it_is_answered_quickly_is_looked_for);
    tcase_add_test(tests, a_window_that_is_missed_now_and_then_stays_open);
    tcase_add_test(tests, a_processor_that_others_need_is_lent_rarely);
    tcase_add_test(tests, without_a_limit_there_is_never_a_window);
    return run_suite(suite);
}
