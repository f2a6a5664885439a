#include <check.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/probe/merge/report_read.h"
#include "apps/probe/report/report_json.h"
#include "apps/probe/report/table.h"
#include "reactor/clock.h"
#include "tests/suite.h"

enum {
    PEERS = 1200,
    PARTS = 5,
    NAME_SIZE = 24,
};

static uint64_t state;
static char names[PEERS][NAME_SIZE];
static peer entries[PEERS];
static struct result results[PEERS];
static const peer_list peers = {.peers = entries, .count = PEERS};

/* The same numbers in each run (xorshift, from the number of the test). */
static uint64_t draw(uint64_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % below;
}

static struct result draw_result(void)
{
    struct result result = {
        .outcome = (enum outcome)draw(OUTCOME_COUNT),
        .phase = (enum phase)draw(PHASE_COUNT),
        .error = draw(2) == 0 ? 0 : -ECONNRESET,
        .attempts = (unsigned)draw(4),
        .started_ns = (int64_t)draw(1000000000),
        .pieces = (uint32_t)draw(10),
        .bytes = draw(UINT64_C(1) << 40),
    };
    const uint8_t host[4] = {127, 0, 0, (uint8_t)draw(256)};
    if (draw(4) > 0)
        result.address = rdy_address_ipv4(host, (uint16_t)draw(65536));
    for (size_t i = 0; i <= result.phase; i++)
        result.spent_ns[i] = (int64_t)draw(UINT64_C(1) << draw(45)) + 1;
    return result;
}

static void set_up(void)
{
    state = UINT64_C(88172645463325252);
    for (size_t i = 0; i < PEERS; i++) {
        (void)snprintf(names[i], sizeof names[i], "peer-%zu:6881", i);
        entries[i].text = names[i];
        results[i] = draw_result();
    }
}

static struct report report_of(const peer_list *of, struct result *their)
{
    return (struct report){
        .peers = of,
        .results = their,
        .backend = "epoll",
        .begun = "2026-11-21T17:00:00.000Z",
        .mode = MODE_REQUEST,
        .wall_ns = 5 * RDY_SECOND,
        .peak = of->count,
    };
}

static char *print_json(const struct report *report, const struct summary *summary)
{
    char *text;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(file);
    report_print_json(report, summary, file);
    ck_assert_int_eq(fclose(file), 0);
    return text;
}

static char *print_table(const struct report *report, const struct summary *summary)
{
    char *text;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(file);
    table_print(report, summary, file);
    ck_assert_int_eq(fclose(file), 0);
    return text;
}

static int read_text(char *text, struct read_report *read)
{
    FILE *file = fmemopen(text, strlen(text), "r");
    ck_assert_ptr_nonnull(file);
    const int status = report_read(file, "report", read);
    ck_assert_int_eq(fclose(file), 0);
    return status;
}

/* Written, read and added, as if it came from another machine. */
static void add_written(struct read_report *sum, const struct report *report)
{
    struct summary summary;
    ck_assert_int_eq(summary_make(report, &summary), 0);
    char *text = print_json(report, &summary);
    summary_free(&summary);
    struct read_report read;
    ck_assert_int_eq(read_text(text, &read), 0);
    ck_assert_int_eq(report_add(sum, &read), 0);
    report_read_free(&read);
    free(text);
}

static void assert_same_text(char *found, char *expected)
{
    ck_assert_str_eq(found, expected);
    free(found);
    free(expected);
}

/* Each list of `parts` takes the peers for which it was drawn; with one draw a row, neighbours stay together. */
static void add_parts(struct read_report *sum, bool in_rows)
{
    for (uint64_t part = 0; part < PARTS; part++) {
        static peer some[PEERS];
        static struct result their[PEERS];
        peer_list list = {.peers = some};
        const uint64_t seed = UINT64_C(0x2545F4914F6CDD1D);
        state = seed;
        for (size_t i = 0; i < PEERS; i++) {
            const uint64_t drawn = in_rows ? i * PARTS / PEERS : draw(PARTS);
            if (drawn != part)
                continue;
            some[list.count] = entries[i];
            their[list.count++] = results[i];
        }
        const struct report report = report_of(&list, their);
        add_written(sum, &report);
    }
}

START_TEST(parts_in_their_order_add_up_to_the_json_of_the_whole)
{
    const struct report whole = report_of(&peers, results);
    struct summary summary;
    ck_assert_int_eq(summary_make(&whole, &summary), 0);
    struct read_report sum = {.backend = NULL};
    add_parts(&sum, true);
    assert_same_text(print_json(&sum.report, &sum.summary), print_json(&whole, &summary));
    report_read_free(&sum);
    summary_free(&summary);
}
END_TEST

START_TEST(parts_at_random_add_up_to_the_table_of_the_whole)
{
    const struct report whole = report_of(&peers, results);
    struct summary summary;
    ck_assert_int_eq(summary_make(&whole, &summary), 0);
    struct read_report sum = {.backend = NULL};
    add_parts(&sum, false);
    ck_assert_uint_eq(sum.peers.count, PEERS);
    assert_same_text(print_table(&sum.report, &sum.summary), print_table(&whole, &summary));
    report_read_free(&sum);
    summary_free(&summary);
}
END_TEST

START_TEST(a_sum_that_was_written_adds_up_as_its_parts_do)
{
    struct read_report once = {.backend = NULL};
    struct read_report twice = {.backend = NULL};
    struct read_report all = {.backend = NULL};
    add_parts(&once, false);
    add_written(&twice, &once.report);
    add_written(&twice, &once.report);
    add_parts(&all, false);
    add_parts(&all, false);
    assert_same_text(print_json(&twice.report, &twice.summary), print_json(&all.report, &all.summary));
    report_read_free(&once);
    report_read_free(&twice);
    report_read_free(&all);
}
END_TEST

static void set_run(struct report *report, const char *begun, int64_t wall_ns, bool sequential, bool partial)
{
    memcpy(report->begun, begun, sizeof report->begun);
    report->wall_ns = wall_ns;
    report->sequential = sequential;
    report->interrupted = partial;
}

START_TEST(a_sum_has_the_earliest_begin_the_longest_wall_time_and_is_partial_if_one_is)
{
    const struct report_shard shards[] = {{1, 2}, {2, 2}};
    struct report first = report_of(&peers, results);
    struct report second = report_of(&peers, results);
    set_run(&first, "2026-11-21T17:00:01.000Z", 3 * RDY_SECOND, true, false);
    set_run(&second, "2026-11-21T17:00:00.999Z", 4 * RDY_SECOND, false, true);
    second.backend = "select";
    first.shards = &shards[0];
    second.shards = &shards[1];
    first.shard_count = second.shard_count = 1;
    struct read_report sum = {.backend = NULL};
    add_written(&sum, &first);
    add_written(&sum, &second);
    ck_assert_str_eq(sum.report.begun, second.begun);
    ck_assert_int_eq(sum.report.wall_ns, second.wall_ns);
    ck_assert(!sum.report.sequential);
    ck_assert(sum.report.interrupted);
    ck_assert_str_eq(sum.report.backend, "mixed");
    ck_assert_uint_eq(sum.report.peak, first.peak + second.peak);
    ck_assert_uint_eq(sum.report.shard_count, 2);
    ck_assert_uint_eq(sum.report.shards[1].index, 2);
    report_read_free(&sum);
}
END_TEST

START_TEST(reports_of_two_modes_do_not_add_up)
{
    struct report other = report_of(&peers, results);
    other.mode = MODE_CONNECT;
    struct summary summary;
    ck_assert_int_eq(summary_make(&other, &summary), 0);
    char *text = print_json(&other, &summary);
    struct read_report sum = {.backend = NULL};
    struct read_report read;
    add_parts(&sum, true);
    ck_assert_int_eq(read_text(text, &read), 0);
    ck_assert_int_eq(report_add(&sum, &read), -EINVAL);
    report_read_free(&read);
    report_read_free(&sum);
    summary_free(&summary);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report_add");
    TCase *cases = tcase_create("report_add");
    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, set_up, NULL);
    tcase_add_test(cases, parts_in_their_order_add_up_to_the_json_of_the_whole);
    tcase_add_test(cases, parts_at_random_add_up_to_the_table_of_the_whole);
    tcase_add_test(cases, a_sum_that_was_written_adds_up_as_its_parts_do);
    tcase_add_test(cases, a_sum_has_the_earliest_begin_the_longest_wall_time_and_is_partial_if_one_is);
    tcase_add_test(cases, reports_of_two_modes_do_not_add_up);
    suite_add_tcase(suite, cases);

    return run_suite(suite);
}
