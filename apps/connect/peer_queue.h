#ifndef RDY_APPS_CONNECT_PEER_QUEUE_H
#define RDY_APPS_CONNECT_PEER_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "apps/connect/peer_connector.h"
#include "net/connector.h"
#include "reactor/timer_wheel.h"

typedef struct peer_rival peer_rival;

/* The probe of one peer. Its token is its place in the connector's array. */
typedef struct peer_probe {
    rdy_timer timer; /* first: the wheel hands it back for the probe */
    rdy_connector attempt;
    peer_rival *rivals;     /* earlier attempts that are under way still: peer_race.h */
    size_t reserved;        /* connections that it may have now, of the connector's */
    rdy_tcp_stream stream;  /* once connected */
    rdy_address *addresses; /* that its name stands for; NULL for an entry that is an address */
    size_t address_count;
    size_t address_claimed; /* of these, the first ones, that no other peer is connected to */
    size_t address_next;    /* to be tried when the present one has failed; at most `address_claimed` */
    int64_t talk_started_ns;
    int64_t talk_deadline_ns;
    unsigned retries; /* that it has had */
    bool is_growing;  /* in the queue for another attempt beside those it has */
    bool is_faulted;  /* an attempt was ended by this machine */
    peer_outcome outcome;
    struct peer_probe *next; /* in the queue it is in: at most one */
} peer_probe;

/* First in, first out. A zeroed queue is empty. */
typedef struct peer_queue {
    peer_probe *first;
    peer_probe *last;
} peer_queue;

static inline void peer_queue_append(peer_queue *queue, peer_probe *probe)
{
    probe->next = NULL;
    if (queue->first == NULL)
        queue->first = probe;
    else
        queue->last->next = probe;
    queue->last = probe;
}

/* Puts a probe back to where it was taken from. */
static inline void peer_queue_prepend(peer_queue *queue, peer_probe *probe)
{
    probe->next = queue->first;
    if (queue->first == NULL)
        queue->last = probe;
    queue->first = probe;
}

/* Takes out one that is in the queue. */
static inline void peer_queue_remove(peer_queue *queue, const peer_probe *probe)
{
    peer_probe *before = NULL;
    for (peer_probe *each = queue->first; each != probe; each = each->next)
        before = each;
    if (before == NULL)
        queue->first = probe->next;
    else
        before->next = probe->next;
    if (queue->last == probe)
        queue->last = before;
}

/* NULL if the queue is empty. */
static inline peer_probe *peer_queue_take(peer_queue *queue)
{
    peer_probe *probe = queue->first;
    if (probe != NULL)
        queue->first = probe->next;
    return probe;
}

#endif
