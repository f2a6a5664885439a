#include "apps/probe/report_json.h"

#include "apps/common/json.h"
#include "reactor/error.h"

static void put_tally(struct json *json, const struct tally *tally)
{
    json_open(json, NULL, '{');
    json_string(json, "outcome", outcome_word(tally->outcome));
    json_count(json, "count", tally->count);
    json_milliseconds(json, "total_ms", tally->total_ns);
    json_milliseconds(json, "min_ms", tally->least_ns);
    json_milliseconds(json, "mean_ms", tally_mean_ns(tally));
    json_milliseconds(json, "max_ms", tally->most_ns);
    json_close(json, '}');
}

static void put_peer(struct json *json, const char *text, const struct result *result)
{
    json_open(json, NULL, '{');
    json_string(json, "peer", text);
    json_string(json, "outcome", outcome_word(result->outcome));
    json_string(json, "phase", phase_word(result->phase));
    json_milliseconds(json, "ms", result_duration_ns(result));
    json_string(json, "error", result->error == 0 ? NULL : rdy_error_name(result->error));
    json_close(json, '}');
}

static void put_run(struct json *json, const struct report *report, const struct summary *summary)
{
    json_count(json, "schema", REPORT_JSON_SCHEMA);
    json_string(json, "mode", mode_word(report->mode));
    json_string(json, "backend", report->backend);
    json_string(json, "order", report->sequential ? "sequential" : "parallel");
    json_count(json, "at_once", report->peak);
    json_milliseconds(json, "wall_ms", report->wall_ns);
    json_milliseconds(json, "sum_ms", summary->total.total_ns);
    json_truth(json, "partial", report->interrupted);
    json_count(json, "not_done", summary->aside[OUTCOME_NOT_DONE]);
    json_count(json, "local_faults", summary->aside[OUTCOME_LOCAL_FAULT]);
    json_count(json, "duplicates", summary->aside[OUTCOME_DUPLICATE]);
}

void report_print_json(const struct report *report, FILE *file)
{
    struct summary summary;
    report_summarise(report, &summary);
    struct json json = {.file = file};
    json_open(&json, NULL, '{');
    put_run(&json, report, &summary);
    json_open(&json, "outcomes", '[');
    for (size_t i = 0; i < summary.count; i++)
        put_tally(&json, &summary.tallies[i]);
    json_close(&json, ']');
    json_open(&json, "peers", '[');
    for (size_t i = 0; i < report->peers->count; i++)
        put_peer(&json, report->peers->peers[i].text, &report->results[i]);
    json_close(&json, ']');
    json_close(&json, '}');
    fputc('\n', file);
}
