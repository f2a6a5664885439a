#include "apps/probe/prober.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "apps/common/exit_codes.h"
#include "apps/common/option.h"
#include "apps/connect/peer_run.h"
#include "apps/probe/outcome_progress.h"
#include "apps/probe/report/report_output.h"
#include "apps/probe/talk/exchange.h"
#include "reactor/clock.h"
#include "reactor/error.h"

/* Each has the table of what is known printed on stderr. */
static const int report_signals[] = {
    SIGQUIT,
#ifdef SIGINFO
    SIGINFO, /* Ctrl-T on the BSDs and macOS */
#endif
};

struct prober {
    const struct prober_settings *settings;
    const peer_list *peers;
    peer_connector *connector;
    struct exchange **exchanges; /* of those that are talked with, NULL for the others */
    struct result *results;      /* likewise; not done until they are decided */
    int64_t begun_ns;
    struct outcome_progress progress;
    uint8_t room[EXCHANGE_ROOM]; /* for what a peer sends, until it is judged */
};

/* When the peer would have been started if it had never waited for its turn or for a retry. */
static int64_t started_ns(const struct prober *prober, size_t index)
{
    const peer_outcome *outcome = peer_connector_outcome(prober->connector, index);
    return outcome->try_started_ns - outcome->earlier_ns;
}

/* The first step of a talk, also of one that is tried again. */
static int begin_exchange(struct prober *prober, size_t index, rdy_tcp_stream *stream)
{
    struct exchange **exchange = &prober->exchanges[index];
    /* What we write is little, and never the answer to nothing: it is not to wait for an ACK that is delayed. */
    if (prober->settings->exchange.mode == MODE_REQUEST)
        (void)rdy_tcp_stream_set_nodelay(stream, true);
    if (*exchange == NULL)
        *exchange = calloc(1, sizeof **exchange);
    if (*exchange == NULL)
        return -ENOMEM;
    return exchange_begin(*exchange, &prober->settings->exchange, index, started_ns(prober, index),
                          rdy_clock_now());
}

static int advance_exchange(void *context, size_t index, rdy_tcp_stream *stream, int64_t *deadline_ns)
{
    struct prober *prober = context;
    const int error = *deadline_ns == RDY_NEVER ? begin_exchange(prober, index, stream) : 0;
    if (error < 0)
        return error;
    const int status = exchange_advance(prober->exchanges[index], stream, prober->room, deadline_ns);
    if (status != -EAGAIN)
        exchange_end(
            prober->exchanges[index]); /* it may be a while until the result is taken, or a retry begins */
    return status;
}

static void free_exchange(struct prober *prober, size_t index)
{
    exchange_end(prober->exchanges[index]);
    free(prober->exchanges[index]);
    prober->exchanges[index] = NULL;
}

/* The talk's time is that of its phases; the last one has what is left, and what earlier tries took. */
static void add_talk(const struct exchange *exchange, int64_t talk_ns, struct result *result)
{
    int64_t left_ns = talk_ns;
    for (enum phase phase = PHASE_HANDSHAKE; phase < exchange->phase; phase++) {
        result->spent_ns[phase] = exchange->spent_ns[phase];
        left_ns -= exchange->spent_ns[phase];
    }
    result->spent_ns[exchange->phase] = left_ns;
    result->phase = exchange->phase;
    result->pieces = exchange->pieces;
    result->bytes = exchange->bytes;
    if (exchange->outcome != OUTCOME_NOT_DONE)
        result->outcome = exchange->outcome;
}

/* What the present talk has taken. */
static int64_t present_talk_ns(const struct exchange *exchange)
{
    int64_t sum_ns = rdy_clock_now() - exchange->phase_started_ns;
    for (enum phase phase = PHASE_HANDSHAKE; phase < exchange->phase; phase++)
        sum_ns += exchange->spent_ns[phase];
    return sum_ns;
}

/* With the times of what is under way, which the connector counts at its end. */
static peer_outcome outcome_until_now(const struct prober *prober, size_t index)
{
    peer_outcome outcome = *peer_connector_outcome(prober->connector, index);
    const peer_state state = outcome.state;
    if (state == PEER_TALKING)
        outcome.talk_ns += present_talk_ns(prober->exchanges[index]);
    if (state == PEER_RESOLVING || state == PEER_CONNECTING || state == PEER_TALKING)
        outcome.elapsed_ns = outcome.earlier_ns + rdy_clock_now() - outcome.try_started_ns;
    if (state == PEER_RESOLVING)
        outcome.resolve_ns = outcome.elapsed_ns;
    return outcome;
}

static struct result result_of(const struct prober *prober, size_t index)
{
    const peer_outcome now = outcome_until_now(prober, index);
    const peer_outcome *outcome = &now;
    struct result result = {
        .address = outcome->address == NULL ? (rdy_address){.length = 0} : *outcome->address,
        .outcome = outcome_of_peer(outcome),
        .started_ns = outcome->started_ns == 0 ? 0 : outcome->started_ns - prober->begun_ns,
        .spent_ns =
            {
                [PHASE_RESOLVE] = outcome->resolve_ns,
                [PHASE_CONNECT] = outcome->elapsed_ns - outcome->resolve_ns - outcome->talk_ns,
            },
        .attempts = outcome->attempts,
        .phase = outcome->attempts > 0 ? PHASE_CONNECT : PHASE_RESOLVE,
        .error = outcome->error,
    };
    if (outcome->has_talked && prober->exchanges[index] != NULL)
        add_talk(prober->exchanges[index], outcome->talk_ns, &result);
    else
        result.spent_ns[PHASE_CONNECT] += outcome->talk_ns; /* of earlier tries */
    if (result.outcome == OUTCOME_TIMED_OUT)
        result.error = -ETIMEDOUT; /* also of the time for all, after which there is no retry */
    const bool is_errno = result.error != -EPROTO && !peer_outcome_is_unknown_name(outcome) &&
                          !peer_outcome_is_duplicate(outcome);
    if (result.outcome == OUTCOME_NOT_DONE || !is_errno)
        result.error = 0;
    return result;
}

/* Whether to go on. */
static bool take_result(struct prober *prober, peer_result *answer)
{
    struct result *result = &prober->results[answer->index];
    rdy_tcp_stream_close(&answer->stream);
    *result = result_of(prober, answer->index);
    free_exchange(prober, answer->index);
    outcome_progress_count(&prober->progress, result->outcome);
    return prober->settings->decided == NULL ||
           prober->settings->decided(prober->settings->context, answer->index, result);
}

static void describe(const struct prober *prober, struct report *report)
{
    report->results = prober->results;
    report->backend = peer_connector_backend(prober->connector);
    report->peak = peer_connector_peak(prober->connector);
    report->wall_ns = rdy_clock_now() - prober->begun_ns;
}

/* Of what is known until now; who is not decided is not done. */
static void print_interim(const struct prober *prober, const struct report *report)
{
    struct report interim = *report;
    describe(prober, &interim);
    interim.interrupted = true;
    report_print_interim(&interim);
}

/* What peer_run_next says at the end; -ECANCELED also if the caller has enough. */
static int run(struct prober *prober, const struct report *report)
{
    int status = 1;
    progress_begin(&prober->progress.line, prober->settings->progress);
    while (status > 0 || status == -ETIMEDOUT || status == -EAGAIN) {
        outcome_progress_draw(&prober->progress, prober->peers->count,
                              peer_connector_under_way(prober->connector));
        peer_result result;
        status = peer_run_next(prober->connector, progress_due_ns(&prober->progress.line), &result);
        if (status > 0 && !take_result(prober, &result))
            status = -ECANCELED;
        if (status == -EAGAIN)
            print_interim(prober, report);
    }
    progress_clear();
    return status;
}

/* Of those too that were not decided: how far they have come. */
static void fill_in(struct prober *prober)
{
    for (size_t i = 0; i < prober->peers->count; i++)
        if (prober->results[i].outcome == OUTCOME_NOT_DONE) {
            prober->results[i] = result_of(prober, i);
            free_exchange(prober, i);
        }
}

/* The time for all bounds that for the connect, too. */
static int64_t connect_timeout(const struct prober_settings *settings)
{
    const int64_t total_ns = settings->exchange.total_timeout_ns;
    const int64_t asked_ns = settings->connector.timeout_ns;
    const int64_t connect_ns = asked_ns == 0 ? PEER_CONNECTOR_TIMEOUT : asked_ns;
    return total_ns < 0 || (connect_ns >= 0 && connect_ns < total_ns) ? connect_ns : total_ns;
}

static int open_prober(struct prober *prober)
{
    peer_connector_options options = prober->settings->connector;
    options.report_failures = true;
    options.wake_signals = report_signals;
    options.wake_signal_count = sizeof report_signals / sizeof report_signals[0];
    if (prober->settings->exchange.mode != MODE_CONNECT)
        options.talk = (peer_talk){
            .advance = advance_exchange,
            .context = prober,
        };
    options.timeout_ns = connect_timeout(prober->settings);
    prober->exchanges = calloc(prober->peers->count, sizeof(struct exchange *));
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
    const int status = prober->settings->is_interrupted ? -ECANCELED : run(prober, report);
    describe(prober, report);
    report->interrupted = status < 0;
    fill_in(prober);
    prober->results = NULL; /* they are the report's now */
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
    free(prober.results);
    return code;
}

void prober_free_report(struct report *report)
{
    free(report->results);
    report->results = NULL;
}
