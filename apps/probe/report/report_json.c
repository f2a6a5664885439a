#include "apps/probe/report/report_json.h"

#include "apps/common/version.h"
#include "apps/probe/report/peer_record.h"

static void put_buckets(struct json *json, const struct histogram *times)
{
    json_open(json, "histogram", '[');
    for (size_t i = 0; i < times->bucket_count; i++) {
        json_open(json, NULL, '[');
        json_count(json, NULL, times->buckets[i].place);
        json_count(json, NULL, times->buckets[i].count);
        json_close(json, ']');
    }
    json_close(json, ']');
}

static void put_times(struct json *json, const struct histogram *times)
{
    json_count(json, "count", times->count);
    json_milliseconds(json, "total_ms", times->total_ns);
    json_milliseconds(json, "min_ms", times->least_ns);
    json_milliseconds(json, "mean_ms", times->total_ns / (int64_t)times->count);
    json_milliseconds(json, "p50_ms", histogram_percentile(times, 50));
    json_milliseconds(json, "p90_ms", histogram_percentile(times, 90));
    json_milliseconds(json, "p99_ms", histogram_percentile(times, 99));
    json_milliseconds(json, "max_ms", times->most_ns);
    json_count(json, "total_ns", (uint64_t)times->total_ns);
    json_count(json, "min_ns", (uint64_t)times->least_ns);
    json_count(json, "max_ns", (uint64_t)times->most_ns);
    put_buckets(json, times);
}

static void put_shards(struct json *json, const struct report *report)
{
    json_open(json, "shards", '[');
    for (size_t i = 0; i < report->shard_count; i++) {
        json_open(json, NULL, '{');
        json_count(json, "index", report->shards[i].index);
        json_count(json, "count", report->shards[i].count);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void put_run(struct json *json, const struct report *report, const struct summary *summary)
{
    json_count(json, "schema", REPORT_SCHEMA);
    json_text(json, "program", "rdy-probe");
    json_text(json, "version", program_version());
    json_text(json, "mode", mode_word(report->mode));
    json_text(json, "backend", report->backend);
    json_text(json, "order", report->sequential ? "sequential" : "parallel");
    json_count(json, "at_once", report->peak);
    json_text(json, "begun", report->begun);
    json_milliseconds(json, "wall_ms", report->wall_ns);
    json_milliseconds(json, "sum_ms", summary->total_ns);
    json_truth(json, "partial", report->interrupted);
    put_shards(json, report);
    json_count(json, "peers_total", report->peers->count);
    for (const struct outcome_aside *aside = outcome_asides(); aside->reason != NULL; aside++)
        json_count(json, aside->plural, summary->aside[aside->outcome]);
}

static void put_outcomes(struct json *json, const struct summary *summary)
{
    json_open(json, "outcomes", '[');
    for (size_t i = 0; i < summary->row_count; i++) {
        json_open(json, NULL, '{');
        json_text(json, "outcome", outcome_word(summary->rows[i].outcome));
        json_text(json, "phase", phase_word(summary->rows[i].phase));
        put_times(json, &summary->rows[i].times);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void put_phases(struct json *json, const struct summary *summary)
{
    json_open(json, "phases", '[');
    for (enum phase phase = 0; phase < PHASE_COUNT; phase++) {
        if (summary->phases[phase].count == 0)
            continue;
        json_open(json, NULL, '{');
        json_text(json, "phase", phase_word(phase));
        put_times(json, &summary->phases[phase]);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void put_peers(struct json *json, const struct report *report)
{
    json_open(json, "peers", '[');
    struct record record = {.format = RECORD_JSON, .json = *json};
    for (size_t i = 0; i < report->peers->count; i++) {
        record_begin(&record);
        peer_record_put(&record, report->peers->peers[i].text, &report->results[i]);
        record_end(&record);
    }
    json_close(json, ']');
}

void report_print_json(const struct report *report, const struct summary *summary, FILE *file)
{
    struct json json = {.file = file};
    json_open(&json, NULL, '{');
    put_run(&json, report, summary);
    put_outcomes(&json, summary);
    put_phases(&json, summary);
    put_peers(&json, report);
    json_close(&json, '}');
    fputc('\n', file);
}
