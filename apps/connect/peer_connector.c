#include "apps/connect/peer_connector.h"

#include <errno.h>
#include <stdlib.h>

#include "apps/common/descriptors.h"
#include "apps/connect/peer_probe.h"

enum {
    EVENTS_AT_ONCE = 256,
    DESCRIPTORS_OF_THE_CALLER = 8,   /* what it opens besides the streams: files, a pipe */
    DESCRIPTORS_OF_THE_LOOKUPS = 12, /* getaddrinfo(3) opens files and sockets in each of its threads */
};

static bool has_names(const peer *peers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (peers[i].host != NULL)
            return true;
    return false;
}

static int open_sources(peer_connector *connector, const peer_connector_options *options)
{
    const rdy_poll_options poll_options = {.backend = options->backend, .spin_ns = options->spin_ns};
    int error = rdy_poll_open(&poll_options, &connector->poll);
    if (error < 0)
        return error;
    rdy_registry *registry = rdy_poll_registry(connector->poll);
    if (has_names(connector->peers, connector->count))
        error = resolver_open(registry, PEER_PROBE_LOOKUP_TOKEN, &connector->resolver);
    if (error < 0 || options->stop_signal_count == 0)
        return error;
    error = rdy_signals_open(options->stop_signals, options->stop_signal_count, &connector->signals);
    if (error < 0)
        return error;
    return rdy_registry_register(registry, &connector->signals.source, PEER_PROBE_SIGNAL_TOKEN, RDY_READABLE);
}

/* After the sources are open, for they hold descriptors too. */
static void choose_concurrency(peer_connector *connector, const peer_connector_options *options)
{
    const size_t asked = options->concurrency == 0 ? PEER_CONNECTOR_CONCURRENCY : options->concurrency;
    const size_t wanted = options->sequential ? 1 : asked;
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
        connector->probes[i].outcome.address = connector->peers[i].address;
        peer_queue_append(connector->peers[i].host == NULL ? &connector->addresses : &connector->names,
                          &connector->probes[i]);
    }
    return 0;
}

static int set_up(peer_connector *connector, const peer_connector_options *options)
{
    connector->timeout_ns = options->timeout_ns == 0 ? PEER_CONNECTOR_TIMEOUT : options->timeout_ns;
    connector->report_failures = options->report_failures;
    rdy_timer_wheel_init(&connector->wheel, rdy_clock_now());
    int error = make_probes(connector);
    if (error == 0)
        error = rdy_events_alloc(EVENTS_AT_ONCE, &connector->events);
    if (error == 0)
        error = open_sources(connector, options);
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

static int wait_and_handle(peer_connector *connector)
{
    const int64_t next_ns = rdy_timer_wheel_next(&connector->wheel);
    const int count =
        rdy_poll_wait(connector->poll, &connector->events, rdy_clock_until(rdy_clock_now(), next_ns));
    if (count < 0)
        return count;
    const int64_t now_ns = rdy_clock_now();
    for (size_t i = 0; i < connector->events.count; i++)
        peer_probe_handle(connector, connector->events.items[i].token, now_ns);
    rdy_timer *timer;
    while ((timer = rdy_timer_wheel_expire(&connector->wheel, now_ns)) != NULL)
        peer_probe_expire(connector, (peer_probe *)(void *)timer, now_ns);
    return 0;
}

static bool hand_out(peer_connector *connector, peer_result *result)
{
    peer_probe *probe = peer_queue_take(&connector->answers);
    if (probe == NULL)
        return false;
    *result = (peer_result){.index = peer_probe_index(connector, probe)};
    if (probe->outcome.state == PEER_CONNECTED) {
        (void)rdy_connector_take(&probe->attempt, &result->stream); /* connected, so it has one */
        connector->under_way--;
    }
    return true;
}

/* Names may have to wait for lookups whose peers have timed out: getaddrinfo(3) cannot be interrupted. */
static bool can_go_on(const peer_connector *connector)
{
    return connector->under_way > 0 || (connector->names.first != NULL && connector->lookups > 0);
}

int peer_connector_next(peer_connector *connector, peer_result *result)
{
    for (;;) {
        const int fault = connector->is_stopped ? 0 : peer_probe_start_waiting(connector);
        if (hand_out(connector, result))
            return 1;
        if (connector->is_stopped)
            return -ECANCELED;
        if (!can_go_on(connector))
            return fault;
        const int error = wait_and_handle(connector);
        if (error < 0)
            return error;
    }
}

const peer_outcome *peer_connector_outcome(const peer_connector *connector, size_t index)
{
    return index < connector->count ? &connector->probes[index].outcome : NULL;
}

const char *peer_outcome_word(const peer_outcome *outcome)
{
    if (outcome->state != PEER_CONNECTED && outcome->state != PEER_ERROR)
        return "not done";
    if (outcome->error == -ENXIO && outcome->lookup_error != 0)
        return "unknown name";
    return outcome->error == -EALREADY ? "duplicate" : rdy_failure_word(outcome->failure);
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

void peer_connector_close(peer_connector *connector)
{
    if (connector == NULL)
        return;
    for (size_t i = 0; connector->probes != NULL && i < connector->count; i++)
        rdy_connector_close(&connector->probes[i].attempt);
    resolver_close(connector->resolver);
    rdy_signals_close(&connector->signals);
    rdy_poll_close(connector->poll);
    rdy_events_free(&connector->events);
    free(connector->probes);
    free(connector);
}
