#include "apps/connect/peer_connector.h"

#include <errno.h>
#include <stdlib.h>

#include "apps/common/descriptors.h"
#include "apps/connect/peer_event.h"
#include "apps/connect/peer_lookup.h"
#include "apps/connect/peer_race.h"
#include "apps/connect/peer_turn.h"

enum {
    EVENTS_AT_ONCE = 256,
    DESCRIPTORS_OF_THE_CALLER = 8,   /* what it opens besides the streams: files, a pipe */
    DESCRIPTORS_OF_THE_LOOKUPS = 12, /* files and sockets, of each thread or for each name server */
};

static bool has_names(const peer *peers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (peers[i].host != NULL)
            return true;
    return false;
}

static int open_signals(peer_connector *connector, const int *numbers, size_t count, rdy_token token,
                        rdy_signals *signals)
{
    if (count == 0)
        return 0;
    const int error = rdy_signals_open(numbers, count, signals);
    if (error < 0)
        return error;
    return rdy_registry_register(rdy_poll_registry(connector->poll), &signals->source, token, RDY_READABLE);
}

static int open_sources(peer_connector *connector, const peer_connector_options *options)
{
    const rdy_poll_options poll_options = {.backend = options->backend, .spin_ns = options->spin_ns};
    int error = rdy_poll_open(&poll_options, &connector->poll);
    if (error < 0)
        return error;
    rdy_registry *registry = rdy_poll_registry(connector->poll);
    if (has_names(connector->peers, connector->count))
        error = resolver_open(registry, PEER_PROBE_LOOKUP_TOKEN, options->family, &connector->resolver);
    if (error == 0)
        error = open_signals(connector, options->stop_signals, options->stop_signal_count,
                             PEER_PROBE_SIGNAL_TOKEN, &connector->signals);
    if (error == 0)
        error = open_signals(connector, options->wake_signals, options->wake_signal_count,
                             PEER_PROBE_WAKE_TOKEN, &connector->wake_signals);
    return error;
}

/* Those that are addresses have theirs before any name comes to it; without names none can come twice. */
static int claim_addresses(peer_connector *connector)
{
    int error = 0;
    for (size_t i = 0; error >= 0 && connector->resolver != NULL && i < connector->count; i++)
        if (connector->peers[i].host == NULL)
            error = address_set_add(&connector->addresses_seen, &connector->peers[i].address);
    return error < 0 ? error : 0;
}

/* After the sources are open, for they hold descriptors too. */
static void choose_concurrency(peer_connector *connector, const peer_connector_options *options)
{
    const size_t asked = options->concurrency == 0 ? PEER_CONNECTOR_CONCURRENCY : options->concurrency;
    const size_t wanted = options->sequential && !options->happy ? 1 : asked;
    const size_t reserve =
        DESCRIPTORS_OF_THE_CALLER + (connector->resolver == NULL ? 0 : DESCRIPTORS_OF_THE_LOOKUPS);
    const size_t room = descriptors_available(reserve);
    connector->concurrency = wanted < room ? wanted : room;
    connector->is_clamped = room < wanted && room < connector->count;
}

static int make_probes(peer_connector *connector)
{
    if (connector->count == 0)
        return 0;
    connector->probes = calloc(connector->count, sizeof *connector->probes);
    if (connector->probes == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < connector->count; i++) {
        const bool is_name = connector->peers[i].host != NULL;
        connector->probes[i].outcome.address = is_name ? NULL : &connector->peers[i].address;
        peer_queue_append(is_name ? &connector->names : &connector->addresses, &connector->probes[i]);
    }
    return 0;
}

static int64_t attempt_delay(const peer_connector_options *options)
{
    const int64_t asked_ns =
        options->attempt_delay_ns == 0 ? PEER_CONNECTOR_ATTEMPT_DELAY : options->attempt_delay_ns;
    return asked_ns < PEER_CONNECTOR_ATTEMPT_LEAST ? PEER_CONNECTOR_ATTEMPT_LEAST : asked_ns;
}

static int set_up(peer_connector *connector, const peer_connector_options *options)
{
    connector->timeout_ns = options->timeout_ns == 0 ? PEER_CONNECTOR_TIMEOUT : options->timeout_ns;
    connector->retries = options->retries;
    connector->retry_delay_ns =
        options->retry_delay_ns == 0 ? PEER_CONNECTOR_RETRY_DELAY : options->retry_delay_ns;
    connector->attempt_delay_ns = attempt_delay(options);
    connector->most_rests = options->rests;
    connector->is_happy = options->happy;
    connector->talk = options->talk;
    connector->is_sequential = options->sequential;
    connector->report_failures = options->report_failures;
    rdy_timer_wheel_init(&connector->wheel, rdy_clock_now());
    pace_init(&connector->pace, options->rate, rdy_clock_now());
    int error = make_probes(connector);
    if (error == 0)
        error = rdy_events_alloc(EVENTS_AT_ONCE, &connector->events);
    if (error == 0)
        error = open_sources(connector, options);
    if (error == 0)
        error = claim_addresses(connector);
    if (error == 0)
        choose_concurrency(connector, options);
    return error;
}

int peer_connector_open(const peer *peers, size_t count, const peer_connector_options *options,
                        peer_connector **out)
{
    const peer_connector_options defaults = {0};
    peer_connector *connector = calloc(1, sizeof *connector);
    if (connector == NULL)
        return -ENOMEM;
    connector->peers = peers;
    connector->count = count;
    const int error = set_up(connector, options == NULL ? &defaults : options);
    if (error < 0) {
        peer_connector_close(connector);
        return error;
    }
    *out = connector;
    return 0;
}

static int64_t earlier(int64_t one_ns, int64_t other_ns)
{
    return one_ns < other_ns ? one_ns : other_ns;
}

/* Sleeps until something happens or `moment_ns` has come, and handles it. */
static int wait_and_handle(peer_connector *connector, int64_t moment_ns)
{
    const int64_t due_ns = earlier(rdy_timer_wheel_next(&connector->wheel), peer_lookup_deadline(connector));
    const int64_t timeout_ns = rdy_clock_until(rdy_clock_now(), earlier(moment_ns, due_ns));
    const int count = rdy_poll_wait(connector->poll, &connector->events, timeout_ns);
    if (count < 0)
        return count;
    for (size_t i = 0; i < connector->events.count; i++)
        peer_event_take(connector, connector->events.items[i].token);
    const int64_t now_ns = rdy_clock_now();
    if (peer_lookup_deadline(connector) <= now_ns)
        peer_lookup_take_answers(connector);
    rdy_timer *timer;
    while ((timer = rdy_timer_wheel_expire(&connector->wheel, now_ns)) != NULL)
        peer_event_expire(connector, (peer_probe *)(void *)timer);
    return 0;
}

static bool hand_out(peer_connector *connector, peer_result *result)
{
    peer_probe *probe = peer_queue_take(&connector->answers);
    if (probe == NULL)
        return false;
    *result = (peer_result){.index = peer_probe_index(connector, probe), .stream = probe->stream};
    if (probe->outcome.state == PEER_CONNECTED) {
        connector->under_way--;
        connector->reserved -= probe->reserved;
    }
    probe->stream = (rdy_tcp_stream){0};
    return true;
}

size_t peer_connector_under_way(const peer_connector *connector)
{
    return connector->under_way + connector->resolving;
}

/* Names may have to wait for lookups whose peers have timed out, for none can be called back. */
static bool is_under_way(const peer_connector *connector)
{
    return peer_connector_under_way(connector) > 0 ||
           (connector->names.first != NULL && connector->lookups > 0);
}

int peer_connector_next_until(peer_connector *connector, int64_t moment_ns, peer_result *result)
{
    for (;;) {
        int fault = connector->is_stopped ? 0 : peer_turn_start(connector);
        if (hand_out(connector, result))
            return 1;
        if (connector->is_woken) {
            connector->is_woken = false;
            return -EAGAIN;
        }
        if (connector->is_stopped)
            return -ECANCELED;
        if (fault < 0 && !is_under_way(connector) && peer_turn_rest(connector, fault))
            fault = 0;
        const int64_t start_ns = fault == 0 ? peer_turn_next(connector) : RDY_NEVER;
        if (start_ns == RDY_NEVER && !is_under_way(connector) && (fault < 0 || connector->backing_off == 0))
            return fault;
        if (rdy_clock_now() >= moment_ns)
            return -ETIMEDOUT;
        const int error = wait_and_handle(connector, earlier(start_ns, moment_ns));
        if (error < 0)
            return error;
    }
}

int peer_connector_next(peer_connector *connector, peer_result *result)
{
    return peer_connector_next_until(connector, RDY_NEVER, result);
}

static size_t give_up_queue(peer_connector *connector, peer_queue *queue, int error)
{
    size_t count = 0;
    for (peer_probe *probe = peer_queue_take(queue); probe != NULL; probe = peer_queue_take(queue), count++)
        peer_probe_give_up(connector, probe, error);
    return count;
}

size_t peer_connector_give_up(peer_connector *connector, int error)
{
    return give_up_queue(connector, &connector->begun, error) +
           give_up_queue(connector, &connector->addresses, error) +
           give_up_queue(connector, &connector->faulted, error) +
           give_up_queue(connector, &connector->names, error);
}

const peer_outcome *peer_connector_outcome(const peer_connector *connector, size_t index)
{
    return index < connector->count ? &connector->probes[index].outcome : NULL;
}

bool peer_outcome_is_unknown_name(const peer_outcome *outcome)
{
    return outcome->state == PEER_ERROR && outcome->attempts == 0 && outcome->error == -ENXIO;
}

bool peer_outcome_is_duplicate(const peer_outcome *outcome)
{
    return outcome->state == PEER_ERROR && outcome->attempts == 0 && outcome->error == -EALREADY;
}

const char *peer_outcome_word(const peer_outcome *outcome)
{
    if (outcome->state != PEER_CONNECTED && outcome->state != PEER_ERROR)
        return "not done";
    if (peer_outcome_is_unknown_name(outcome))
        return "unknown name";
    return peer_outcome_is_duplicate(outcome) ? "duplicate" : rdy_failure_word(outcome->failure);
}

size_t peer_connector_peak(const peer_connector *connector)
{
    return connector->peak;
}

size_t peer_connector_concurrency(const peer_connector *connector)
{
    return connector->concurrency;
}

bool peer_connector_is_clamped(const peer_connector *connector)
{
    return connector->is_clamped;
}

const char *peer_connector_backend(const peer_connector *connector)
{
    return rdy_poll_backend(connector->poll);
}

static void free_probe(peer_probe *probe)
{
    peer_race_end(probe);
    rdy_connector_close(&probe->attempt);
    rdy_tcp_stream_close(&probe->stream);
    free(probe->addresses);
}

void peer_connector_close(peer_connector *connector)
{
    if (connector == NULL)
        return;
    for (size_t i = 0; connector->probes != NULL && i < connector->count; i++)
        free_probe(&connector->probes[i]);
    resolver_close(connector->resolver);
    rdy_signals_close(&connector->signals);
    rdy_signals_close(&connector->wake_signals);
    rdy_poll_close(connector->poll);
    rdy_events_free(&connector->events);
    address_set_free(&connector->addresses_seen);
    free(connector->probes);
    free(connector);
}
