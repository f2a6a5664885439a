#include <stdlib.h>
#include <string.h>

#include "apps/common/option.h"
#include "bench/load/measure.h"
#include "bench/load/now.h"
#include "bench/load/result.h"
#include "bench/load/runs.h"
#include "bench/load/standing.h"

static struct measured measured;

int echo_run(const struct options *options)
{
    const int64_t limit_ns = now_ns() + options->limit_ns;
    struct traffic traffic;
    const int opened = traffic_open(&traffic, &standing, options->port, options->connections, options->depth,
                                    options->size, &measured.latency);
    if (opened < 0) {
        complain("%s", strerror(-opened));
        return EXIT_FAILURE;
    }
    standing_connect(&traffic, limit_ns);
    const int status = measure(&traffic, options, limit_ns, &measured);
    result_open();
    result_count("connections", options->connections);
    result_count("depth", options->depth);
    result_count("size", options->size);
    measure_report(&traffic, &measured, "messages");
    const int code = measure_end(&traffic, status);
    traffic_close(&traffic);
    return code;
}
