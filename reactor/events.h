#ifndef RDY_REACTOR_EVENTS_H
#define RDY_REACTOR_EVENTS_H

#include <stddef.h>

#include "reactor/event.h"
#include "reactor/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A reusable buffer for the events of one wait. The fields are for reading; a plain loop walks it:
 *
 *     for (size_t i = 0; i < events.count; i++)
 *         handle(events.items[i]);
 *
 * `items` lies in one block that rdy_events_alloc took, and no wait allocates. One thread at a time.
 */
typedef struct rdy_events {
    rdy_event *items;
    size_t count;
    size_t capacity;
} rdy_events;

/*
 * Makes room for `capacity` events, the most that one wait will report. 0 on success; -EINVAL for a capacity
 * of 0 or above INT_MAX / 16; -ENOMEM. `events` is written on success only and belongs to the caller.
 */
RDY_API int rdy_events_alloc(size_t capacity, rdy_events *events);

/* Forgets the events and keeps the room. */
static inline void rdy_events_clear(rdy_events *events)
{
    events->count = 0;
}

/* Returns the room. NULL, a zeroed buffer and a buffer freed before are fine. */
RDY_API void rdy_events_free(rdy_events *events);

#ifdef __cplusplus
}
#endif

#endif
