#ifndef RDY_NET_BUFFER_H
#define RDY_NET_BUFFER_H

#include <stddef.h>

#include "reactor/export.h"
#include "reactor/source.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Bytes that wait to be written because the kernel would not take them yet. It holds memory only while bytes
 * wait. A zeroed buffer is empty. The fields are for reading. Owned by the caller, may be moved, one thread
 * at a time.
 */
typedef struct rdy_buffer {
    unsigned char *bytes;
    size_t start; /* of the first byte that waits */
    size_t count; /* bytes that wait */
    size_t capacity;
} rdy_buffer;

/* Adds `size` bytes at the end. 0 on success, -ENOMEM: then nothing was added. */
RDY_API int rdy_buffer_append(rdy_buffer *buffer, const void *bytes, size_t size);

/* Drops the first `size` bytes (all of them if there are fewer); the memory goes back when none is left. */
RDY_API void rdy_buffer_consume(rdy_buffer *buffer, size_t size);

/* The first byte that waits; valid until the buffer is changed. NULL if it is empty. */
static inline const unsigned char *rdy_buffer_front(const rdy_buffer *buffer)
{
    return buffer->count == 0 ? NULL : buffer->bytes + buffer->start;
}

/*
 * Writes to a stream until the buffer is empty or the kernel takes no more. 0 when it is empty, -EAGAIN when
 * bytes are left: go on at the next writable event, or the stream's error (net/stream.h): the bytes are then
 * still there.
 */
RDY_API int rdy_buffer_flush(rdy_buffer *buffer, rdy_source *stream);

/*
 * Sends `size` bytes in order: after what waits already; what the kernel does not take at once is kept. 0
 * when all is written or kept (buffer->count says how much waits), -ENOMEM or the stream's error: the stream
 * is then of no use, for some of the bytes may have gone out.
 */
RDY_API int rdy_buffer_send(rdy_buffer *buffer, rdy_source *stream, const void *bytes, size_t size);

/* Drops everything. NULL and zeroed buffers are fine. */
RDY_API void rdy_buffer_free(rdy_buffer *buffer);

#ifdef __cplusplus
}
#endif

#endif
