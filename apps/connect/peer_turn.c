#include "apps/connect/peer_turn.h"

#include "apps/connect/peer_attempt.h"
#include "apps/connect/peer_lookup.h"
#include "apps/connect/peer_race.h"

enum {
    STARTS_AT_ONCE = 128, /* about a millisecond, so that answers are seen when they come */
};

/* A race is begun when there is room for all of it: one that had to wait for room might time out for that. */
static bool has_room(const peer_connector *connector, const peer_probe *probe)
{
    return connector->reserved == 0 ||
           connector->reserved + peer_race_width(connector, probe) <= connector->concurrency;
}

static bool may_try_faulted(const peer_connector *connector)
{
    return connector->faulted.first != NULL && has_room(connector, connector->faulted.first) &&
           (connector->fault_tries > 0 || connector->under_way + connector->resolving == 0);
}

/*
 * The queue whose turn it is: of races that grow, for their time runs, then that of the peer which was given
 * first, with those that have begun before those that have not. NULL if no peer can be started. A lookup's clock
 * runs, too, so it is not begun before the resolver has room for it.
 */
static peer_queue *queue_to_serve(peer_connector *connector, bool may_connect)
{
    peer_queue *addresses = connector->begun.first != NULL ? &connector->begun : &connector->addresses;
    const peer_probe *name = connector->names.first;
    const peer_probe *address = addresses->first;
    if (connector->growing.first != NULL && may_connect)
        return &connector->growing;
    if (connector->is_sequential && connector->under_way + connector->resolving + connector->backing_off > 0)
        return NULL;
    if (connector->lookups >= resolver_at_once())
        name = NULL;
    if (address != NULL && (!may_connect || !has_room(connector, address)))
        address = NULL;
    if (name == NULL && address == NULL)
        return may_connect && may_try_faulted(connector) ? &connector->faulted : NULL;
    const bool is_name = address == NULL || (name != NULL && name < address);
    return is_name ? &connector->names : addresses;
}

int64_t peer_turn_next(peer_connector *connector)
{
    if (queue_to_serve(connector, false) != NULL)
        return connector->rest_end_ns;
    if (queue_to_serve(connector, true) == NULL)
        return RDY_NEVER;
    const int64_t paced_ns = pace_next(&connector->pace);
    return paced_ns < connector->rest_end_ns ? connector->rest_end_ns : paced_ns;
}

bool peer_turn_rest(peer_connector *connector, int error)
{
    if (!peer_probe_is_exhaustion(error) || connector->rests == connector->most_rests)
        return false;
    const int64_t rest_ns = PEER_CONNECTOR_REST << connector->rests++;
    connector->rest_end_ns = rdy_clock_after(rdy_clock_now(), rest_ns);
    return true;
}

static void begin_clock(peer_probe *probe, int64_t now_ns)
{
    probe->outcome.try_started_ns = now_ns - (probe->outcome.elapsed_ns - probe->outcome.earlier_ns);
    if (probe->outcome.started_ns == 0)
        probe->outcome.started_ns = now_ns;
}

static int start(peer_connector *connector, const peer_queue *queue, peer_probe *probe, int64_t now_ns)
{
    if (queue == &connector->growing)
        return peer_attempt_start_another(connector, probe);
    begin_clock(probe, now_ns);
    return queue == &connector->names ? peer_lookup_start(connector, probe)
                                      : peer_attempt_start(connector, probe);
}

static int start_from(peer_connector *connector, peer_queue *queue, int64_t now_ns)
{
    peer_probe *probe = peer_queue_take(queue);
    const unsigned earlier = probe->outcome.attempts;
    probe->is_growing = false;
    connector->fault_tries -= queue == &connector->faulted && connector->fault_tries > 0;
    const int error = start(connector, queue, probe, now_ns);
    if (error < 0) {
        peer_queue_prepend(queue, probe);
        probe->is_growing = queue == &connector->growing;
    } else if (probe->outcome.attempts > earlier) { /* neither a lookup nor a race without another address */
        pace_step(&connector->pace, now_ns);
    }
    if (error == 0)
        connector->rests = 0;
    return error;
}

int peer_turn_start(peer_connector *connector)
{
    int error = 0;
    for (int i = 0; i < STARTS_AT_ONCE && error == 0; i++) {
        const int64_t now_ns = rdy_clock_now();
        peer_queue *queue = queue_to_serve(connector, pace_next(&connector->pace) <= now_ns);
        if (queue == NULL || now_ns < connector->rest_end_ns)
            return 0;
        error = start_from(connector, queue, now_ns);
    }
    return error;
}
