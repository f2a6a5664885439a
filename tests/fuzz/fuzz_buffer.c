#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "net/buffer.h"
#include "net/stream.h"
#include "tests/fuzz/choices.h"
#include "tests/fuzz/fuzz.h"

/*
 * A buffer that sends to a small socket, and its peer. Bytes are numbered in the order in which they are handed
 * over: each arrives once, in that order.
 */
enum { LARGEST = 9000, PIECES = 4 };

static uint8_t content[256 + LARGEST];

static struct line {
    rdy_source near, far;
    rdy_buffer buffer;
    size_t handed_over;
    size_t taken;   /* of those, by the kernel: ahead of all that wait */
    size_t arrived; /* at the peer */
} line;

static const uint8_t *bytes_from(size_t number)
{
    return content + number % 256;
}

static void must_be(const uint8_t *bytes, size_t count, size_t from)
{
    for (size_t done = 0; done < count; done += LARGEST) {
        const size_t part = count - done < LARGEST ? count - done : LARGEST;
        must_hold(memcmp(bytes + done, bytes_from(from + done), part) == 0);
    }
}

static void check(void)
{
    const rdy_buffer *buffer = &line.buffer;
    must_hold(line.taken + buffer->count == line.handed_over);
    must_hold(buffer->start + buffer->count <= buffer->capacity);
    must_hold((buffer->count == 0) == (buffer->bytes == NULL) &&
              (buffer->count == 0) == (rdy_buffer_front(buffer) == NULL));
    must_be(rdy_buffer_front(buffer), buffer->count, line.taken);
}

static void append(size_t size)
{
    must_hold(rdy_buffer_append(&line.buffer, bytes_from(line.handed_over), size) == 0);
    line.handed_over += size;
}

static void send_on(size_t size)
{
    must_hold(rdy_buffer_send(&line.buffer, &line.near, bytes_from(line.handed_over), size) == 0);
    line.handed_over += size;
    line.taken = line.handed_over - line.buffer.count;
}

static void flush(void)
{
    const int result = rdy_buffer_flush(&line.buffer, &line.near);
    must_hold(result == (line.buffer.count == 0 ? 0 : -EAGAIN));
    line.taken = line.handed_over - line.buffer.count;
}

/* As somebody who writes the front himself. */
static void write_front(size_t size)
{
    const size_t count = line.buffer.count < size ? line.buffer.count : size;
    if (count == 0)
        return;
    const ptrdiff_t written = rdy_stream_write(&line.near, rdy_buffer_front(&line.buffer), count);
    must_hold(written == -EAGAIN || (written > 0 && (size_t)written <= count));
    if (written > 0) {
        rdy_buffer_consume(&line.buffer, (size_t)written);
        line.taken += (size_t)written;
    }
}

/* Into a few pieces, one of them empty. */
static void receive(size_t size, int count)
{
    static uint8_t room[PIECES][LARGEST];
    const struct iovec pieces[PIECES] = {
        {room[0], size}, {room[1], 0}, {room[2], size / 3}, {room[3], LARGEST}};
    const ptrdiff_t result = rdy_stream_readv(&line.far, pieces, count);
    must_hold(result > 0 || result == -EAGAIN || (result == 0 && (count < 2 || size < 3)));
    must_hold(result != -EAGAIN || line.arrived == line.taken);
    size_t left = result > 0 ? (size_t)result : 0;
    for (int i = 0; i < count; i++) {
        const size_t part = left < pieces[i].iov_len ? left : pieces[i].iov_len;
        must_be(room[i], part, line.arrived);
        line.arrived += part;
        left -= part;
    }
    must_hold(left == 0 && line.arrived <= line.taken);
}

static void send_pieces(size_t size)
{
    if (line.buffer.count > 0)
        return;
    const struct iovec pieces[] = {{(void *)(uintptr_t)bytes_from(line.handed_over), size},
                                   {NULL, 0},
                                   {(void *)(uintptr_t)bytes_from(line.handed_over + size), size}};
    const ptrdiff_t written = rdy_stream_writev(&line.near, pieces, 3);
    must_hold(written == -EAGAIN || (written >= 0 && (size_t)written <= 2 * size));
    line.handed_over += written > 0 ? (size_t)written : 0;
    line.taken = line.handed_over;
}

static void do_one(struct choices *choices)
{
    const uint32_t what = choose(choices, 6);
    const size_t size = choose_number(choices, 2) % LARGEST;
    switch (what) {
    case 0:
        append(size);
        break;
    case 1:
        send_on(size);
        break;
    case 2:
        flush();
        break;
    case 3:
        write_front(size);
        break;
    case 4:
        send_pieces(size / 2);
        break;
    default:
        receive(size, (int)choose(choices, PIECES + 1));
    }
    check();
}

static void open_line(void)
{
    int ends[2];
    const int small = 4608; /* the least that Linux gives */
    must_hold(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    must_hold(setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small) == 0);
    line = (struct line){.near = rdy_source_from_fd(ends[0]), .far = rdy_source_from_fd(ends[1])};
}

static void drain_line(void)
{
    while (line.buffer.count > 0 || line.arrived < line.taken) {
        flush();
        receive(LARGEST, PIECES);
        check();
    }
    must_hold(line.arrived == line.handed_over);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct choices choices = {bytes, size < 512 ? size : 512};
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (uint8_t)i;
    open_line();
    while (has_choices(&choices))
        do_one(&choices);
    drain_line();
    rdy_source_close(&line.near);
    rdy_source_close(&line.far);
    must_hold(line.buffer.bytes == NULL);
    return 0;
}
