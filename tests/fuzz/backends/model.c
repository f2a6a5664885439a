#include "tests/fuzz/backends/model.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

struct known ends[ENDS];

/* ---- changes ---- */

void model_reset(void)
{
    for (int end = 0; end < ENDS; end++)
        ends[end] = (struct known){.poll = -1};
}

void model_open(int pair, enum kind kind)
{
    ends[2 * pair] = ends[2 * pair + 1] = (struct known){.kind = kind, .is_open = true, .poll = -1};
}

void model_close(int end)
{
    ends[end].is_open = false;
    ends[end].poll = -1;
}

void model_read(int end, ptrdiff_t result)
{
    struct known *known = &ends[end];
    if (known->kind == UNIX_DATAGRAM)
        known->waiting -= result >= 0 && known->waiting > 0;
    else if (result > 0)
        known->waiting -= (size_t)result < known->waiting ? (size_t)result : known->waiting;
}

void model_wrote(int end, ptrdiff_t result)
{
    struct known *peer = &ends[peer_of(end)];
    ends[end].writes++;
    ends[end].is_doomed =
        ends[end].is_doomed || (ends[end].kind == TCP_STREAM && !peer->is_open && result > 0);
    if (result >= 0 && peer->is_open)
        peer->waiting += peer->kind == UNIX_DATAGRAM ? 1 : (size_t)result;
    if (result == -ECONNREFUSED) /* Linux ends the association, and throws away what came of it */
        ends[end].waiting = 0;
}

/* Events show it from now on; but a oneshot, which may have fired, has to be reregistered first. */
void model_shut(int end, int how)
{
    struct known *known = &ends[end];
    known->shut_read = known->shut_read || how != SHUT_WR;
    known->shut_write = known->shut_write || how != SHUT_RD;
    const rdy_interest shut = (how != SHUT_WR ? RDY_READABLE : 0) | (how != SHUT_RD ? RDY_WRITABLE : 0);
    if (known->poll >= 0 && !(known->interest & RDY_ONESHOT) && (known->interest & shut) != 0)
        model_register(end, known->poll, known->token, known->interest);
}

void model_register(int end, int poll, rdy_token token, rdy_interest interest)
{
    struct known *known = &ends[end];
    known->poll = poll;
    known->token = token;
    known->interest = interest;
    known->shown =
        (known->shut_read ? RDY_EVENT_READ_CLOSED : 0) | (known->shut_write ? RDY_EVENT_WRITE_CLOSED : 0);
}

void model_end_registrations(int poll)
{
    for (int end = 0; end < ENDS; end++)
        if (ends[end].poll == poll)
            ends[end].poll = -1;
}

/* ---- questions ---- */

bool has_no_writer(int end)
{
    const struct known *known = &ends[end], *peer = &ends[peer_of(end)];
    return known->shut_read || known->is_doomed ||
           (known->kind != UNIX_DATAGRAM && (!peer->is_open || peer->shut_write));
}

/* A Unix stream knows when its peer reads no more; TCP only learns that it is gone. */
bool has_no_reader(int end)
{
    const struct known *known = &ends[end], *peer = &ends[peer_of(end)];
    return known->shut_write || known->is_doomed ||
           (known->kind != UNIX_DATAGRAM &&
            (!peer->is_open || (known->kind == UNIX_STREAM && peer->shut_read)));
}

struct levels levels_of(int end, uint32_t bits)
{
    const bool is_read = sensible_interest(ends[end].kind, end) & RDY_READABLE;
    const bool is_readable = ends[end].kind == TCP_STREAM
                                 ? (bits & (POLLIN | POLLRDHUP | POLLHUP | POLLERR)) != 0
                                 : is_read && (ends[end].waiting > 0 || has_no_writer(end));
    struct levels levels = {.told = is_readable ? RDY_READABLE : 0};
    if (bits & (POLLOUT | POLLERR))
        levels.told |= RDY_WRITABLE;
    levels.allowed = levels.told | (bits & POLLHUP ? RDY_WRITABLE : 0);
    return levels;
}

bool is_right_read(int end, size_t size, ptrdiff_t result)
{
    const struct known *known = &ends[end];
    if (known->kind == TCP_STREAM)
        return true;
    if (known->waiting > 0 && known->kind == UNIX_DATAGRAM)
        return result >= 0;
    if (known->waiting > 0)
        return result == (ptrdiff_t)(size < known->waiting ? size : known->waiting);
    if (known->kind == UNIX_DATAGRAM || !has_no_writer(end))
        return result == -EAGAIN;
    return result <= 0 && result != -EAGAIN;
}

static bool is_valid(rdy_interest interest)
{
    const rdy_interest triggers = RDY_LEVEL | RDY_ONESHOT;
    return (interest & (BOTH | RDY_PRIORITY)) != 0 && (interest & ~(BOTH | RDY_PRIORITY | triggers)) == 0 &&
           (interest & triggers) != triggers;
}

int right_register(int end, rdy_interest interest)
{
    if (!is_valid(interest))
        return -EINVAL;
    if (ends[end].poll >= 0)
        return -EEXIST;
    return ends[end].is_open ? 0 : -EBADF;
}

int right_deregister(int end, int poll)
{
    if (ends[end].poll < 0)
        return -ENOENT;
    return ends[end].poll == poll ? 0 : -EEXIST;
}

int right_reregister(int end, int poll, rdy_interest interest)
{
    return is_valid(interest) ? right_deregister(end, poll) : -EINVAL;
}

/*
 * A hang-up or an error that the kernel tells without a direction may bring a flag along that nobody asked for, and so
 * may urgent data. Hints may be missing, but what they say is so.
 */
bool are_sound(int end, uint32_t bits, uint32_t flags, uint32_t told)
{
    const struct known *known = &ends[end];
    const uint32_t asked = known->interest & BOTH;
    const uint32_t allowed = levels_of(end, bits).allowed;
    const bool is_vague = (bits & (POLLHUP | POLLERR)) != 0 || (known->interest & RDY_PRIORITY) != 0;
    if ((flags & told) != told || (flags & asked & ~allowed) != 0 || (flags & BOTH & ~asked && !is_vague))
        return false;
    if ((flags & asked) == 0 && !(bits & POLLHUP))
        return false;
    if ((flags & RDY_EVENT_READ_CLOSED && !has_no_writer(end) && !(bits & (POLLERR | POLLHUP))) ||
        (flags & RDY_EVENT_WRITE_CLOSED && !has_no_reader(end) && !(bits & (POLLERR | POLLHUP))) ||
        (flags & RDY_EVENT_ERROR && !(bits & POLLERR)) || (flags & RDY_EVENT_PRIORITY && !(bits & POLLPRI)))
        return false;
    const uint32_t shut = (flags & asked & RDY_READABLE ? known->shown & RDY_EVENT_READ_CLOSED : 0) |
                          (flags & asked & RDY_WRITABLE ? known->shown & RDY_EVENT_WRITE_CLOSED : 0);
    return (flags & shut) == shut;
}
