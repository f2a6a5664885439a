#include "apps/connect/peer_probe.h"

#include <errno.h>

enum {
    STARTS_AT_ONCE = 128, /* about a millisecond, so that answers are seen when they come */

    /* One takes the place of the peer that is through, one more lets their number grow again when the shortage
     * is over; yet all tries together stay within three for each peer. */
    TRIES_FOR_EACH_THROUGH = 2,
};

/* What this machine lacks for any peer, and may have again as soon as something is closed. */
static bool is_exhaustion(int error)
{
    return error == -EMFILE || error == -ENFILE || error == -ENOBUFS || error == -ENOMEM;
}

/* From any state to one in which nothing is under way. */
static void leave(peer_connector *connector, peer_probe *probe, peer_state state)
{
    const peer_state earlier = probe->outcome.state;
    const int64_t now_ns = rdy_clock_now();
    rdy_timer_wheel_cancel(&connector->wheel, &probe->timer);
    if (earlier == PEER_RESOLVING)
        connector->resolving--;
    if (earlier == PEER_CONNECTING || earlier == PEER_TALKING)
        connector->under_way--;
    if (earlier != PEER_WAITING)
        probe->outcome.elapsed_ns = now_ns - probe->started_ns;
    if (earlier == PEER_RESOLVING)
        probe->outcome.resolve_ns = probe->outcome.elapsed_ns;
    if (earlier == PEER_TALKING)
        probe->outcome.talk_ns = now_ns - probe->talk_started_ns;
    probe->outcome.state = state;
}

/* Its clock stands still until it is started again. */
static void put_back(peer_connector *connector, peer_probe *probe)
{
    leave(connector, probe, PEER_WAITING);
    peer_queue_prepend(&connector->addresses, probe);
}

static void fail(peer_connector *connector, peer_probe *probe, int error, rdy_failure failure)
{
    rdy_tcp_stream_close(&probe->stream);
    probe->outcome.error = error;
    probe->outcome.failure = failure;
    leave(connector, probe, PEER_ERROR);
    connector->tries += TRIES_FOR_EACH_THROUGH;
    if (connector->report_failures)
        peer_queue_append(&connector->answers, probe);
}

static void succeed(peer_connector *connector, peer_probe *probe)
{
    (void)rdy_source_deregister(&probe->stream.source); /* it may never have been registered */
    probe->outcome.error = 0;
    probe->outcome.failure = RDY_FAILURE_NONE;
    leave(connector, probe, PEER_CONNECTED);
    connector->tries += TRIES_FOR_EACH_THROUGH;
    connector->under_way++; /* it holds its descriptor until it is handed out */
    peer_queue_append(&connector->answers, probe);
}

/*
 * Goes to the next address of a name that nobody has: 1. 0 if there is none. -ENOMEM leaves it where it was.
 */
static int take_next_address(peer_connector *connector, peer_probe *probe)
{
    while (probe->address_next < probe->address_count) {
        const rdy_address *address = &probe->addresses[probe->address_next];
        const int is_new = address_set_add(&connector->addresses_seen, address);
        if (is_new < 0)
            return is_new;
        probe->address_next++;
        if (is_new == 0)
            continue;
        probe->outcome.address = address;
        return 1;
    }
    return 0;
}

/* Of the addresses of a name the last one counts, but what is missing here says less than an answer. */
static void note_failure(peer_outcome *outcome, int error, rdy_failure failure)
{
    if (outcome->error != 0 && failure == RDY_FAILURE_LOCAL)
        return;
    outcome->error = error;
    outcome->failure = failure;
}

/*
 * A local fault of another kind than exhaustion may pass when others have left, or be the fault of this one
 * address: EADDRNOTAVAIL says that all ports are in use, but also that the machine has no IPv6 (connect(2)).
 * So it is tried again behind all others, and given up only if it fails alone.
 */
static void retry_or_fail(peer_connector *connector, peer_probe *probe)
{
    const peer_outcome *outcome = &probe->outcome;
    const bool is_alone = connector->under_way + connector->resolving == 1;
    if (outcome->failure != RDY_FAILURE_LOCAL || (probe->is_retried && is_alone)) {
        fail(connector, probe, outcome->error, outcome->failure);
        return;
    }
    probe->is_retried = true;
    leave(connector, probe, PEER_WAITING);
    peer_queue_append(&connector->retries, probe);
}

static void fail_attempt(peer_connector *connector, peer_probe *probe, int error, rdy_failure failure)
{
    rdy_connector_close(&probe->attempt);
    note_failure(&probe->outcome, error, failure);
    if (take_next_address(connector, probe) > 0)
        put_back(connector, probe);
    else
        retry_or_fail(connector, probe);
}

/* ---- the talk ---- */

static void advance_talk(peer_connector *connector, peer_probe *probe)
{
    const int64_t earlier_ns = probe->talk_deadline_ns;
    const int error = connector->talk.advance(connector->talk.context, peer_probe_index(connector, probe),
                                              &probe->stream, &probe->talk_deadline_ns);
    if (error == 0)
        succeed(connector, probe);
    else if (error != -EAGAIN)
        fail(connector, probe, error, rdy_failure_from_error(error));
    else if (probe->talk_deadline_ns <= rdy_clock_now())
        fail(connector, probe, -ETIMEDOUT, RDY_FAILURE_TIMED_OUT);
    else if (probe->talk_deadline_ns != earlier_ns)
        rdy_timer_wheel_arm(&connector->wheel, &probe->timer, probe->talk_deadline_ns);
}

static void begin_talk(peer_connector *connector, peer_probe *probe)
{
    if (connector->talk.advance == NULL) {
        succeed(connector, probe);
        return;
    }
    probe->outcome.state = PEER_TALKING;
    probe->outcome.has_talked = true;
    probe->talk_started_ns = rdy_clock_now();
    probe->talk_deadline_ns = RDY_NEVER;
    rdy_timer_wheel_cancel(&connector->wheel, &probe->timer); /* it was the connect's */
    advance_talk(connector, probe);
}

/* ---- the connect ---- */

static void note_peak(peer_connector *connector)
{
    const size_t now = connector->under_way + connector->resolving;
    if (now > connector->peak)
        connector->peak = now;
}

static void advance_attempt(peer_connector *connector, peer_probe *probe)
{
    const int64_t now_ns = rdy_clock_now();
    const rdy_connector_state state = rdy_connector_advance(&probe->attempt, now_ns);
    const int error = probe->attempt.error;
    switch (state) {
    case RDY_CONNECTOR_CONNECTED:
        (void)rdy_connector_take(&probe->attempt, &probe->stream); /* connected, so it has one */
        begin_talk(connector, probe);
        break;
    case RDY_CONNECTOR_FAILED:
        fail_attempt(connector, probe, error, rdy_failure_from_error(error));
        break;
    case RDY_CONNECTOR_TOO_LATE:
        rdy_connector_close(&probe->attempt);
        fail(connector, probe, error, RDY_FAILURE_TIMED_OUT);
        break;
    case RDY_CONNECTOR_CONNECTING:
    case RDY_CONNECTOR_IDLE:
        break; /* its event was of no consequence */
    }
}

static int open_attempt(peer_connector *connector, peer_probe *probe, int64_t deadline_ns)
{
    /* With a talk edges of both directions from the start: no second registration when it is connected. */
    const rdy_interest interest =
        connector->talk.advance == NULL ? RDY_WRITABLE : RDY_READABLE | RDY_WRITABLE;
    int error = rdy_connector_start(probe->outcome.address, NULL, deadline_ns, &probe->attempt);
    if (error == 0 && probe->attempt.state == RDY_CONNECTOR_CONNECTING)
        error = rdy_registry_register(rdy_poll_registry(connector->poll), &probe->attempt.stream.source,
                                      peer_probe_index(connector, probe), interest);
    if (error < 0)
        rdy_connector_close(&probe->attempt);
    return error;
}

/* Of an error that came at once: a network is then unreachable because this machine has no route. */
static rdy_failure failure_at_once(int error)
{
    return error == -ENETUNREACH ? RDY_FAILURE_LOCAL : rdy_failure_from_error(error);
}

/* 0, or what this machine lacked: nothing was started then. */
static int start_connect(peer_connector *connector, peer_probe *probe)
{
    const int64_t deadline_ns = rdy_clock_after(probe->started_ns, connector->timeout_ns);
    probe->outcome.attempts++;
    const int error = open_attempt(connector, probe, deadline_ns);
    if (is_exhaustion(error))
        return error;
    probe->outcome.state = PEER_CONNECTING;
    connector->under_way++;
    note_peak(connector);
    rdy_timer_wheel_arm(&connector->wheel, &probe->timer, deadline_ns);
    if (error < 0)
        fail_attempt(connector, probe, error, failure_at_once(error));
    else if (probe->attempt.state != RDY_CONNECTOR_CONNECTING)
        advance_attempt(connector, probe);
    return 0;
}

/* ---- the lookup ---- */

static int start_lookup(peer_connector *connector, peer_probe *probe)
{
    const size_t index = peer_probe_index(connector, probe);
    const peer *entry = &connector->peers[index];
    const int error = resolver_ask(connector->resolver, entry->host, entry->port, index);
    if (error < 0)
        return error;
    connector->lookups++;
    connector->resolving++;
    note_peak(connector);
    probe->outcome.state = PEER_RESOLVING;
    rdy_timer_wheel_arm(&connector->wheel, &probe->timer,
                        rdy_clock_after(probe->started_ns, connector->timeout_ns));
    return 0;
}

static void use_addresses(peer_connector *connector, peer_probe *probe)
{
    const int found = take_next_address(connector, probe);
    if (found > 0)
        put_back(connector, probe);
    else if (found == 0)
        fail(connector, probe, -EALREADY, RDY_FAILURE_OTHER);
    else
        fail(connector, probe, found, RDY_FAILURE_LOCAL);
}

static void take_lookup(peer_connector *connector, const resolved *answer)
{
    peer_probe *probe = &connector->probes[answer->key];
    connector->lookups--;
    probe->addresses = answer->addresses;
    probe->address_count = answer->count;
    if (probe->outcome.state != PEER_RESOLVING)
        return; /* its deadline came first */
    if (answer->error == -ENXIO)
        fail(connector, probe, -ENXIO, RDY_FAILURE_OTHER);
    else if (answer->error < 0)
        fail(connector, probe, answer->error, RDY_FAILURE_LOCAL);
    else
        use_addresses(connector, probe);
}

/* ---- the turns ---- */

static bool may_retry(const peer_connector *connector)
{
    return connector->retries.first != NULL && connector->under_way < connector->concurrency &&
           (connector->tries > 0 || connector->under_way + connector->resolving == 0);
}

/*
 * The queue whose turn it is: that of the peer which was given first. NULL if no peer can be started. A
 * lookup's clock runs, so it is not begun before a thread is free to do it.
 */
static peer_queue *queue_to_serve(peer_connector *connector)
{
    const peer_probe *name = connector->names.first;
    const peer_probe *address = connector->addresses.first;
    if (connector->is_sequential && connector->under_way + connector->resolving > 0)
        return NULL;
    if (connector->lookups >= RESOLVER_THREADS)
        name = NULL;
    if (connector->under_way >= connector->concurrency)
        address = NULL;
    if (name == NULL && address == NULL)
        return may_retry(connector) ? &connector->retries : NULL;
    const bool is_name = address == NULL || (name != NULL && name < address);
    return is_name ? &connector->names : &connector->addresses;
}

static void begin_clock(peer_probe *probe)
{
    const int64_t now_ns = rdy_clock_now();
    probe->started_ns = now_ns - probe->outcome.elapsed_ns;
    if (probe->outcome.started_ns == 0)
        probe->outcome.started_ns = now_ns;
}

bool peer_probe_can_start(peer_connector *connector)
{
    return queue_to_serve(connector) != NULL;
}

int peer_probe_start_waiting(peer_connector *connector)
{
    peer_queue *queue;
    for (int i = 0; i < STARTS_AT_ONCE && (queue = queue_to_serve(connector)) != NULL; i++) {
        peer_probe *probe = peer_queue_take(queue);
        begin_clock(probe);
        connector->tries -= queue == &connector->retries && connector->tries > 0;
        const int error =
            queue == &connector->names ? start_lookup(connector, probe) : start_connect(connector, probe);
        if (error < 0) {
            peer_queue_prepend(queue, probe);
            return error;
        }
    }
    return 0;
}

void peer_probe_handle(peer_connector *connector, rdy_token token)
{
    if (token == PEER_PROBE_SIGNAL_TOKEN) {
        connector->is_stopped = true;
        return;
    }
    if (token != PEER_PROBE_LOOKUP_TOKEN) {
        peer_probe *probe = &connector->probes[token];
        if (probe->outcome.state == PEER_TALKING)
            advance_talk(connector, probe);
        else
            advance_attempt(connector, probe);
        return;
    }
    resolved answer;
    while (resolver_next(connector->resolver, &answer) > 0)
        take_lookup(connector, &answer);
}

void peer_probe_expire(peer_connector *connector, peer_probe *probe)
{
    if (probe->outcome.state == PEER_CONNECTING) {
        advance_attempt(connector, probe);
        return;
    }
    if (probe->outcome.state == PEER_TALKING)
        advance_talk(connector, probe);
    else if (probe->outcome.state == PEER_RESOLVING)
        fail(connector, probe, -ETIMEDOUT, RDY_FAILURE_TIMED_OUT);
}

void peer_probe_give_up(peer_connector *connector, peer_probe *probe, int error)
{
    note_failure(&probe->outcome, error, RDY_FAILURE_LOCAL);
    fail(connector, probe, probe->outcome.error, probe->outcome.failure);
}
