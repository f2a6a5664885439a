#include "bench/load/result.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

static bool follows;

static void name_member(const char *name)
{
    printf("%s\"%s\":", follows ? "," : "", name);
    follows = true;
}

void result_open(void)
{
    putchar('{');
}

void result_count(const char *name, int64_t count)
{
    name_member(name);
    printf("%" PRId64, count);
}

void result_number(const char *name, double number)
{
    name_member(name);
    printf("%.1f", number);
}

void result_seconds(const char *name, int64_t ns)
{
    name_member(name);
    if (ns < 0)
        printf("null");
    else
        printf("%.6f", (double)ns / 1e9);
}

void result_microseconds(const char *name, int64_t ns)
{
    name_member(name);
    printf("%.3f", (double)ns / 1e3);
}

void result_latency(const struct latency *latency)
{
    result_microseconds("mean_us", (int64_t)latency_mean(latency));
    result_microseconds("p50_us", latency_percentile(latency, 0.5));
    result_microseconds("p99_us", latency_percentile(latency, 0.99));
    result_microseconds("p999_us", latency_percentile(latency, 0.999));
    result_microseconds("max_us", latency->most_ns);
}

void result_processor(const struct window *window)
{
    result_seconds("server_cpu_s", window->server.cpu_ns);
    result_seconds("server_user_s", window->server.user_ns);
    result_seconds("server_system_s", window->server.system_ns);
    result_seconds("load_cpu_s", window->load_ns);
}

int result_close(void)
{
    puts("}");
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : -EIO;
}
