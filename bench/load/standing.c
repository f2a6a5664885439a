#include "bench/load/standing.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "bench/load/connect.h"
#include "bench/load/now.h"

enum { MOST_CONNECTING = 256 }; /* at a time */

static void start(struct traffic *traffic, struct lane *lane, uint64_t count)
{
    traffic->shape.now_ns = now_ns();
    traffic_release(traffic, lane, count);
    traffic_send(traffic, lane);
}

static void serve(struct traffic *traffic, struct lane *lane, uint32_t events)
{
    uint32_t answers;
    if (!traffic_receive(traffic, lane, events, &answers))
        return;
    traffic_release(traffic, lane, answers);
    if (lane->sent != lane->released)
        traffic_send(traffic, lane);
}

const struct traffic_kind standing = {.start = start, .serve = serve};

/* Whether it is on its way. */
static bool begin_to_connect(struct traffic *traffic, struct lane *lane)
{
    lane->socket = connect_begin(traffic->port, lane->number);
    const int status = lane->socket < 0 ? lane->socket : traffic_watch(traffic, lane, EPOLLIN | EPOLLOUT);
    if (status < 0)
        traffic_fail(traffic, lane, status);
    return status == 0;
}

static void finish_to_connect(struct traffic *traffic, struct lane *lane)
{
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(lane->socket, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        error = errno;
    if (error == 0)
        lane->connected = true;
    else
        traffic_fail(traffic, lane, -error);
}

/* How many of those on their way have arrived or failed. */
static uint32_t watch_connecting(struct traffic *traffic, int64_t until_ns)
{
    struct epoll_event events[MOST_CONNECTING];
    uint32_t ended = 0;
    const int count = traffic_wait(traffic, events, MOST_CONNECTING, until_ns - now_ns());
    for (int i = 0; i < count; i++) {
        struct lane *lane = events[i].data.ptr;
        if (lane->connected)
            continue; /* it was closed since: what is written to it will say so */
        finish_to_connect(traffic, lane);
        ended++;
    }
    return ended;
}

void standing_connect(struct traffic *traffic, int64_t until_ns)
{
    uint32_t connecting = 0;
    uint32_t begun = 0;
    while ((begun < traffic->count || connecting > 0) && now_ns() < until_ns) {
        while (begun < traffic->count && connecting < MOST_CONNECTING)
            connecting += begin_to_connect(traffic, traffic_lane(traffic, begun++));
        if (connecting > 0)
            connecting -= watch_connecting(traffic, until_ns);
    }
    for (uint32_t i = 0; i < traffic->count; i++) {
        struct lane *lane = traffic_lane(traffic, i);
        if (!lane->connected && !lane->given_up)
            traffic_fail(traffic, lane, -ETIMEDOUT);
    }
}
