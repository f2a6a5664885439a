#include "net/buffer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reactor/source_io.h"

enum { LEAST_CAPACITY = 4096 };

/*
 * Moves the bytes to the front when that makes room without copying more than it frees. Else they are copied to memory
 * with a quarter to spare: a copy pays for that many more bytes, however few come at a time.
 */
static int make_room(rdy_buffer *buffer, size_t size)
{
    if (size > SIZE_MAX / 4 - buffer->count)
        return -ENOMEM;
    const size_t needed = buffer->count + size;
    if (needed <= buffer->capacity && buffer->start >= buffer->count) {
        memcpy(buffer->bytes, buffer->bytes + buffer->start, buffer->count);
        buffer->start = 0;
        return 0;
    }
    const size_t spacious = needed + needed / 4;
    const size_t capacity = spacious < LEAST_CAPACITY ? LEAST_CAPACITY : spacious;
    unsigned char *bytes = malloc(capacity);
    if (bytes == NULL)
        return -ENOMEM;
    if (buffer->count != 0)
        memcpy(bytes, buffer->bytes + buffer->start, buffer->count);
    free(buffer->bytes);
    *buffer = (rdy_buffer){.bytes = bytes, .count = buffer->count, .capacity = capacity};
    return 0;
}

int rdy_buffer_append(rdy_buffer *buffer, const void *bytes, size_t size)
{
    if (size == 0)
        return 0;
    int error = size <= buffer->capacity - buffer->start - buffer->count ? 0 : make_room(buffer, size);
    if (error != 0)
        return error;
    memcpy(buffer->bytes + buffer->start + buffer->count, bytes, size);
    buffer->count += size;
    return 0;
}

void rdy_buffer_consume(rdy_buffer *buffer, size_t size)
{
    if (size >= buffer->count) {
        rdy_buffer_free(buffer);
        return;
    }
    buffer->start += size;
    buffer->count -= size;
}

int rdy_buffer_flush(rdy_buffer *buffer, rdy_source *stream)
{
    while (buffer->count != 0) {
        ptrdiff_t taken = rdy_source_send(stream, rdy_buffer_front(buffer), buffer->count, 0);
        if (taken < 0)
            return (int)taken;
        const bool all = (size_t)taken == buffer->count;
        rdy_buffer_consume(buffer, (size_t)taken);
        if (!all)
            return -EAGAIN;
    }
    return 0;
}

int rdy_buffer_send(rdy_buffer *buffer, rdy_source *stream, const void *bytes, size_t size)
{
    ptrdiff_t taken = 0;
    if (buffer->count == 0 && size != 0)
        taken = rdy_source_send(stream, bytes, size, 0);
    if (taken == -EAGAIN)
        taken = 0;
    if (taken < 0)
        return (int)taken;
    return rdy_buffer_append(buffer, (const unsigned char *)bytes + taken, size - (size_t)taken);
}

void rdy_buffer_free(rdy_buffer *buffer)
{
    if (buffer == NULL)
        return;
    free(buffer->bytes);
    *buffer = (rdy_buffer){0};
}
