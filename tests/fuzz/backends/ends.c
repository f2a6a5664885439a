#include "tests/fuzz/backends/calls.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/fuzz/backends/waits.h"
#include "tests/fuzz/fuzz.h"

enum { LARGEST = 65536 };

/* ---- what is done to an end ---- */

static bool is_settled(const struct side *side, int end)
{
    const uint32_t gone = POLLHUP | POLLERR;
    const uint32_t bits = ends[end].is_open ? bits_of(&side->sources[end]) : gone;
    if (bits & gone || ends[end].is_doomed)
        return (bits & gone) != 0;
    const bool has_all = ends[end].shut_read || waiting_bytes(&side->sources[end]) >= ends[end].waiting;
    return has_all && (!has_no_writer(end) || bits & POLLRDHUP);
}

/* TCP answers at once on the loopback, unless a thread of the kernel has to do it: when that has its turn. */
static void settle(int end)
{
    enum { PATIENCE = 5000 }; /* looks a millisecond apart, within the time that an input has */
    if (ends[end].kind != TCP_STREAM)
        return;
    for (struct side *side = sides; side < sides_end; side++) {
        int looks = 0;
        while (!(is_settled(side, end) && is_settled(side, peer_of(end)))) {
            must_be_right(looks < PATIENCE, side, "end %d is not settled", end);
            (void)poll(NULL, 0, looks++ > 10);
        }
    }
}

static void did_touch(int end)
{
    touch(end);
    settle(end);
}

/* Where a read came right after the event, rdy_event_is_drained may say that the next one can be saved. */
static void must_be_drained(const struct side *side, int end, ptrdiff_t count, size_t size)
{
    const rdy_event event = {.flags = side->last_flags[end]};
    if (ends[end].kind == UNIX_DATAGRAM || !rdy_event_is_readable(event) ||
        !rdy_event_is_drained(event, count, size))
        return;
    must_be_right(!(levels_of(end, bits_of(&side->sources[end])).told & RDY_READABLE), side,
                  "end %d is not drained by %td of %zu after %#x", end, count, size, event.flags);
}

static ptrdiff_t read_raw(rdy_source *source, void *bytes, size_t size)
{
    ptrdiff_t count = read(rdy_source_fd(source), bytes, size);
    count = count < 0 ? -errno : count;
    if (count == -EAGAIN || (count > 0 && (size_t)count < size))
        must_hold(rdy_source_blocked(source, RDY_READABLE) ==
                  (rdy_source_is_registered(source) ? 0 : -ENOENT));
    return count;
}

ptrdiff_t read_from(int end, size_t size, bool is_raw)
{
    static uint8_t bytes[LARGEST];
    struct result result;
    for (struct side *side = sides; side < sides_end; side++)
        result.values[side - sides] = is_raw ? read_raw(&side->sources[end], bytes, size)
                                             : read_end(ends[end].kind, &side->sources[end], bytes, size);
    const ptrdiff_t count = same("read", end, result);
    must_hold(is_right_read(end, size, count));
    model_read(end, count);
    for (struct side *side = sides; side < sides_end; side++) {
        must_be_drained(side, end, count, size);
        const bool is_readable = levels_of(end, bits_of(&side->sources[end])).told & RDY_READABLE;
        const bool is_short = ends[end].kind != UNIX_DATAGRAM && count > 0 && (size_t)count < size;
        if ((count == -EAGAIN || is_short) && !is_readable && ends[end].poll >= 0 && is_edge(&ends[end]))
            side->armed[end] |= RDY_READABLE & ends[end].interest;
    }
    did_touch(end);
    return count;
}

/*
 * TCP gets no more than its buffers and its first window surely take: how much that is is not the same twice, and for
 * more it waits until a delayed acknowledgement has come.
 */
ptrdiff_t write_to(int end, size_t size)
{
    static uint8_t bytes[LARGEST];
    struct result result;
    if (ends[end].kind == TCP_STREAM && (ends[end].writes == 8 || ends[peer_of(end)].waiting + size > 16384))
        return -EAGAIN;
    for (struct side *side = sides; side < sides_end; side++)
        result.values[side - sides] = write_end(ends[end].kind, &side->sources[end], bytes, size);
    const ptrdiff_t count = same("write", end, result);
    model_wrote(end, count);
    settle(end);
    for (struct side *side = sides; side < sides_end; side++) {
        const bool is_writable = levels_of(end, bits_of(&side->sources[end])).told & RDY_WRITABLE;
        must_be_right(count != -EAGAIN || !is_writable, side, "end %d would block and is writable", end);
        if ((count == -EAGAIN || (count >= 0 && (size_t)count < size)) && !is_writable &&
            ends[end].poll >= 0 && is_edge(&ends[end]))
            side->armed[end] |= RDY_WRITABLE & ends[end].interest;
    }
    did_touch(end);
    return count;
}

void drain(int end, size_t size, bool is_raw)
{
    for (int i = 0; i < 512 && read_from(end, size, is_raw) > 0; i++)
        continue;
}

void fill(int end, size_t size)
{
    for (int i = 0; i < 64 && write_to(end, size) >= 0; i++)
        continue;
}

void shut(int end, int how)
{
    struct result result;
    for (struct side *side = sides; side < sides_end; side++)
        result.values[side - sides] = shutdown_end(ends[end].kind, &side->sources[end], how);
    if (same("shutdown", end, result) == 0) {
        model_shut(end, how);
        if (ends[end].poll >= 0 && is_edge(&ends[end]))
            arm(end, (how != SHUT_WR ? RDY_READABLE : 0) | (how != SHUT_RD ? RDY_WRITABLE : 0));
    }
    did_touch(end);
}

void close_end(int end, bool resets)
{
    trace("%s, end %d", resets ? "discard" : "close", end);
    for (struct side *side = sides; side < sides_end; side++) {
        if (resets)
            discard_end(ends[end].kind, &side->sources[end]);
        else
            rdy_source_close(&side->sources[end]);
        must_hold(rdy_source_fd(&side->sources[end]) == -1);
    }
    model_close(end);
    did_touch(end);
}

/* Its descriptor goes while it is registered: no wait tells of it, and deregister learns of it. */
void lose(int end)
{
    struct result result;
    const int poll = ends[end].poll;
    if (poll < 0)
        return;
    for (struct side *side = sides; side < sides_end; side++)
        must_hold(close(rdy_source_fd(&side->sources[end])) == 0);
    model_close(end);
    did_touch(end);
    wait_on_all(poll, MOST_EVENTS, 0);
    for (struct side *side = sides; side < sides_end; side++) {
        result.values[side - sides] = rdy_source_deregister(&side->sources[end]);
        side->sources[end] = (rdy_source){0};
    }
    expect("deregister after close(2)", end, result, -EBADF);
}

void open_ends(int pair, enum kind kind)
{
    if (ends[2 * pair].is_open || ends[2 * pair + 1].is_open)
        return;
    trace("open pair %d of kind %d", pair, kind);
    for (struct side *side = sides; side < sides_end; side++)
        open_pair(kind, &side->sources[2 * pair]);
    model_open(pair, kind);
}
