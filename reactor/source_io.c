#include "reactor/source_io.h"

#include <errno.h>

#include "reactor/core.h"
#include "reactor/os/sigpipe.h"
#include "reactor/os/sys.h"
#include "reactor/source_state.h"

/* To a backend that wants to know of every answer, and not only of those that would block. */
static void tell_answer(rdy_source *source, rdy_interest direction, ptrdiff_t result, size_t wanted)
{
    struct rdy_registry *registry = source->registry;
    if (rdy_registry_is_inherited(registry))
        return;
    pthread_mutex_lock(&registry->lock);
    if (!atomic_load(&registry->closed) &&
        registry->backend->answered(registry->state, source->fd, direction, result, wanted) > 0)
        rdy_registry_rouse(registry);
    pthread_mutex_unlock(&registry->lock);
}

/* Moving less than was asked is as good as a would-block: callers may take it for one (rdy_event_is_drained).
 */
static ptrdiff_t settle(rdy_source *source, rdy_interest direction, ptrdiff_t result, size_t wanted)
{
    const bool blocked = result == -EAGAIN || (result > 0 && (size_t)result < wanted);
    if (!(source->state & RDY_SOURCE_REPORTS))
        return result;
    if (source->registry->backend->answered != NULL)
        tell_answer(source, direction, result, wanted);
    else if (blocked)
        (void)rdy_source_blocked(source, direction);
    return result;
}

int rdy_source_failed(rdy_source *source, rdy_interest direction, int error)
{
    return (int)settle(source, direction, error, 1);
}

int rdy_source_would_block(rdy_source *source, rdy_interest direction)
{
    return rdy_source_failed(source, direction, -EAGAIN);
}

void rdy_source_defer(rdy_source *source)
{
    (void)settle(source, RDY_READABLE, 0, 1); /* as after the end: it goes by what it knows, not by events */
}

/* The end of a stream whose error the kernel has told before is that error. */
static ptrdiff_t settle_read(rdy_source *source, ptrdiff_t result, size_t wanted)
{
    if (result == 0 && wanted != 0 && rdy_source_kept_error(source) != 0)
        result = rdy_source_kept_error(source);
    return settle(source, RDY_READABLE, result, wanted);
}

/* Bytes moved, and no backend to tell of it: what nearly every call finds. */
static inline bool is_settled(const rdy_source *source, ptrdiff_t result)
{
    return result > 0 && !(source->state & RDY_SOURCE_REPORTS);
}

ptrdiff_t rdy_source_finish_recv(const struct rdy_reading *reading, int flags, ptrdiff_t result)
{
    rdy_source *const source = reading->source;
    if (result == -EINTR)
        result = rdy_sys_recv(rdy_source_descriptor(source), reading->bytes, reading->size, flags);
    return settle_read(source, result, reading->size);
}

ptrdiff_t rdy_source_finish_send(const struct rdy_writing *writing, int flags, ptrdiff_t result)
{
    rdy_source *const source = writing->source;
    if (result == -EINTR)
        result = rdy_sys_send(rdy_source_descriptor(source), writing->bytes, writing->size, flags);
    return settle(source, RDY_WRITABLE, result, writing->size);
}

ptrdiff_t rdy_source_recvmsg(rdy_source *source, struct msghdr *message, size_t size, int flags)
{
    ptrdiff_t result = rdy_sys_recvmsg(rdy_source_descriptor(source), message, flags);
    return is_settled(source, result) ? result : settle_read(source, result, size);
}

ptrdiff_t rdy_source_sendmsg(rdy_source *source, const struct msghdr *message, size_t size, int flags)
{
    ptrdiff_t result = rdy_sys_sendmsg(rdy_source_descriptor(source), message, flags);
    return is_settled(source, result) ? result : settle(source, RDY_WRITABLE, result, size);
}

static int take_kept_error(rdy_source *source)
{
    const int error = rdy_source_kept_error(source);
    if (error != 0)
        rdy_source_keep_error(source, 0);
    return error;
}

ptrdiff_t rdy_source_recv_datagram(rdy_source *source, struct msghdr *message, int flags)
{
    const int kept = take_kept_error(source);
    ptrdiff_t result = kept != 0 ? kept : rdy_sys_recvmsg(rdy_source_descriptor(source), message, flags);
    return result == -EAGAIN ? rdy_source_would_block(source, RDY_READABLE) : result;
}

ptrdiff_t rdy_source_send_datagram(rdy_source *source, const struct msghdr *message)
{
    ptrdiff_t result = rdy_sys_sendmsg(rdy_source_descriptor(source), message, 0);
    return result == -EAGAIN ? rdy_source_would_block(source, RDY_WRITABLE) : result;
}

/* What recvmmsg(2) does, the error that comes too late to be told included. */
static ptrdiff_t recv_one_by_one(rdy_source *source, rdy_sys_message *messages, unsigned count)
{
    ptrdiff_t done = 0;
    for (rdy_sys_message *message = messages; message < messages + count; message++, done++) {
        ptrdiff_t result = rdy_sys_recvmsg(rdy_source_descriptor(source), &message->msg_hdr, 0);
        if (result < 0 && done > 0 && result != -EAGAIN)
            rdy_source_keep_error(source, (int)result);
        if (result < 0)
            return done > 0 ? done : result;
        message->msg_len = (unsigned)result;
    }
    return done;
}

static ptrdiff_t send_one_by_one(const rdy_source *source, rdy_sys_message *messages, unsigned count)
{
    ptrdiff_t done = 0;
    for (rdy_sys_message *message = messages; message < messages + count; message++, done++) {
        ptrdiff_t result = rdy_sys_sendmsg(rdy_source_descriptor(source), &message->msg_hdr, 0);
        if (result < 0)
            return done > 0 ? done : result;
        message->msg_len = (unsigned)result;
    }
    return done;
}

static ptrdiff_t recv_batch(rdy_source *source, rdy_sys_message *messages, unsigned count)
{
    const ptrdiff_t result = rdy_sys_recvmmsg(rdy_source_descriptor(source), messages, count);
    return rdy_sys_is_missing(result) ? recv_one_by_one(source, messages, count) : result;
}

ptrdiff_t rdy_source_recv_datagrams(rdy_source *source, rdy_sys_message *messages, unsigned count)
{
    const int kept = take_kept_error(source);
    const ptrdiff_t result = kept != 0 ? kept : recv_batch(source, messages, count);
    return settle(source, RDY_READABLE, result, count);
}

ptrdiff_t rdy_source_send_datagrams(rdy_source *source, rdy_sys_message *messages, unsigned count)
{
    ptrdiff_t result = rdy_sys_sendmmsg(rdy_source_descriptor(source), messages, count);
    if (rdy_sys_is_missing(result))
        result = send_one_by_one(source, messages, count);
    return settle(source, RDY_WRITABLE, result, count);
}

ptrdiff_t rdy_source_read(rdy_source *source, void *bytes, size_t size)
{
    ptrdiff_t result = rdy_sys_read(rdy_source_descriptor(source), bytes, size);
    return is_settled(source, result) ? result : settle_read(source, result, size);
}

ptrdiff_t rdy_source_readv(rdy_source *source, const struct iovec *pieces, int count, size_t size)
{
    ptrdiff_t result = rdy_sys_readv(rdy_source_descriptor(source), pieces, count);
    return is_settled(source, result) ? result : settle_read(source, result, size);
}

ptrdiff_t rdy_source_write(rdy_source *source, const void *bytes, size_t size)
{
    const struct iovec piece = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size}; /* only read */
    return rdy_source_writev(source, &piece, 1, size);
}

ptrdiff_t rdy_source_writev(rdy_source *source, const struct iovec *pieces, int count, size_t size)
{
    ptrdiff_t result = rdy_sigpipe_writev(rdy_source_descriptor(source), pieces, count, size);
    return is_settled(source, result) ? result : settle(source, RDY_WRITABLE, result, size);
}
