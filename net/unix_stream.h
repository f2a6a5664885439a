#ifndef RDY_NET_UNIX_STREAM_H
#define RDY_NET_UNIX_STREAM_H

#include "net/address.h"
#include "net/stream.h"
#include "reactor/export.h"
#include "reactor/source.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A Unix stream connection. Owned by the caller, may be moved, one thread at a time. Bytes move through
 * net/stream.h on `source`. A zeroed stream is closed.
 */
typedef struct rdy_unix_stream {
    rdy_source source;
} rdy_unix_stream;

/*
 * Connects; a Unix connect is done at once or fails. 0 on success; -ENOENT, -ECONNREFUSED, -EACCES, and
 * -EAGAIN when the listener's queue is full, for which no event will come: try again by timer. -EAFNOSUPPORT
 * for other addresses.
 */
RDY_API int rdy_unix_stream_connect(const rdy_address *peer, rdy_unix_stream *stream);

/* Two streams connected to each other. 0 on success, -EMFILE, -ENFILE, -ENOMEM. */
RDY_API int rdy_unix_stream_pair(rdy_unix_stream *one, rdy_unix_stream *other);

/* Deregisters and closes; leaves a zeroed stream. NULL and zeroed streams are fine. */
RDY_API void rdy_unix_stream_close(rdy_unix_stream *stream);

#ifdef __cplusplus
}
#endif

#endif
