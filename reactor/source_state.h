#ifndef RDY_REACTOR_SOURCE_STATE_H
#define RDY_REACTOR_SOURCE_STATE_H

/* Private: what source.c and source_io.[ch] keep in the state of a source. */

#include "reactor/os/backend.h"
#include "reactor/source.h"

#define RDY_SHUT (RDY_SHUT_READ | RDY_SHUT_WRITE)

/*
 * The bits: one of the first two where there is a descriptor, for a zeroed source has none, although 0 is one. Above
 * them lie an interest with what was shut down, and an errno that is kept.
 */
enum {
    RDY_SOURCE_PLAIN = 1,     /* nobody else has to know of what is read and written */
    RDY_SOURCE_REPORTS = 2,   /* the backend wants to know of operations that would block */
    RDY_SOURCE_CONNECTED = 4, /* net/: the connection was made */
    RDY_SOURCE_ASKED_SHIFT = 4,
    RDY_SOURCE_ASKED_MASK = 0x7ff,
    RDY_SOURCE_ERROR_SHIFT = 16,
};

_Static_assert(((RDY_CONDITIONS | RDY_TRIGGERS | RDY_EXCLUSIVE | RDY_SHUT) &
                ~(uint32_t)RDY_SOURCE_ASKED_MASK) == 0,
               "room for an interest");

static inline int rdy_source_descriptor(const rdy_source *source)
{
    return source->state & (RDY_SOURCE_PLAIN | RDY_SOURCE_REPORTS) ? source->fd : -1;
}

#endif
