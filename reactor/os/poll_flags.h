#ifndef RDY_REACTOR_OS_POLL_FLAGS_H
#define RDY_REACTOR_OS_POLL_FLAGS_H

#include <poll.h>
#include <stdint.h>

#include "reactor/event.h"

#ifndef POLLRDHUP
#define POLLRDHUP 0
#endif

/*
 * The flags that bits of poll(2) stand for; those of epoll(7) have the same values on Linux. The kernel masks
 * the bits with what was asked for, except ERR and HUP, which it always adds. So beside HUP, a missing IN or
 * OUT was not asked for:
 *
 *     HUP | OUT         never connected, or closed and asked for writable alone: no hint of a close; if readable was
 *                       asked for (a terminal's end is told so too), the backend has to add it
 *     HUP               closed and asked for readable alone, or the reading end of a pipe. A Unix stream that is full,
 *                       whose peer shut both directions and lives on, and that was asked for writable alone looks the
 *                       same, and nothing tells it from a socket that was never connected: it is not writable
 *     HUP | OUT | ERR   failed, and asked for writable alone
 *     HUP | ERR         the same while what was written is being thrown away: OUT would come in a moment
 *     ERR               the writing end of a full pipe without a reader, or an error of a source asked for
 *                       readable alone: both flags, for neither may hang
 */
static inline uint32_t rdy_flags_from_poll(uint32_t bits)
{
    const uint32_t in = bits & (POLLIN | POLLPRI | POLLRDHUP);
    const uint32_t out = bits & POLLOUT;
    const uint32_t error = bits & POLLERR;
    const uint32_t hung_up = bits & POLLHUP && (bits & ~(uint32_t)POLLHUP) != POLLOUT;

    uint32_t flags = 0;
    if (in || (hung_up ? !out : error))
        flags |= RDY_EVENT_READABLE;
    if (out || (error && (!hung_up || !in)))
        flags |= RDY_EVENT_WRITABLE;
    if (error)
        flags |= RDY_EVENT_ERROR;
    if (hung_up || (bits & POLLRDHUP))
        flags |= RDY_EVENT_READ_CLOSED;
    if (hung_up || (error && (out || !in)))
        flags |= RDY_EVENT_WRITE_CLOSED;
    if (bits & POLLPRI)
        flags |= RDY_EVENT_PRIORITY;
    return flags;
}

#endif
