#include "apps/probe/report/table.h"

#include <inttypes.h>

#include "apps/common/milliseconds.h"
#include "reactor/error.h"

static double seconds(int64_t ns)
{
    return milliseconds(ns) / 1000;
}

void table_print_peers(const struct report *report, FILE *file)
{
    char name[OUTCOME_NAME_SIZE];
    for (size_t i = 0; i < report->peers->count; i++) {
        const struct result *result = &report->results[i];
        fprintf(file, "%-27s %10.1f ms  %s", outcome_name(result->outcome, result->phase, name),
                milliseconds(result_duration_ns(result)), report->peers->peers[i].text);
        if (result->error != 0)
            fprintf(file, "  %s", rdy_error_name(result->error));
        fputc('\n', file);
    }
    fputc('\n', file);
}

static void print_names(const char *first, FILE *file)
{
    fprintf(file, "%-27s %8s %12s %9s %9s %9s %9s %9s\n", first, "count", "total ms", "min ms", "p50 ms",
            "p90 ms", "p99 ms", "max ms");
}

static void print_times(const char *name, const struct histogram *times, FILE *file)
{
    fprintf(file, "%-27s %8" PRIu64 " %12.1f %9.1f %9.1f %9.1f %9.1f %9.1f\n", name, times->count,
            milliseconds(times->total_ns), milliseconds(times->least_ns),
            milliseconds(histogram_percentile(times, 50)), milliseconds(histogram_percentile(times, 90)),
            milliseconds(histogram_percentile(times, 99)), milliseconds(times->most_ns));
}

static void print_outcomes(const struct summary *summary, FILE *file)
{
    char name[OUTCOME_NAME_SIZE];
    print_names("outcome", file);
    for (size_t i = 0; i < summary->row_count; i++) {
        const struct summary_row *row = &summary->rows[i];
        print_times(outcome_name(row->outcome, row->phase, name), &row->times, file);
    }
    fprintf(file, "%-27s %8" PRIu64 " %12.1f\n", "total", summary->count, milliseconds(summary->total_ns));
}

/* Those who were not probed stand below the total and are not in it. */
static void print_aside(const struct summary *summary, FILE *file)
{
    for (const struct outcome_aside *aside = outcome_asides(); aside->reason != NULL; aside++)
        if (summary->aside[aside->outcome] > 0)
            fprintf(file, "%-15s %8" PRIu64 " (%s)\n", outcome_word(aside->outcome),
                    summary->aside[aside->outcome], aside->reason);
}

static void print_phases(const struct summary *summary, FILE *file)
{
    const char *title = "phase, of those who passed";
    for (enum phase phase = 0; phase < PHASE_COUNT; phase++) {
        if (summary->phases[phase].count == 0)
            continue;
        if (title != NULL) {
            fputc('\n', file);
            print_names(title, file);
        }
        title = NULL;
        print_times(phase_word(phase), &summary->phases[phase], file);
    }
    fputc('\n', file);
}

static void print_gain(const struct report *report, const struct summary *summary, FILE *file)
{
    static const double least_gain = 1.1; /* less is noise */
    const double gain = (double)summary->total_ns / (double)(report->wall_ns > 0 ? report->wall_ns : 1);
    if (report->peak >= 2 && !report->interrupted && gain >= least_gain)
        fprintf(file, ", %.*f times faster than one by one", gain < 100 ? 1 : 0, gain);
}

void table_print(const struct report *report, const struct summary *summary, FILE *file)
{
    print_outcomes(summary, file);
    print_aside(summary, file);
    print_phases(summary, file);

    fprintf(file, "%swall time %.3f s, sum %.3f s", report->interrupted ? "partial: " : "",
            seconds(report->wall_ns), seconds(summary->total_ns));
    if (report->sequential) {
        fprintf(file, "; %s, sequential\n", report->backend);
        return;
    }
    print_gain(report, summary, file);
    fprintf(file, "; %s, parallel, %zu at once\n", report->backend, report->peak);
}
