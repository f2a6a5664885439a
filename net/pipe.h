#ifndef RDY_NET_PIPE_H
#define RDY_NET_PIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "reactor/export.h"
#include "reactor/source.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The two ends of a pipe (pipe(7)), of a FIFO, or ours of a child's standard streams. Owned by the caller, may be
 * moved, one thread at a time each. Register the sender's `source` with RDY_WRITABLE, the receiver's with
 * RDY_READABLE. A zeroed end is closed. The descriptors are non-blocking and close-on-exec from birth.
 */
typedef struct rdy_pipe_sender {
    rdy_source source;
} rdy_pipe_sender;

typedef struct rdy_pipe_receiver {
    rdy_source source;
} rdy_pipe_receiver;

/* Makes a pipe. 0 on success, -EMFILE, -ENFILE. Both ends are written on success only. */
RDY_API int rdy_pipe_open(rdy_pipe_sender *sender, rdy_pipe_receiver *receiver);

/*
 * Makes an end of a descriptor and takes it over; sets it non-blocking and close-on-exec. It has to be what the
 * standard streams of a child may be led to and waited for: a pipe, a FIFO, a stream socket or a terminal; and open
 * for writing, or for reading. 0 on success; -EBADF, -EINVAL for anything else (a regular file, /dev/null, a socket
 * that listens): then it is still the caller's, as it was. Non-blocking are all that share the open file (fcntl(2),
 * O_NONBLOCK), such as a shell that has the same terminal: open another one (ttyname(3)) rather than take over that of
 * your own standard streams.
 */
RDY_API int rdy_pipe_sender_from_fd(int fd, rdy_pipe_sender *sender);
RDY_API int rdy_pipe_receiver_from_fd(int fd, rdy_pipe_receiver *receiver);

/*
 * Deregisters, gives the descriptor to the caller, leaves a zeroed end. -EBADF if it is closed. Another error, such
 * as -ENOMEM, says that it could not be deregistered: then nothing was given up.
 */
RDY_API int rdy_pipe_sender_into_fd(rdy_pipe_sender *sender);
RDY_API int rdy_pipe_receiver_into_fd(rdy_pipe_receiver *receiver);

/*
 * Whether operations on the end return -EAGAIN, as they do from birth, or block. For an end that a child is to
 * inherit: most programs expect standard streams that block. 0 on success, -EBADF.
 */
RDY_API int rdy_pipe_sender_set_nonblocking(rdy_pipe_sender *sender, bool nonblocking);
RDY_API int rdy_pipe_receiver_set_nonblocking(rdy_pipe_receiver *receiver, bool nonblocking);

/*
 * Writes up to `size` bytes, or `count` pieces in their order: how many were taken, which may be fewer, or an error.
 * Up to PIPE_BUF bytes (4096 on Linux) go into a pipe as a whole or not at all (pipe(7)). -EAGAIN would block: wait
 * for writable; -EPIPE nobody reads any more, and no SIGPIPE is raised; -EBADF; -EINVAL for a count below 0 or above
 * IOV_MAX. Never -EINTR.
 */
RDY_API ptrdiff_t rdy_pipe_sender_write(rdy_pipe_sender *sender, const void *bytes, size_t size);
RDY_API ptrdiff_t rdy_pipe_sender_writev(rdy_pipe_sender *sender, const struct iovec *pieces, int count);

/*
 * Reads up to `size` bytes, or into `count` pieces in their order. Their number; 0 once everything is read and nobody
 * writes any more; or an error: -EAGAIN would block: wait for readable; -EBADF; -EINVAL as for writing; -EIO from a
 * terminal whose other side has gone (Linux). Never -EINTR. A FIFO that nobody has opened for writing yet says 0 too.
 * A terminal gives a line at a time (termios(3)), a pipe that was made with O_DIRECT a packet (pipe(2)): whatever
 * rdy_event_is_drained says of a short read there, read until -EAGAIN.
 */
RDY_API ptrdiff_t rdy_pipe_receiver_read(rdy_pipe_receiver *receiver, void *bytes, size_t size);
RDY_API ptrdiff_t rdy_pipe_receiver_readv(rdy_pipe_receiver *receiver, const struct iovec *pieces, int count);

/* Deregisters and closes; leaves a zeroed end. NULL and zeroed ends are fine. */
RDY_API void rdy_pipe_sender_close(rdy_pipe_sender *sender);
RDY_API void rdy_pipe_receiver_close(rdy_pipe_receiver *receiver);

#ifdef __cplusplus
}
#endif

#endif
