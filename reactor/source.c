#include "reactor/source.h"

#include <errno.h>

#include "reactor/core.h"
#include "reactor/os/sigpipe.h"
#include "reactor/os/sys.h"
#include "reactor/source_io.h"

#define SHUT (RDY_SHUT_READ | RDY_SHUT_WRITE)

/* The bits of `state`; above them lie an interest with what was shut down, and an errno that is kept. */
enum {
    OPEN = 1,      /* there is a descriptor: a zeroed source has none, although 0 is one */
    REPORTS = 2,   /* the backend wants to know of operations that would block */
    CONNECTED = 4, /* net/: the connection was made */
    ASKED_SHIFT = 4,
    ASKED_MASK = 0x7ff,
    ERROR_SHIFT = 16,
};

_Static_assert(((RDY_CONDITIONS | RDY_TRIGGERS | SHUT) & ~(uint32_t)ASKED_MASK) == 0, "room for an interest");

rdy_source rdy_source_from_fd(int fd)
{
    return (rdy_source){.fd = fd, .state = fd < 0 ? 0 : OPEN};
}

rdy_source rdy_source_adopt(int fd)
{
    return rdy_source_from_fd(fd);
}

static inline int fd_of(const rdy_source *source)
{
    return source->state & OPEN ? source->fd : -1;
}

int rdy_source_fd(const rdy_source *source)
{
    return fd_of(source);
}

bool rdy_source_is_registered(const rdy_source *source)
{
    return source->registry != NULL && !atomic_load(&source->registry->closed);
}

rdy_token rdy_source_token(const rdy_source *source)
{
    return source->token;
}

void rdy_source_remember_registry(rdy_source *source, struct rdy_registry *registry)
{
    rdy_registry_retain(registry);
    source->registry = registry;
    if (registry->backend->rearm != NULL)
        source->state |= REPORTS;
}

/* Registrations end with their poll; the debug mode then counts on their sources to come back. */
static void tell_return(const rdy_source *source)
{
    struct rdy_registry *registry = source->registry;
    if (registry->backend->returned != NULL && atomic_load(&registry->closed))
        registry->backend->returned(registry->state, source->fd);
}

void rdy_source_forget_registry(rdy_source *source)
{
    if (source->state & REPORTS)
        tell_return(source);
    rdy_registry_free(source->registry);
    source->registry = NULL;
    source->state &= ~(uint32_t)REPORTS;
}

static void set_asked(rdy_source *source, rdy_interest asked)
{
    source->state = (source->state & ~((uint32_t)ASKED_MASK << ASKED_SHIFT)) | asked << ASKED_SHIFT;
}

rdy_interest rdy_source_asked(const rdy_source *source)
{
    return source->state >> ASKED_SHIFT & ASKED_MASK;
}

void rdy_source_ask(rdy_source *source, rdy_token token, rdy_interest interest)
{
    source->token = token;
    set_asked(source, interest | (rdy_source_asked(source) & SHUT));
}

void rdy_source_note_shutdown(rdy_source *source, int how)
{
    const rdy_interest asked = rdy_source_asked(source);
    const rdy_interest reading = how == SHUT_WR ? 0 : RDY_SHUT_READ | RDY_READABLE;
    const rdy_interest writing = how == SHUT_RD ? 0 : RDY_SHUT_WRITE | RDY_WRITABLE;
    set_asked(source, asked | ((reading | writing) & SHUT));
    if (source->registry != NULL && (asked & (reading | writing) & RDY_CONDITIONS) != 0)
        rdy_registry_show_shutdown(source->registry, source);
}

int rdy_source_deregister(rdy_source *source)
{
    return source->registry == NULL ? -ENOENT : rdy_registry_deregister(source->registry, source);
}

int rdy_source_release(rdy_source *source)
{
    const int fd = rdy_source_fd(source);
    if (source->registry != NULL && rdy_registry_is_inherited(source->registry))
        rdy_source_forget_registry(source); /* the registration is the parent's, and stays */
    else
        (void)rdy_source_deregister(source);
    *source = (rdy_source){0};
    return fd < 0 ? -EBADF : fd;
}

void rdy_source_close(rdy_source *source)
{
    const int fd = source == NULL ? -1 : rdy_source_release(source);
    if (fd >= 0)
        rdy_sys_close(fd);
}

static int report_would_block(rdy_source *source, rdy_interest direction)
{
    struct rdy_registry *registry = source->registry;
    int error = -ENOENT;
    pthread_mutex_lock(&registry->lock);
    if (!atomic_load(&registry->closed))
        error = registry->backend->rearm(registry->state, source->fd, direction);
    if (error > 0)
        rdy_registry_rouse(registry);
    pthread_mutex_unlock(&registry->lock);
    return error < 0 ? error : 0;
}

int rdy_source_blocked(rdy_source *source, rdy_interest direction)
{
    if (direction == 0 || (direction & ~RDY_CONDITIONS) != 0)
        return -EINVAL;
    if (!rdy_source_is_registered(source))
        return -ENOENT;
    if (rdy_registry_is_inherited(source->registry))
        return rdy_registry_refuse(source->registry, RDY_CALL_BLOCKED, source->fd, -ECHILD);
    return source->state & REPORTS ? report_would_block(source, direction) : 0;
}

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
    if (!(source->state & REPORTS))
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
    return result > 0 && !(source->state & REPORTS);
}

ptrdiff_t rdy_source_recv(rdy_source *source, void *bytes, size_t size, int flags)
{
    ptrdiff_t result = rdy_sys_recv(fd_of(source), bytes, size, flags);
    return is_settled(source, result) ? result : settle_read(source, result, size);
}

ptrdiff_t rdy_source_send(rdy_source *source, const void *bytes, size_t size, int flags)
{
    ptrdiff_t result = rdy_sys_send(fd_of(source), bytes, size, flags);
    return is_settled(source, result) ? result : settle(source, RDY_WRITABLE, result, size);
}

ptrdiff_t rdy_source_recvmsg(rdy_source *source, struct msghdr *message, size_t size, int flags)
{
    ptrdiff_t result = rdy_sys_recvmsg(fd_of(source), message, flags);
    return is_settled(source, result) ? result : settle_read(source, result, size);
}

ptrdiff_t rdy_source_sendmsg(rdy_source *source, const struct msghdr *message, size_t size, int flags)
{
    ptrdiff_t result = rdy_sys_sendmsg(fd_of(source), message, flags);
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
    ptrdiff_t result = kept != 0 ? kept : rdy_sys_recvmsg(fd_of(source), message, flags);
    return result == -EAGAIN ? rdy_source_would_block(source, RDY_READABLE) : result;
}

ptrdiff_t rdy_source_send_datagram(rdy_source *source, const struct msghdr *message)
{
    ptrdiff_t result = rdy_sys_sendmsg(fd_of(source), message, 0);
    return result == -EAGAIN ? rdy_source_would_block(source, RDY_WRITABLE) : result;
}

/* What recvmmsg(2) does, the error that comes too late to be told included. */
static ptrdiff_t recv_one_by_one(rdy_source *source, rdy_sys_message *messages, unsigned count)
{
    ptrdiff_t done = 0;
    for (rdy_sys_message *message = messages; message < messages + count; message++, done++) {
        ptrdiff_t result = rdy_sys_recvmsg(fd_of(source), &message->msg_hdr, 0);
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
        ptrdiff_t result = rdy_sys_sendmsg(fd_of(source), &message->msg_hdr, 0);
        if (result < 0)
            return done > 0 ? done : result;
        message->msg_len = (unsigned)result;
    }
    return done;
}

ptrdiff_t rdy_source_recv_datagrams(rdy_source *source, rdy_sys_message *messages, unsigned count)
{
    const int kept = take_kept_error(source);
    ptrdiff_t result = kept != 0 ? kept : rdy_sys_recvmmsg(fd_of(source), messages, count);
    if (result == -ENOSYS)
        result = recv_one_by_one(source, messages, count);
    return settle(source, RDY_READABLE, result, count);
}

ptrdiff_t rdy_source_send_datagrams(rdy_source *source, rdy_sys_message *messages, unsigned count)
{
    ptrdiff_t result = rdy_sys_sendmmsg(fd_of(source), messages, count);
    if (result == -ENOSYS)
        result = send_one_by_one(source, messages, count);
    return settle(source, RDY_WRITABLE, result, count);
}

ptrdiff_t rdy_source_read(rdy_source *source, void *bytes, size_t size)
{
    ptrdiff_t result = rdy_sys_read(fd_of(source), bytes, size);
    return is_settled(source, result) ? result : settle_read(source, result, size);
}

ptrdiff_t rdy_source_readv(rdy_source *source, const struct iovec *pieces, int count, size_t size)
{
    ptrdiff_t result = rdy_sys_readv(fd_of(source), pieces, count);
    return is_settled(source, result) ? result : settle_read(source, result, size);
}

ptrdiff_t rdy_source_write(rdy_source *source, const void *bytes, size_t size)
{
    const struct iovec piece = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size}; /* only read */
    return rdy_source_writev(source, &piece, 1, size);
}

ptrdiff_t rdy_source_writev(rdy_source *source, const struct iovec *pieces, int count, size_t size)
{
    ptrdiff_t result = rdy_sigpipe_writev(fd_of(source), pieces, count, size);
    return is_settled(source, result) ? result : settle(source, RDY_WRITABLE, result, size);
}

void rdy_source_keep_error(rdy_source *source, int error)
{
    source->state = (source->state & ((1U << ERROR_SHIFT) - 1)) | (uint32_t)-error << ERROR_SHIFT;
}

int rdy_source_kept_error(const rdy_source *source)
{
    return -(int)(source->state >> ERROR_SHIFT);
}

void rdy_source_mark_connected(rdy_source *source)
{
    source->state |= CONNECTED;
}

int rdy_source_was_connected(const rdy_source *source)
{
    return (source->state & CONNECTED) != 0;
}
