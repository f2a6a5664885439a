#include "bench/load/lane.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "bench/load/content.h"
#include "bench/load/now.h"

enum { BUFFER_SIZE = 65536 };

static _Alignas(64) uint8_t buffer[BUFFER_SIZE];

static size_t lesser(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* As many of the bytes to be sent as the buffer holds. */
static size_t fill_buffer(const struct lane *lane, const struct lane_shape *shape)
{
    size_t filled = 0;
    size_t part = lane->sent_part;
    for (uint32_t message = lane->sent; message != lane->released && filled < BUFFER_SIZE; message++) {
        const size_t count = lesser(shape->size - part, BUFFER_SIZE - filled);
        content_fill(buffer + filled, count, content_key(lane->number, message), part);
        filled += count;
        part = 0;
    }
    return filled;
}

int lane_send(struct lane *lane, const struct lane_shape *shape)
{
    while (lane->sent != lane->released) {
        const size_t filled = fill_buffer(lane, shape);
        const ssize_t count = send(lane->socket, buffer, filled, MSG_NOSIGNAL);
        if (count < 0)
            return errno == EAGAIN ? 0 : -errno;
        lane->sent_part += (uint32_t)count;
        for (; lane->sent_part >= shape->size; lane->sent_part -= shape->size)
            lane->sent++;
    }
    return 0;
}

/* The part of one message that these bytes begin with: its length, or a negative errno. */
static ptrdiff_t check_part(struct lane *lane, struct lane_shape *shape, const uint8_t *bytes, size_t count)
{
    const size_t part = lesser(count, shape->size - lane->answered_part);
    if (lane->answered == lane->released ||
        !content_matches(bytes, part, content_key(lane->number, lane->answered), lane->answered_part))
        return -EBADMSG;
    lane->answered_part += (uint32_t)part;
    if (lane->answered_part == shape->size) {
        const int64_t released_ns = lane->released_ns[lane->answered & shape->ring_mask];
        if (released_ns >= shape->since_ns)
            latency_add(shape->latency, shape->now_ns - released_ns);
        lane->answered_part = 0;
        lane->answered++;
    }
    return (ptrdiff_t)part;
}

static int check(struct lane *lane, struct lane_shape *shape, size_t count)
{
    const uint32_t before = lane->answered;
    for (size_t checked = 0; checked < count;) {
        const ptrdiff_t part = check_part(lane, shape, buffer + checked, count - checked);
        if (part < 0)
            return (int)part;
        checked += (size_t)part;
    }
    return (int)(lane->answered - before);
}

int lane_receive(struct lane *lane, struct lane_shape *shape, bool to_the_end)
{
    int answers = 0;
    for (ssize_t count = BUFFER_SIZE; count == BUFFER_SIZE || to_the_end;) {
        count = recv(lane->socket, buffer, BUFFER_SIZE, 0);
        if (count < 0 && errno == EAGAIN)
            break;
        if (count <= 0)
            return count == 0 ? -ENODATA : -errno;
        shape->now_ns = now_ns();
        const int checked = check(lane, shape, (size_t)count);
        if (checked < 0)
            return checked;
        answers += checked;
    }
    return answers;
}

const char *lane_failure(int error)
{
    switch (error) {
    case -EBADMSG:
        return "an answer is not what was sent";
    case -ENODATA:
        return "closed by the server";
    default:
        return strerror(-error);
    }
}
