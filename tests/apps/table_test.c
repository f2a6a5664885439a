#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/probe/report/table.h"
#include "reactor/clock.h"
#include "tests/suite.h"

static char *print(const struct report *report)
{
    char *text;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(file);
    struct summary summary;
    ck_assert_int_eq(summary_make(report, &summary), 0);
    table_print(report, &summary, file);
    summary_free(&summary);
    ck_assert_int_eq(fclose(file), 0);
    return text;
}

START_TEST(outcomes_and_phases_have_their_times_and_what_was_not_probed_stands_below)
{
    static struct result results[] = {
        {.outcome = OUTCOME_TIMED_OUT, .phase = PHASE_CONNECT, .spent_ns[PHASE_CONNECT] = 5 * RDY_SECOND},
        {.outcome = OUTCOME_OK,
         .phase = PHASE_HANDSHAKE,
         .spent_ns = {0, 2 * RDY_MILLISECOND, 8 * RDY_MILLISECOND}},
        {.outcome = OUTCOME_NOT_DONE},
    };
    const peer_list peers = {.count = 3};
    char *text = print(&(struct report){.peers = &peers,
                                        .results = results,
                                        .backend = "epoll",
                                        .interrupted = true,
                                        .peak = 3,
                                        .wall_ns = 5001 * RDY_MILLISECOND});
    ck_assert_str_eq(text, "outcome                        count     total ms    min ms    p50 ms    p90 ms  "
                           "  p99 ms    max ms\n"
                           "timed out (connect)                1       5000.0    5000.0    5000.0    5000.0  "
                           "  5000.0    5000.0\n"
                           "ok                                 1         10.0      10.0      10.0      10.0  "
                           "    10.0      10.0\n"
                           "total                              2       5010.0\n"
                           "not done               1 (partial: they were not decided)\n"
                           "\n"
                           "phase, of those who passed     count     total ms    min ms    p50 ms    p90 ms  "
                           "  p99 ms    max ms\n"
                           "connect                            1          2.0       2.0       2.0       2.0  "
                           "     2.0       2.0\n"
                           "handshake                          1          8.0       8.0       8.0       8.0  "
                           "     8.0       8.0\n"
                           "\n"
                           "partial: wall time 5.001 s, sum 5.010 s; epoll, parallel, 3 at once\n");
    free(text);
}
END_TEST

/* With times of a minute and a half, a hundred of them. */
START_TEST(no_line_is_longer_than_100_columns)
{
    static struct result results[(size_t)OUTCOME_COUNT * PHASE_COUNT];
    const peer_list peers = {.count = sizeof results / sizeof results[0]};
    for (size_t i = 0; i < peers.count; i++) {
        results[i] = (struct result){
            .outcome = (enum outcome)(i % OUTCOME_COUNT),
            .phase = (enum phase)(i % PHASE_COUNT),
        };
        results[i].spent_ns[i % PHASE_COUNT] = 99 * RDY_SECOND;
    }
    char *text = print(&(struct report){
        .peers = &peers, .results = results, .backend = "kqueue", .peak = 9999, .wall_ns = 9 * RDY_SECOND});
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1)
        ck_assert_msg(strcspn(line, "\n") <= 100, "%s", line);
    free(text);
}
END_TEST

/* What table_print writes of a run whose peers took 1 s together. */
static char *print_run(int64_t wall_ns, size_t peak, bool interrupted)
{
    static struct result took[] = {{.outcome = OUTCOME_REFUSED, .spent_ns[PHASE_CONNECT] = RDY_SECOND}};
    const peer_list one = {.count = 1};
    return print(&(struct report){.peers = &one,
                                  .results = took,
                                  .backend = "select",
                                  .wall_ns = wall_ns,
                                  .peak = peak,
                                  .interrupted = interrupted});
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
    char *text = print_run(runs[_i].wall_ns, runs[_i].peak, runs[_i].interrupted);
    if (runs[_i].gain == NULL)
        ck_assert_ptr_null(strstr(text, "faster"));
    else
        ck_assert_ptr_nonnull(strstr(text, runs[_i].gain));
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("table");
    TCase *cases = tcase_create("table");
    tcase_add_test(cases, outcomes_and_phases_have_their_times_and_what_was_not_probed_stands_below);
    tcase_add_test(cases, no_line_is_longer_than_100_columns);
    tcase_add_loop_test(cases, a_gain_is_claimed_only_where_there_was_one, 0, COUNT(runs));
    suite_add_tcase(suite, cases);

    return run_suite(suite);
}
