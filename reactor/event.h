#ifndef RDY_REACTOR_EVENT_H
#define RDY_REACTOR_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reactor/export.h"
#include "reactor/token.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What one wait says about one registration: a plain value of 16 bytes (12 or less on 32-bit machines) that
 * stays valid for as long as the caller keeps it. Read it through the functions below.
 */
typedef struct rdy_event {
    rdy_token token; /* as given to register or reregister */
    uint32_t flags;  /* RDY_EVENT_* */
} rdy_event;

#define RDY_EVENT_READABLE     UINT32_C(1)
#define RDY_EVENT_WRITABLE     UINT32_C(2)
#define RDY_EVENT_ERROR        UINT32_C(4)
#define RDY_EVENT_READ_CLOSED  UINT32_C(8)
#define RDY_EVENT_PRIORITY     UINT32_C(16)
#define RDY_EVENT_WRITE_CLOSED UINT32_C(32)

/*
 * Guaranteed on every backend: a read (or accept) will not block, or will report the end of the stream or an
 * error. A close and an error set it too if readable was asked for, so a program that looks at readable and
 * writable alone never hangs.
 */
static inline bool rdy_event_is_readable(rdy_event event)
{
    return (event.flags & RDY_EVENT_READABLE) != 0;
}

/*
 * Guaranteed on every backend: a write will not block, or will report an error. An error or a closed write
 * side sets it too if writable was asked for. On a connecting stream it means "ask
 * rdy_tcp_stream_finish_connect".
 */
static inline bool rdy_event_is_writable(rdy_event event)
{
    return (event.flags & RDY_EVENT_WRITABLE) != 0;
}

/* Hint: an error waits on the source; the next operation names it. */
static inline bool rdy_event_is_error(rdy_event event)
{
    return (event.flags & RDY_EVENT_ERROR) != 0;
}

/* Hint: nothing more will arrive. Bytes that came before may still be unread: read until 0. */
static inline bool rdy_event_is_read_closed(rdy_event event)
{
    return (event.flags & RDY_EVENT_READ_CLOSED) != 0;
}

/* Hint: nothing that is written will be taken any more. */
static inline bool rdy_event_is_write_closed(rdy_event event)
{
    return (event.flags & RDY_EVENT_WRITE_CLOSED) != 0;
}

/* Hint: out-of-band data waits. */
static inline bool rdy_event_is_priority(rdy_event event)
{
    return (event.flags & RDY_EVENT_PRIORITY) != 0;
}

/*
 * Whether a read that asked a stream for `wanted` bytes and got `count` has taken all that this event
 * announced, so that the next read would only say -EAGAIN and can be saved. That is so after a short read,
 * unless the event told of a close or an error: those need a read of their own, and no further edge would
 * announce them (epoll(7), Q9). Some things stop a read before the bytes do: TCP's urgent mark (tcp(7)), which
 * events tell to whoever asked for RDY_PRIORITY too, descriptors sent over a Unix socket (unix(7)), the end of a
 * line of a terminal (termios(3)) and that of a packet of a pipe with O_DIRECT (pipe(2)). If there may be some,
 * and the event may not tell, read until -EAGAIN.
 */
static inline bool rdy_event_is_drained(rdy_event event, ptrdiff_t count, size_t wanted)
{
    const uint32_t ended =
        RDY_EVENT_ERROR | RDY_EVENT_READ_CLOSED | RDY_EVENT_WRITE_CLOSED | RDY_EVENT_PRIORITY;
    return count > 0 && (size_t)count < wanted && (event.flags & ended) == 0;
}

/* Room for any event that rdy_event_print writes, the final NUL included. */
#define RDY_EVENT_TEXT_MAX 128

/*
 * Writes the event as text ("Event { token: 7, flags: READABLE | READ_CLOSED }") and returns the length of
 * the whole text, like snprintf(3): a result of `size` or more says that it was cut. `text` may be NULL when
 * `size` is 0.
 */
RDY_API int rdy_event_print(rdy_event event, char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
