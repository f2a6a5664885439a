#include "bench/load/measure.h"

#include <stdlib.h>
#include <string.h>

#include "apps/common/option.h"
#include "bench/load/now.h"
#include "bench/load/result.h"

/* At HZ=100, the slowest, the clock of a server that never sleeps moves every 10 ms. */
enum { MOST_STEP_NS = 12000000, FEW = 16 };

/*
 * Afterwards each connection has been accepted and answered: none begins within the window. Who is silent for half of
 * the time has failed, so that the others can be measured.
 */
static void greet(struct traffic *traffic, int64_t limit_ns)
{
    const int64_t begin_ns = now_ns();
    traffic->left = traffic->count;
    traffic_start(traffic, 1);
    traffic_finish(traffic, begin_ns + (limit_ns - begin_ns) / 2);
}

/* The load goes on until the server's clock moves, which is when it is exact; looked at after every few events. */
static void run_to_step(struct traffic *traffic, const struct options *options, int64_t limit_ns)
{
    const int64_t most_ns = now_ns() + MOST_STEP_NS;
    const int64_t until_ns = most_ns < limit_ns ? most_ns : limit_ns;
    int64_t before = 0;
    int status = server_cpu_read(options->pid, &before);
    for (int64_t cpu_ns = before; status == 0 && cpu_ns == before && traffic_turn(traffic, FEW, until_ns);)
        status = server_cpu_read(options->pid, &cpu_ns);
}

static int begin(struct traffic *traffic, const struct options *options, struct measured *measured)
{
    const int status = window_begin(&measured->window, options->pid);
    measured->answered = traffic->answered;
    traffic->shape.since_ns = measured->window.wall_ns;
    return status;
}

/* What is in flight stays measured. */
static int end(struct traffic *traffic, const struct options *options, struct measured *measured)
{
    measured->answered = traffic->answered - measured->answered;
    return window_end(&measured->window, options->pid);
}

static int measure_time(struct traffic *traffic, const struct options *options, int64_t limit_ns,
                        struct measured *measured)
{
    greet(traffic, limit_ns);
    traffic->left = UINT64_MAX;
    traffic_start(traffic, options->depth);
    traffic_run_through(traffic, traffic->shape.now_ns + options->warm_ns, limit_ns);
    run_to_step(traffic, options, limit_ns);
    const int begun = begin(traffic, options, measured);
    traffic_run_through(traffic, measured->window.wall_ns + options->seconds_ns, limit_ns);
    run_to_step(traffic, options, limit_ns);
    const int ended = end(traffic, options, measured);
    return begun < 0 ? begun : ended;
}

/* In either part: nothing is in flight at its end. */
static void exchange(struct traffic *traffic, const struct options *options, uint32_t messages,
                     int64_t limit_ns)
{
    traffic->left = messages;
    traffic_start(traffic, options->depth);
    traffic_run(traffic, limit_ns);
}

static int measure_messages(struct traffic *traffic, const struct options *options, int64_t limit_ns,
                            struct measured *measured)
{
    exchange(traffic, options, options->messages / 10, limit_ns);
    const int begun = begin(traffic, options, measured);
    exchange(traffic, options, options->messages, limit_ns);
    const int ended = end(traffic, options, measured);
    return begun < 0 ? begun : ended;
}

int measure(struct traffic *traffic, const struct options *options, int64_t limit_ns,
            struct measured *measured)
{
    const int status = options->messages > 0 ? measure_messages(traffic, options, limit_ns, measured)
                                             : measure_time(traffic, options, limit_ns, measured);
    traffic_finish(traffic, limit_ns);
    return status;
}

void measure_report(const struct traffic *traffic, const struct measured *measured, const char *what)
{
    const double seconds = (double)measured->window.wall_ns / 1e9;
    result_count(what, (int64_t)measured->answered);
    result_seconds("seconds", measured->window.wall_ns);
    result_number("per_second", seconds > 0 ? (double)measured->answered / seconds : 0);
    result_latency(&measured->latency);
    result_processor(&measured->window);
    result_count("wrong", (int64_t)traffic->wrong);
    result_count("failed", (int64_t)traffic->failed);
}

int measure_end(const struct traffic *traffic, int status)
{
    const int written = result_close();
    if (status < 0)
        complain("the server: %s", strerror(-status));
    if (written < 0)
        complain("the result could not be written");
    if (traffic->failed > 0 || traffic->wrong > 0)
        complain("%llu connections failed, %llu answers were wrong", (unsigned long long)traffic->failed,
                 (unsigned long long)traffic->wrong);
    return status < 0 || written < 0 || traffic->failed > 0 || traffic->wrong > 0 ? EXIT_FAILURE
                                                                                  : EXIT_SUCCESS;
}
