#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "apps/common/option.h"
#include "bench/load/connect.h"
#include "bench/load/measure.h"
#include "bench/load/now.h"
#include "bench/load/result.h"
#include "bench/load/runs.h"

enum { MESSAGE_SIZE = 64 };

static struct measured measured;
static uint32_t cycles;

/*
 * On the loopback a connection is there when connect(2) returns, as a rule, and the message is written at once; else
 * it is written when epoll tells so.
 */
static int connect_and_send(struct traffic *traffic, struct lane *lane)
{
    lane->socket = connect_begin(traffic->port, lane->number);
    if (lane->socket < 0)
        return lane->socket;
    const int status = lane_send(lane, &traffic->shape);
    if (status < 0)
        return status;
    return traffic_watch(traffic, lane, lane->sent == lane->released ? EPOLLIN : EPOLLIN | EPOLLOUT);
}

static void start(struct traffic *traffic, struct lane *lane, uint64_t count)
{
    lane->number = cycles++;
    lane->released = lane->sent = lane->answered = 0;
    lane->sent_part = lane->answered_part = 0;
    traffic->shape.now_ns = now_ns();
    traffic_release(traffic, lane, count > 0);
    const int status = connect_and_send(traffic, lane);
    if (status < 0)
        traffic_fail(traffic, lane, status);
}

static void serve(struct traffic *traffic, struct lane *lane, uint32_t events)
{
    uint32_t answers;
    if (lane->sent != lane->released)
        traffic_send(traffic, lane);
    if (lane->socket < 0 || !traffic_receive(traffic, lane, events, &answers) || answers == 0)
        return;
    close(lane->socket);
    lane->socket = -1;
    if (traffic->left > 0)
        start(traffic, lane, 1);
}

static const struct traffic_kind passing = {.start = start, .serve = serve};

int churn_run(const struct options *options)
{
    const int64_t limit_ns = now_ns() + options->limit_ns;
    struct traffic traffic;
    const int opened = traffic_open(&traffic, &passing, options->port, options->connections, 1, MESSAGE_SIZE,
                                    &measured.latency);
    if (opened < 0) {
        complain("%s", strerror(-opened));
        return EXIT_FAILURE;
    }
    const int status = measure(&traffic, options, limit_ns, &measured);
    result_open();
    result_count("clients", options->connections);
    measure_report(&traffic, &measured, "cycles");
    const int code = measure_end(&traffic, status);
    traffic_close(&traffic);
    return code;
}
