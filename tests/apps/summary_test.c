#include <check.h>
#include <stdint.h>
#include <stdlib.h>

#include "apps/probe/report/summary.h"
#include "net/failure.h"
#include "tests/suite.h"

#define CONNECT(took)        .phase = PHASE_CONNECT, .spent_ns = {0, took}
#define HANDSHAKE(took, and) .phase = PHASE_HANDSHAKE, .spent_ns = {0, took, and}

static struct result results[] = {
    {.outcome = OUTCOME_OK, HANDSHAKE(5, 5)},
    {.outcome = OUTCOME_TIMED_OUT, CONNECT(500)},
    {.outcome = OUTCOME_NOT_DONE},
    {.outcome = OUTCOME_OK, HANDSHAKE(20, 10)},
    {.outcome = OUTCOME_LOCAL_FAULT, CONNECT(99999)},
    {.outcome = OUTCOME_REFUSED, CONNECT(500)},
    {.outcome = OUTCOME_TIMED_OUT, HANDSHAKE(100, 900)},
    {.outcome = OUTCOME_DUPLICATE, .phase = PHASE_RESOLVE, .spent_ns = {99999}},
    {.outcome = OUTCOME_OK, .phase = PHASE_HANDSHAKE, .spent_ns = {3, 7, 10}},
};

static const peer_list peers = {.count = sizeof results / sizeof results[0]};
static const struct report report = {.peers = &peers, .results = results};
static struct summary summary;

static void set_up(void)
{
    ck_assert_int_eq(summary_make(&report, &summary), 0);
}

static void tear_down(void)
{
    summary_free(&summary);
}

START_TEST(rows_stand_by_the_time_they_took_and_equal_ones_in_a_fixed_order)
{
    static const struct {
        enum outcome outcome;
        enum phase phase;
    } expected[] = {
        {OUTCOME_TIMED_OUT, PHASE_HANDSHAKE},
        {OUTCOME_REFUSED, PHASE_CONNECT},
        {OUTCOME_TIMED_OUT, PHASE_CONNECT},
        {OUTCOME_OK, PHASE_HANDSHAKE},
    };
    ck_assert_uint_eq(summary.row_count, sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < summary.row_count; i++) {
        ck_assert_int_eq(summary.rows[i].outcome, expected[i].outcome);
        ck_assert_int_eq(summary.rows[i].phase, expected[i].phase);
    }
}
END_TEST

START_TEST(a_row_holds_the_times_of_its_peers)
{
    const struct histogram *ok = &summary.rows[3].times;
    ck_assert_uint_eq(ok->count, 3);
    ck_assert_int_eq(ok->total_ns, 60);
    ck_assert_int_eq(ok->least_ns, 10);
    ck_assert_int_eq(ok->most_ns, 30);
    ck_assert_int_eq(histogram_percentile(ok, 50), 20);
}
END_TEST

START_TEST(a_phase_holds_the_times_of_those_that_came_through_it)
{
    const struct histogram *phases = summary.phases;
    ck_assert_uint_eq(phases[PHASE_RESOLVE].count, 1);
    ck_assert_int_eq(phases[PHASE_RESOLVE].total_ns, 3);
    ck_assert_uint_eq(phases[PHASE_CONNECT].count, 4);
    ck_assert_int_eq(phases[PHASE_CONNECT].total_ns, 5 + 20 + 100 + 7);
    ck_assert_uint_eq(phases[PHASE_HANDSHAKE].count, 3);
    ck_assert_int_eq(phases[PHASE_HANDSHAKE].total_ns, 25);
    ck_assert_uint_eq(phases[PHASE_BITFIELD].count, 0);
}
END_TEST

START_TEST(peers_that_were_not_probed_are_counted_aside_and_in_no_total)
{
    ck_assert_uint_eq(summary.count, 6);
    ck_assert_int_eq(summary.total_ns, 2060);
    ck_assert_uint_eq(summary.aside[OUTCOME_NOT_DONE], 1);
    ck_assert_uint_eq(summary.aside[OUTCOME_LOCAL_FAULT], 1);
    ck_assert_uint_eq(summary.aside[OUTCOME_DUPLICATE], 1);
    ck_assert_uint_eq(summary.aside[OUTCOME_OK], 0);
}
END_TEST

START_TEST(no_result_at_all_gives_an_empty_summary)
{
    const peer_list nobody = {0};
    struct summary empty;
    ck_assert_int_eq(summary_make(&(struct report){.peers = &nobody}, &empty), 0);
    ck_assert_uint_eq(empty.row_count, 0);
    ck_assert_uint_eq(empty.count, 0);
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

START_TEST(each_word_leads_back_to_its_outcome_and_its_phase)
{
    enum outcome outcome;
    for (enum outcome wanted = 0; wanted < OUTCOME_COUNT; wanted++) {
        ck_assert(outcome_from_word(outcome_word(wanted), &outcome));
        ck_assert_int_eq(outcome, wanted);
    }
    ck_assert(!outcome_from_word("eaten", &outcome));
    enum phase phase;
    for (enum phase wanted = 0; wanted < PHASE_COUNT; wanted++) {
        ck_assert(phase_from_word(phase_word(wanted), &phase));
        ck_assert_int_eq(phase, wanted);
    }
    ck_assert(!phase_from_word("dinner", &phase));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("summary");
    TCase *cases = tcase_create("summary");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, rows_stand_by_the_time_they_took_and_equal_ones_in_a_fixed_order);
    tcase_add_test(cases, a_row_holds_the_times_of_its_peers);
    tcase_add_test(cases, a_phase_holds_the_times_of_those_that_came_through_it);
    tcase_add_test(cases, peers_that_were_not_probed_are_counted_aside_and_in_no_total);
    tcase_add_test(cases, no_result_at_all_gives_an_empty_summary);
    tcase_add_test(cases, each_failure_of_the_library_has_the_same_word_here);
    tcase_add_test(cases, each_word_leads_back_to_its_outcome_and_its_phase);
    suite_add_tcase(suite, cases);

    return run_suite(suite);
}
