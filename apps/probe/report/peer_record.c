#include "apps/probe/report/peer_record.h"

#include "apps/common/progress.h"
#include "apps/probe/report/report_json.h"
#include "reactor/error.h"

const char *phase_member(enum phase phase)
{
    static const char *const names[PHASE_COUNT] = {
        [PHASE_RESOLVE] = "resolve_ms",   [PHASE_CONNECT] = "connect_ms", [PHASE_HANDSHAKE] = "handshake_ms",
        [PHASE_BITFIELD] = "bitfield_ms", [PHASE_UNCHOKE] = "unchoke_ms", [PHASE_REQUEST] = "request_ms",
    };
    return names[phase];
}

static void put_phases(struct record *record, const struct result *result)
{
    for (enum phase phase = 0; phase < PHASE_COUNT; phase++)
        record_milliseconds(record, phase_member(phase),
                            result_came_to(result, phase) ? result->spent_ns[phase] : -1);
}

void peer_record_put(struct record *record, const char *text, const struct result *result)
{
    char address[RDY_ADDRESS_TEXT_MAX];
    const bool has_address = rdy_address_family(&result->address) != AF_UNSPEC;
    if (has_address)
        rdy_address_print(&result->address, address, sizeof address);
    record_text(record, "peer", text);
    record_text(record, "address", has_address ? address : NULL);
    record_text(record, "outcome", outcome_word(result->outcome));
    record_text(record, "phase", phase_word(result->phase));
    record_text(record, "error", result->error == 0 ? NULL : rdy_error_name(result->error));
    record_count(record, "attempts", result->attempts);
    record_milliseconds(record, "started_ms", result->started_ns);
    record_milliseconds(record, "ms", result_duration_ns(result));
    put_phases(record, result);
    record_count(record, "pieces", result->pieces);
    record_count(record, "bytes", result->bytes);
}

void peer_record_print_ndjson(const char *text, const struct result *result, FILE *file)
{
    struct record record = {.format = RECORD_JSON, .json = {.file = file}};
    progress_clear_for(file);
    record_begin(&record);
    record_count(&record, "schema", REPORT_SCHEMA);
    peer_record_put(&record, text, result);
    record_end(&record);
    fputc('\n', file);
}

void peer_record_print_undecided(const struct report *report, FILE *file)
{
    for (size_t i = 0; i < report->peers->count; i++)
        if (report->results[i].outcome == OUTCOME_NOT_DONE)
            peer_record_print_ndjson(report->peers->peers[i].text, &report->results[i], file);
}

void peer_record_print_csv(const struct report *report, FILE *file)
{
    struct record record = {.format = RECORD_CSV_NAMES, .json = {.file = file}};
    record_begin(&record);
    peer_record_put(&record, "", &(struct result){0});
    record_end(&record);
    record.format = RECORD_CSV;
    for (size_t i = 0; i < report->peers->count; i++) {
        record_begin(&record);
        peer_record_put(&record, report->peers->peers[i].text, &report->results[i]);
        record_end(&record);
    }
}
