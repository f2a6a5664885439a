#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/probe/report.h"
#include "apps/probe/table.h"
#include "net/failure.h"
#include "reactor/clock.h"
#include "tests/suite.h"

static struct result results[] = {
    {.outcome = OUTCOME_OK, .spent_ns[PHASE_CONNECT] = 10},
    {.outcome = OUTCOME_TIMED_OUT, .spent_ns[PHASE_CONNECT] = 500},
    {.outcome = OUTCOME_NOT_DONE},
    {.outcome = OUTCOME_OK, .spent_ns[PHASE_CONNECT] = 30},
    {.outcome = OUTCOME_LOCAL_FAULT, .spent_ns[PHASE_CONNECT] = 99999},
    {.outcome = OUTCOME_REFUSED, .spent_ns[PHASE_CONNECT] = 500},
    {.outcome = OUTCOME_DUPLICATE, .spent_ns[PHASE_CONNECT] = 99999},
    {.outcome = OUTCOME_OK, .spent_ns[PHASE_CONNECT] = 20},
};

static const peer_list peers = {.count = sizeof results / sizeof results[0]};
static const struct report report = {.peers = &peers, .results = results};
static struct summary summary;

static void set_up(void)
{
    report_summarise(&report, &summary);
}

START_TEST(outcomes_stand_by_the_time_they_took_and_equal_ones_in_a_fixed_order)
{
    ck_assert_uint_eq(summary.count, 3);
    ck_assert_int_eq(summary.tallies[0].outcome, OUTCOME_REFUSED);
    ck_assert_int_eq(summary.tallies[1].outcome, OUTCOME_TIMED_OUT);
    ck_assert_int_eq(summary.tallies[2].outcome, OUTCOME_OK);
}
END_TEST

START_TEST(a_tally_holds_count_sum_least_mean_and_most)
{
    const struct tally *ok = &summary.tallies[2];
    ck_assert_uint_eq(ok->count, 3);
    ck_assert_int_eq(ok->total_ns, 60);
    ck_assert_int_eq(ok->least_ns, 10);
    ck_assert_int_eq(tally_mean_ns(ok), 20);
    ck_assert_int_eq(ok->most_ns, 30);
}
END_TEST

START_TEST(peers_that_were_not_probed_are_counted_aside_and_in_no_total)
{
    ck_assert_uint_eq(summary.total.count, 5);
    ck_assert_int_eq(summary.total.total_ns, 1060);
    ck_assert_uint_eq(summary.aside[OUTCOME_NOT_DONE], 1);
    ck_assert_uint_eq(summary.aside[OUTCOME_LOCAL_FAULT], 1);
    ck_assert_uint_eq(summary.aside[OUTCOME_DUPLICATE], 1);
    ck_assert_uint_eq(summary.aside[OUTCOME_OK], 0);
}
END_TEST

START_TEST(no_result_at_all_gives_an_empty_summary)
{
    const peer_list nobody = {0};
    report_summarise(&(struct report){.peers = &nobody}, &summary);
    ck_assert_uint_eq(summary.count, 0);
    ck_assert_uint_eq(summary.total.count, 0);
}
END_TEST

/* What table_print writes of a run whose peers took 1 s together. */
static char *print_table(int64_t wall_ns, size_t peak, bool interrupted)
{
    static struct result took[] = {{.outcome = OUTCOME_REFUSED, .spent_ns[PHASE_CONNECT] = RDY_SECOND}};
    const peer_list one = {.count = 1};
    char *text;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(file);
    table_print(&(struct report){.peers = &one,
                                 .results = took,
                                 .backend = "select",
                                 .wall_ns = wall_ns,
                                 .peak = peak,
                                 .interrupted = interrupted},
                file);
    ck_assert_int_eq(fclose(file), 0);
    return text;
}

static const struct {
    int64_t wall_ns;
    size_t peak;
    bool interrupted;
    const char *gain; /* NULL for none */
} runs[] = {
    {RDY_SECOND / 4, 2, false, ", 4.0 times faster than one by one;"},
    {RDY_SECOND, 2, false, NULL},
    {RDY_SECOND / 4, 1, false, NULL},
    {RDY_SECOND / 4, 2, true, NULL},
};

START_TEST(a_gain_is_claimed_only_where_there_was_one)
{
    char *text = print_table(runs[_i].wall_ns, runs[_i].peak, runs[_i].interrupted);
    if (runs[_i].gain == NULL)
        ck_assert_ptr_null(strstr(text, "faster"));
    else
        ck_assert_ptr_nonnull(strstr(text, runs[_i].gain));
    free(text);
}
END_TEST

/* A program that reads our words must not meet another one when the library's failure word is used. */
START_TEST(each_failure_of_the_library_has_the_same_word_here)
{
    static const struct {
        rdy_failure failure;
        enum outcome outcome;
    } pairs[] = {
        {RDY_FAILURE_NONE, OUTCOME_OK},
        {RDY_FAILURE_REFUSED, OUTCOME_REFUSED},
        {RDY_FAILURE_TIMED_OUT, OUTCOME_TIMED_OUT},
        {RDY_FAILURE_RESET, OUTCOME_RESET},
        {RDY_FAILURE_UNREACHABLE, OUTCOME_UNREACHABLE},
        {RDY_FAILURE_DENIED, OUTCOME_DENIED},
        {RDY_FAILURE_LOCAL, OUTCOME_LOCAL_FAULT},
        {RDY_FAILURE_OTHER, OUTCOME_FAILED},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        ck_assert_str_eq(rdy_failure_word(pairs[i].failure), outcome_word(pairs[i].outcome));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report");
    TCase *cases = tcase_create("report");
    tcase_add_checked_fixture(cases, set_up, NULL);
    tcase_add_test(cases, outcomes_stand_by_the_time_they_took_and_equal_ones_in_a_fixed_order);
    tcase_add_test(cases, a_tally_holds_count_sum_least_mean_and_most);
    tcase_add_test(cases, peers_that_were_not_probed_are_counted_aside_and_in_no_total);
    tcase_add_test(cases, no_result_at_all_gives_an_empty_summary);
    tcase_add_test(cases, each_failure_of_the_library_has_the_same_word_here);
    tcase_add_loop_test(cases, a_gain_is_claimed_only_where_there_was_one, 0, COUNT(runs));
    suite_add_tcase(suite, cases);

    return run_suite(suite);
}
