#include "apps/probe/prober.h"

#include <errno.h>
#include <stdlib.h>

#include "apps/common/exit_codes.h"
#include "apps/common/option.h"
#include "apps/connect/peer_run.h"
#include "apps/probe/exchange.h"
#include "apps/probe/outcome_progress.h"
#include "reactor/clock.h"
#include "reactor/error.h"

struct prober {
    const struct prober_settings *settings;
    const peer_list *peers;
    peer_connector *connector;
    struct exchange *exchanges; /* one for each peer */
    struct result *results;     /* likewise; not done until they are decided */
    int64_t begun_ns;
    struct outcome_progress progress;
};

static int advance_exchange(void *context, size_t index, rdy_tcp_stream *stream, int64_t *deadline_ns)
{
    struct prober *prober = context;
    if (*deadline_ns == RDY_NEVER)
        *deadline_ns = rdy_clock_after(rdy_clock_now(), prober->settings->exchange.handshake_timeout_ns);
    return exchange_advance(&prober->exchanges[index], prober->settings->exchange.greeting, stream);
}

static enum phase phase_of(const peer_outcome *outcome)
{
    if (outcome->has_talked)
        return PHASE_HANDSHAKE;
    return outcome->attempts > 0 ? PHASE_CONNECT : PHASE_RESOLVE;
}

static struct result result_of(const struct prober *prober, size_t index)
{
    const peer_outcome *outcome = peer_connector_outcome(prober->connector, index);
    const enum outcome known = prober->exchanges[index].outcome;
    struct result result = {
        .address = outcome->address == NULL ? (rdy_address){.length = 0} : *outcome->address,
        .outcome = known == OUTCOME_NOT_DONE ? outcome_of_peer(outcome) : known,
        .started_ns = outcome->started_ns == 0 ? 0 : outcome->started_ns - prober->begun_ns,
        .spent_ns =
            {
                [PHASE_RESOLVE] = outcome->resolve_ns,
                [PHASE_CONNECT] = outcome->elapsed_ns - outcome->resolve_ns - outcome->talk_ns,
                [PHASE_HANDSHAKE] = outcome->talk_ns,
            },
        .attempts = outcome->attempts,
        .phase = phase_of(outcome),
        .error = outcome->error,
    };
    const bool is_errno = outcome->error != -EPROTO && !peer_outcome_is_unknown_name(outcome) &&
                          !peer_outcome_is_duplicate(outcome);
    if (result.outcome == OUTCOME_NOT_DONE || !is_errno)
        result.error = 0;
    return result;
}

static void take_result(struct prober *prober, peer_result *answer)
{
    struct result *result = &prober->results[answer->index];
    rdy_tcp_stream_close(&answer->stream);
    *result = result_of(prober, answer->index);
    outcome_progress_count(&prober->progress, result->outcome);
    if (prober->settings->decided != NULL)
        prober->settings->decided(prober->settings->context, answer->index, result);
}

/* What peer_run_next says at the end. */
static int run(struct prober *prober)
{
    int status = 1;
    progress_begin(&prober->progress.line, prober->settings->progress);
    while (status > 0 || status == -ETIMEDOUT) {
        outcome_progress_draw(&prober->progress, prober->peers->count,
                              peer_connector_under_way(prober->connector));
        peer_result result;
        status = peer_run_next(prober->connector, progress_due_ns(&prober->progress.line), &result);
        if (status > 0)
            take_result(prober, &result);
    }
    progress_clear();
    return status;
}

/* Of those too that were not decided: how far they have come. */
static void fill_in(const struct prober *prober, struct report *report)
{
    for (size_t i = 0; i < prober->peers->count; i++)
        if (prober->results[i].outcome == OUTCOME_NOT_DONE)
            prober->results[i] = result_of(prober, i);
    report->results = prober->results;
    report->backend = peer_connector_backend(prober->connector);
    report->peak = peer_connector_peak(prober->connector);
}

static int open_prober(struct prober *prober)
{
    peer_connector_options options = prober->settings->connector;
    options.report_failures = true;
    if (prober->settings->exchange.mode != MODE_CONNECT)
        options.talk = (peer_talk){
            .advance = advance_exchange,
            .context = prober,
        };
    prober->exchanges = calloc(prober->peers->count, sizeof *prober->exchanges);
    prober->results = calloc(prober->peers->count, sizeof *prober->results);
    if (prober->exchanges == NULL || prober->results == NULL) {
        complain("%s", rdy_error_sentence(-ENOMEM));
        return -ENOMEM;
    }
    return peer_run_open(prober->peers, &options, &prober->connector);
}

static int probe(struct prober *prober, struct report *report)
{
    prober->begun_ns = rdy_clock_now();
    report_begin_now(report);
    peer_run_note_clamp(prober->connector);
    const int status = run(prober);
    report->wall_ns = rdy_clock_now() - prober->begun_ns;
    report->interrupted = status == -ECANCELED;
    fill_in(prober, report);
    return peer_run_exit_code(prober->connector, status);
}

int prober_run(const peer_list *peers, const struct prober_settings *settings, struct report *report)
{
    *report = (struct report){
        .peers = peers,
        .mode = settings->exchange.mode,
        .sequential = settings->connector.sequential,
    };
    struct prober prober = {.settings = settings, .peers = peers};
    const int code = open_prober(&prober) < 0 ? EXIT_SYSTEM : probe(&prober, report);
    peer_connector_close(prober.connector);
    free(prober.exchanges);
    if (report->results == NULL)
        free(prober.results);
    return code;
}

void prober_free_report(struct report *report)
{
    free(report->results);
    report->results = NULL;
}
