#ifndef RDY_REACTOR_SOURCE_IO_H
#define RDY_REACTOR_SOURCE_IO_H

/*
 * Private: the one place where net/ reads and writes. A backend without edges of its own learns here of
 * operations that would have blocked; a backend that completes reads by itself would serve them here.
 */

#include <stddef.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "reactor/hints.h"
#include "reactor/os/sys.h"
#include "reactor/source.h"
#include "reactor/source_state.h"
#include "reactor/token.h"

/* The association with a registry, a counted reference. */
void rdy_source_remember_registry(rdy_source *source, struct rdy_registry *registry);
void rdy_source_forget_registry(rdy_source *source);

/* What is asked for: kept from before the backend is told, for the source is the waiting thread's then. */
void rdy_source_ask(rdy_source *source, rdy_token token, rdy_interest interest);

/* What the backend is to be told: the interest that was asked for, and what was shut down (RDY_SHUT_*). */
rdy_interest rdy_source_asked(const rdy_source *source);

/* Says that a shutdown(2) of `how` was made, so that events show it from now on. */
void rdy_source_note_shutdown(rdy_source *source, int how);

/* A read and a write that are under way. */
struct rdy_reading {
    rdy_source *source;
    void *bytes;
    size_t size;
};

struct rdy_writing {
    rdy_source *source;
    const void *bytes;
    size_t size;
};

/* What is to be done about a `result` that moved nothing: for -EINTR the call, again or for the first time. */
RDY_COLD ptrdiff_t rdy_source_finish_recv(const struct rdy_reading *reading, int flags, ptrdiff_t result);
RDY_COLD ptrdiff_t rdy_source_finish_send(const struct rdy_writing *writing, int flags, ptrdiff_t result);

/*
 * The calls of recv(2) and send(2) on the source: a count or a negative errno, never -EINTR, never SIGPIPE. What nearly
 * every one finds, an open descriptor, bytes to move and no backend to tell of them, costs little more than the call
 * itself: hence inline, and hence the arguments in memory, which no register has to keep over the call.
 */
static inline ptrdiff_t rdy_source_recv(rdy_source *source, void *bytes, size_t size, int flags)
{
    const struct rdy_reading reading = {source, bytes, size};
    if (!(source->state & RDY_SOURCE_PLAIN))
        return rdy_source_finish_recv(&reading, flags, -EINTR);
    const ptrdiff_t result = recv(source->fd, bytes, size, flags);
    return result > 0 ? result : rdy_source_finish_recv(&reading, flags, rdy_sys_result(result));
}

static inline ptrdiff_t rdy_source_send(rdy_source *source, const void *bytes, size_t size, int flags)
{
    const struct rdy_writing writing = {source, bytes, size};
    if (!(source->state & RDY_SOURCE_PLAIN))
        return rdy_source_finish_send(&writing, flags, -EINTR);
    const ptrdiff_t result = send(source->fd, bytes, size, flags | MSG_NOSIGNAL);
    return result > 0 ? result : rdy_source_finish_send(&writing, flags, rdy_sys_result(result));
}

/* The same of recvmsg(2) and sendmsg(2). `size` is that of all pieces. */
ptrdiff_t rdy_source_recvmsg(rdy_source *source, struct msghdr *message, size_t size, int flags);
ptrdiff_t rdy_source_sendmsg(rdy_source *source, const struct msghdr *message, size_t size, int flags);

/*
 * The same for datagrams, where a short one says nothing of the next. An error that is kept for a later call is told
 * once, by receiving.
 */
ptrdiff_t rdy_source_recv_datagram(rdy_source *source, struct msghdr *message, int flags);
ptrdiff_t rdy_source_send_datagram(rdy_source *source, const struct msghdr *message);

/*
 * The same for up to `count` of them, at least 1: how many were moved. Fewer than `count` received is as good as a
 * would-block; an error that cut a batch short is kept when receiving, and lost when sending (sendmmsg(2)).
 */
ptrdiff_t rdy_source_recv_datagrams(rdy_source *source, rdy_sys_message *messages, unsigned count);
ptrdiff_t rdy_source_send_datagrams(rdy_source *source, rdy_sys_message *messages, unsigned count);

/*
 * The same of read(2), readv(2), write(2) and writev(2), for what is no socket. Of the descriptor that is
 * written to rdy_sigpipe_forgo has to know. `size` is that of all pieces.
 */
ptrdiff_t rdy_source_read(rdy_source *source, void *bytes, size_t size);
ptrdiff_t rdy_source_readv(rdy_source *source, const struct iovec *pieces, int count, size_t size);
ptrdiff_t rdy_source_write(rdy_source *source, const void *bytes, size_t size);
ptrdiff_t rdy_source_writev(rdy_source *source, const struct iovec *pieces, int count, size_t size);

/* Reports that an operation other than these failed (accept, connect). Returns the error. */
int rdy_source_failed(rdy_source *source, rdy_interest direction, int error);

/* Reports that it would have blocked. Returns -EAGAIN. */
int rdy_source_would_block(rdy_source *source, rdy_interest direction);

/*
 * An error that the kernel told once and a later read has to show again: kept beside the descriptor, a
 * negative errno or 0.
 */
void rdy_source_keep_error(rdy_source *source, int error);
int rdy_source_kept_error(const rdy_source *source);

/* A mark that net/ may set on a source and read back: its connection was once made. */
void rdy_source_mark_connected(rdy_source *source);
int rdy_source_was_connected(const rdy_source *source);

/*
 * Deregisters, gives the descriptor away and zeroes the source; -EBADF if there is none. Another error says that it is
 * still registered: then the source is as it was.
 */
int rdy_source_release(rdy_source *source);

#endif
