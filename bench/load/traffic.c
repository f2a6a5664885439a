#include "bench/load/traffic.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "apps/common/option.h"
#include "bench/load/now.h"

enum { LINE = 64 }; /* of the cache */

static uint32_t ring_size(uint32_t depth)
{
    uint32_t size = 1;
    while (size < depth)
        size *= 2;
    return size;
}

static void number_lanes(struct traffic *traffic)
{
    memset(traffic->lanes, 0, traffic->count * traffic->lane_size);
    for (uint32_t i = 0; i < traffic->count; i++) {
        traffic_lane(traffic, i)->number = i;
        traffic_lane(traffic, i)->socket = -1;
    }
}

int traffic_open(struct traffic *traffic, const struct traffic_kind *kind, uint16_t port, uint32_t count,
                 uint32_t depth, uint32_t size, struct latency *latency)
{
    const uint32_t ring = ring_size(depth);
    *traffic = (struct traffic){
        .kind = kind,
        .shape = {.size = size, .ring_mask = ring - 1, .since_ns = INT64_MAX, .latency = latency},
        .port = port,
        .count = count,
        .epoll = epoll_create1(EPOLL_CLOEXEC),
        .lane_size = (sizeof(struct lane) + ring * sizeof(int64_t) + LINE - 1) / LINE * LINE,
    };
    if (traffic->epoll < 0)
        return -errno;
    traffic->lanes = aligned_alloc(LINE, count * traffic->lane_size);
    if (traffic->lanes == NULL) {
        close(traffic->epoll);
        return -ENOMEM;
    }
    number_lanes(traffic);
    return 0;
}

void traffic_close(struct traffic *traffic)
{
    for (uint32_t i = 0; i < traffic->count; i++)
        if (traffic_lane(traffic, i)->socket >= 0)
            close(traffic_lane(traffic, i)->socket);
    close(traffic->epoll);
    free(traffic->lanes);
}

static void await_no_more(struct traffic *traffic, struct lane *lane)
{
    traffic->awaited -= lane->round != traffic->round;
    lane->round = traffic->round;
}

void traffic_fail(struct traffic *traffic, struct lane *lane, int error)
{
    if (traffic->failed == 0 && traffic->wrong == 0)
        complain("connection %u: %s after %u answers", lane->number + 1, lane_failure(error), lane->answered);
    *(error == -EBADMSG ? &traffic->wrong : &traffic->failed) += 1;
    traffic->in_flight -= lane->released - lane->answered;
    lane->released = lane->answered;
    lane->given_up = true;
    await_no_more(traffic, lane);
    if (lane->socket >= 0)
        close(lane->socket);
    lane->socket = -1;
}

void traffic_release(struct traffic *traffic, struct lane *lane, uint64_t count)
{
    const uint64_t released = count < traffic->left ? count : traffic->left;
    for (uint64_t i = 0; i < released; i++)
        lane_release(lane, &traffic->shape);
    traffic->left -= released;
    traffic->in_flight += released;
}

int traffic_watch(struct traffic *traffic, struct lane *lane, uint32_t events)
{
    struct epoll_event event = {.events = events | EPOLLRDHUP | EPOLLET, .data.ptr = lane};
    return epoll_ctl(traffic->epoll, EPOLL_CTL_ADD, lane->socket, &event) < 0 ? -errno : 0;
}

bool traffic_receive(struct traffic *traffic, struct lane *lane, uint32_t events, uint32_t *answers)
{
    const uint32_t before = lane->answered;
    const bool to_the_end = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    const int status = lane_receive(lane, &traffic->shape, to_the_end);
    *answers = lane->answered - before;
    traffic->in_flight -= *answers;
    traffic->answered += *answers;
    if (*answers > 0)
        await_no_more(traffic, lane);
    if (status < 0)
        traffic_fail(traffic, lane, status);
    return status >= 0;
}

void traffic_send(struct traffic *traffic, struct lane *lane)
{
    const int status = lane_send(lane, &traffic->shape);
    if (status < 0)
        traffic_fail(traffic, lane, status);
}

void traffic_start(struct traffic *traffic, uint64_t each)
{
    for (uint32_t i = 0; i < traffic->count && traffic->left > 0; i++)
        if (!traffic_lane(traffic, i)->given_up)
            traffic->kind->start(traffic, traffic_lane(traffic, i), each);
}

int traffic_wait(struct traffic *traffic, struct epoll_event *events, int most, int64_t left_ns)
{
    const int64_t milliseconds = left_ns <= 0 ? 0 : left_ns / 1000000 + 1;
    return epoll_wait(traffic->epoll, events, most, milliseconds > 60000 ? 60000 : (int)milliseconds);
}

bool traffic_turn(struct traffic *traffic, int most, int64_t until_ns)
{
    struct epoll_event events[TRAFFIC_BATCH];
    if (traffic->in_flight == 0 || traffic->shape.now_ns >= until_ns)
        return false;
    const int count = traffic_wait(traffic, events, most, until_ns - traffic->shape.now_ns);
    for (int i = 0; i < count; i++)
        traffic->kind->serve(traffic, events[i].data.ptr, events[i].events);
    if (count <= 0)
        traffic->shape.now_ns = now_ns();
    return true;
}

void traffic_run(struct traffic *traffic, int64_t until_ns)
{
    while (traffic_turn(traffic, TRAFFIC_BATCH, until_ns))
        continue;
}

void traffic_run_through(struct traffic *traffic, int64_t enough_ns, int64_t until_ns)
{
    traffic->round++;
    traffic->awaited = (uint32_t)(traffic->count - traffic->failed - traffic->wrong);
    traffic_run(traffic, enough_ns < until_ns ? enough_ns : until_ns);
    while (traffic->awaited > 0 && traffic_turn(traffic, TRAFFIC_BATCH, until_ns))
        continue;
}

void traffic_finish(struct traffic *traffic, int64_t until_ns)
{
    traffic->left = 0;
    traffic_run(traffic, until_ns);
    for (uint32_t i = 0; traffic->in_flight > 0 && i < traffic->count; i++)
        if (traffic_lane(traffic, i)->answered != traffic_lane(traffic, i)->released)
            traffic_fail(traffic, traffic_lane(traffic, i), -ETIMEDOUT);
}
