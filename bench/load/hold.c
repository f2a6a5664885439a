#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "apps/common/option.h"
#include "bench/load/measure.h"
#include "bench/load/now.h"
#include "bench/load/result.h"
#include "bench/load/runs.h"
#include "bench/load/server.h"
#include "bench/load/standing.h"

enum { MESSAGE_SIZE = 64, LOOK_NS = 200000, REST_NS = 10000000, RESTS = 5, MOST_RESTS = 100 };

/* What is found out about a server, in the order in which it is. */
struct holding {
    int64_t descriptors_before; /* looked up */
    int64_t counted_before;
    int64_t rss_before;
    int64_t accepted;
    int64_t accept_ns; /* -1: not all were accepted */
    int64_t rss;
    int64_t all_at_once_ns;
    int64_t rss_after;
};

static struct latency in_turn;

static void sleep_for(long ns)
{
    const struct timespec pause = {.tv_nsec = ns};
    nanosleep(&pause, NULL);
}

/* Waits until the server does nothing for RESTS in a row: what it does last belongs to its connections too. */
static int settle(pid_t pid)
{
    struct server_time before;
    struct server_time after;
    int status = server_time_read(pid, &after);
    for (int at_rest = 0, rests = 0; status == 0 && at_rest < RESTS && rests < MOST_RESTS; rests++) {
        before = after;
        sleep_for(REST_NS);
        status = server_time_read(pid, &after);
        at_rest = after.cpu_ns == before.cpu_ns ? at_rest + 1 : 0;
    }
    return status;
}

static int look_idle(int64_t *bytes, pid_t pid)
{
    const int status = settle(pid);
    return status < 0 ? status : server_memory_read(pid, bytes);
}

/* Waits a second at most until the server has closed the first connection: one that keeps something open does so. */
static int await_descriptors(pid_t pid, int64_t most, int64_t *count)
{
    int status = server_descriptors_look(pid, count);
    for (int looks = 0; status == 0 && *count > most && looks < MOST_RESTS; looks++) {
        sleep_for(REST_NS);
        status = server_descriptors_look(pid, count);
    }
    return status;
}

/* One connection, echoed and closed: what a server takes but once is not counted as what each connection costs. */
static int touch(struct traffic *traffic, int64_t limit_ns)
{
    struct traffic first;
    const int status = traffic_open(&first, &standing, traffic->port, 1, 1, MESSAGE_SIZE, NULL);
    if (status < 0)
        return status;
    standing_connect(&first, limit_ns);
    first.left = 1;
    traffic_start(&first, 1);
    traffic_finish(&first, limit_ns);
    traffic->failed += first.failed;
    traffic->wrong += first.wrong;
    traffic_close(&first);
    return 0;
}

static int look_before(struct traffic *traffic, struct holding *holding, const struct options *options,
                       int64_t limit_ns)
{
    int64_t untouched;
    int status = settle(options->pid); /* it may still be closing those of an earlier run */
    if (status == 0)
        status = server_descriptors_look(options->pid, &untouched);
    if (status == 0)
        status = touch(traffic, limit_ns);
    if (status == 0)
        status = await_descriptors(options->pid, untouched, &holding->descriptors_before);
    if (status == 0)
        status = server_descriptors_count(options->pid, &holding->counted_before);
    return status < 0 ? status : look_idle(&holding->rss_before, options->pid);
}

static int connect_all(struct traffic *traffic, struct holding *holding, const struct options *options,
                       int64_t limit_ns)
{
    const int64_t begin_ns = now_ns();
    int64_t descriptors = holding->descriptors_before;
    standing_connect(traffic, limit_ns);
    const int64_t wanted = holding->descriptors_before + options->connections - (int64_t)traffic->failed;
    int status = server_descriptors_look(options->pid, &descriptors);
    while (status == 0 && descriptors < wanted && now_ns() < limit_ns) {
        sleep_for(LOOK_NS);
        status = server_descriptors_look(options->pid, &descriptors);
    }
    const bool all = descriptors - holding->descriptors_before >= options->connections;
    holding->accept_ns = all ? now_ns() - begin_ns : -1;
    if (status == 0)
        status = server_descriptors_count(options->pid, &holding->accepted);
    holding->accepted -= holding->counted_before;
    return status;
}

/* Who is silent takes the time of those behind: they are still asked at once. */
static void echo_in_turn(struct traffic *traffic, int64_t limit_ns)
{
    traffic->shape.now_ns = now_ns();
    traffic->shape.since_ns = traffic->shape.now_ns;
    for (uint32_t i = 0; i < traffic->count && traffic->shape.now_ns < limit_ns; i++) {
        struct lane *lane = traffic_lane(traffic, i);
        if (lane->given_up)
            continue;
        traffic->left = 1;
        traffic->kind->start(traffic, lane, 1);
        traffic_finish(traffic, limit_ns);
    }
    traffic->shape.since_ns = INT64_MAX;
}

static void echo_at_once(struct traffic *traffic, struct holding *holding, int64_t limit_ns)
{
    const int64_t begin_ns = now_ns();
    traffic->left = traffic->count;
    traffic_start(traffic, 1);
    traffic_finish(traffic, limit_ns);
    holding->all_at_once_ns = now_ns() - begin_ns;
}

/* Half of what is left. */
static int64_t half_of(int64_t limit_ns)
{
    const int64_t now = now_ns();
    return now + (limit_ns - now) / 2;
}

/* A server that fails the first connection tells nothing by more of them. */
static int hold(struct traffic *traffic, struct holding *holding, const struct options *options,
                int64_t limit_ns)
{
    int status = look_before(traffic, holding, options, half_of(limit_ns));
    if (status == 0 && traffic->failed + traffic->wrong > 0)
        return 0;
    if (status == 0)
        status = connect_all(traffic, holding, options, half_of(limit_ns));
    if (status == 0)
        status = look_idle(&holding->rss, options->pid);
    if (status < 0)
        return status;
    echo_in_turn(traffic, half_of(limit_ns));
    echo_at_once(traffic, holding, limit_ns);
    return look_idle(&holding->rss_after, options->pid);
}

static double each(int64_t bytes, const struct options *options)
{
    return (double)bytes / options->connections;
}

static void report(const struct traffic *traffic, const struct holding *holding,
                   const struct options *options)
{
    result_open();
    result_count("connections", options->connections);
    result_count("accepted", holding->accepted);
    result_seconds("accept_s", holding->accept_ns);
    result_count("rss_before", holding->rss_before);
    result_count("rss", holding->rss);
    result_count("rss_after", holding->rss_after);
    result_number("user_bytes_per_connection", each(holding->rss - holding->rss_before, options));
    result_number("user_bytes_per_used_connection", each(holding->rss_after - holding->rss_before, options));
    result_count("answered", (int64_t)in_turn.count);
    result_latency(&in_turn);
    result_seconds("all_at_once_s", holding->all_at_once_ns);
    result_count("wrong", (int64_t)traffic->wrong);
    result_count("failed", (int64_t)traffic->failed);
}

int hold_run(const struct options *options)
{
    const int64_t limit_ns = now_ns() + options->limit_ns;
    struct holding holding = {.accept_ns = -1};
    struct traffic traffic;
    const int opened =
        traffic_open(&traffic, &standing, options->port, options->connections, 1, MESSAGE_SIZE, &in_turn);
    if (opened < 0) {
        complain("%s", strerror(-opened));
        return EXIT_FAILURE;
    }
    const int status = hold(&traffic, &holding, options, limit_ns);
    report(&traffic, &holding, options);
    const int code = measure_end(&traffic, status);
    traffic_close(&traffic);
    return code;
}
