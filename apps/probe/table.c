#include "apps/probe/table.h"

#include "apps/common/milliseconds.h"
#include "reactor/error.h"

static double seconds(int64_t ns)
{
    return milliseconds(ns) / 1000;
}

void table_print_peers(const struct report *report, FILE *file)
{
    for (size_t i = 0; i < report->peers->count; i++) {
        const struct result *result = &report->results[i];
        fprintf(file, "%-15s %10.1f ms  %s", outcome_word(result->outcome),
                milliseconds(result_duration_ns(result)), report->peers->peers[i].text);
        if (result->error != 0)
            fprintf(file, "  %s", rdy_error_name(result->error));
        fputc('\n', file);
    }
    fputc('\n', file);
}

static void print_tallies(const struct summary *summary, FILE *file)
{
    fprintf(file, "%-15s %8s %12s %9s %9s %9s\n", "outcome", "count", "total ms", "min ms", "mean ms",
            "max ms");
    for (size_t i = 0; i < summary->count; i++) {
        const struct tally *tally = &summary->tallies[i];
        fprintf(file, "%-15s %8zu %12.1f %9.1f %9.1f %9.1f\n", outcome_word(tally->outcome), tally->count,
                milliseconds(tally->total_ns), milliseconds(tally->least_ns),
                milliseconds(tally_mean_ns(tally)), milliseconds(tally->most_ns));
    }
    fprintf(file, "%-15s %8zu %12.1f\n", "total", summary->total.count,
            milliseconds(summary->total.total_ns));
}

/* Those who were not probed stand below the total and are not in it. */
static void print_aside(const struct summary *summary, FILE *file)
{
    static const struct {
        enum outcome outcome;
        const char *reason;
    } asides[] = {
        {OUTCOME_LOCAL_FAULT, "descriptors, memory, ports, a route or a name server were missing here"},
        {OUTCOME_DUPLICATE, "their names stand for the addresses of other peers"},
        {OUTCOME_NOT_DONE, "partial: interrupted before they were decided"},
    };
    for (size_t i = 0; i < sizeof asides / sizeof *asides; i++) {
        const size_t count = summary->aside[asides[i].outcome];
        if (count > 0)
            fprintf(file, "%-15s %8zu (%s)\n", outcome_word(asides[i].outcome), count, asides[i].reason);
    }
}

static void print_gain(const struct report *report, const struct summary *summary, FILE *file)
{
    static const double least_gain = 1.1; /* less is noise */
    const double gain = (double)summary->total.total_ns / (double)(report->wall_ns > 0 ? report->wall_ns : 1);
    if (report->peak >= 2 && !report->interrupted && gain >= least_gain)
        fprintf(file, ", %.1f times faster than one by one", gain);
}

void table_print(const struct report *report, FILE *file)
{
    struct summary summary;
    report_summarise(report, &summary);
    print_tallies(&summary, file);
    print_aside(&summary, file);

    fprintf(file, "wall time %.3f s, sum %.3f s", seconds(report->wall_ns), seconds(summary.total.total_ns));
    if (report->sequential) {
        fprintf(file, "; %s, sequential\n", report->backend);
        return;
    }
    print_gain(report, &summary, file);
    fprintf(file, "; %s, parallel, %zu at once\n", report->backend, report->peak);
}
