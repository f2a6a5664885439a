#include "reactor/events.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

/* What a backend may use for each event while the kernel writes its own kind of event (reactor/os/backend.h).
 */
enum { ROOM = 16 };

int rdy_events_alloc(size_t capacity, rdy_events *events)
{
    if (capacity == 0 || capacity > INT_MAX / ROOM)
        return -EINVAL;
    void *items = calloc(capacity, ROOM);
    if (items == NULL)
        return -ENOMEM;
    *events = (rdy_events){.items = items, .capacity = capacity};
    return 0;
}

void rdy_events_free(rdy_events *events)
{
    if (events == NULL)
        return;
    free(events->items);
    *events = (rdy_events){0};
}
