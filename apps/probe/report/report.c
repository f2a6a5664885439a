#include "apps/probe/report/report.h"

#include <stdio.h>
#include <time.h>

#include "reactor/clock.h"

int64_t result_duration_ns(const struct result *result)
{
    int64_t sum_ns = 0;
    for (size_t i = 0; i < PHASE_COUNT; i++)
        sum_ns += result->spent_ns[i];
    return sum_ns;
}

bool result_came_to(const struct result *result, enum phase phase)
{
    if (result->outcome == OUTCOME_NOT_DONE || phase == PHASE_RESOLVE)
        return result->spent_ns[phase] > 0;
    return phase <= result->phase;
}

bool result_came_through(const struct result *result, enum phase phase)
{
    return result_came_to(result, phase) && (phase < result->phase || result->outcome == OUTCOME_OK);
}

void report_begin_now(struct report *report)
{
    struct timespec now = {0};
    struct tm parts = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &parts);
    const size_t length = strftime(report->begun, sizeof report->begun, "%Y-%m-%dT%H:%M:%S", &parts);
    (void)snprintf(report->begun + length, sizeof report->begun - length, ".%03uZ",
                   (unsigned)(now.tv_nsec / RDY_MILLISECOND) % 1000);
}
