#include "apps/connect/answer_record.h"

#include "reactor/error.h"

void answer_record_put(struct record *record, const peer *entry, const peer_outcome *found, int64_t begun_ns)
{
    static const peer_outcome undecided = {.state = PEER_WAITING};
    const peer_outcome *outcome = found == NULL ? &undecided : found;
    const bool has_name = entry->host != NULL;
    const bool has_connected = outcome->attempts > 0;
    char address[RDY_ADDRESS_TEXT_MAX];
    if (outcome->address != NULL)
        rdy_address_print(outcome->address, address, sizeof address);
    record_text(record, "peer", entry->text);
    record_text(record, "address", outcome->address == NULL ? NULL : address);
    record_text(record, "outcome", peer_outcome_word(outcome));
    record_text(record, "phase", has_name && !has_connected ? "resolve" : "connect");
    record_text(record, "error", outcome->error == 0 ? NULL : rdy_error_name(outcome->error));
    record_count(record, "attempts", outcome->attempts);
    record_milliseconds(record, "started_ms", outcome->started_ns == 0 ? -1 : outcome->started_ns - begun_ns);
    record_milliseconds(record, "ms", outcome->elapsed_ns);
    record_milliseconds(record, "resolve_ms",
                        has_name && outcome->started_ns != 0 ? outcome->resolve_ns : -1);
    record_milliseconds(record, "connect_ms", has_connected ? outcome->elapsed_ns - outcome->resolve_ns : -1);
}
