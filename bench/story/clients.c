/*
 * Lets many clients hold the story's exchange with a server at once and prints how they fared, as JSON.
 *
 *     story-clients --port PORT --pid PID --clients N [--think 1s] [--timeout 10s]
 *
 * A client has succeeded when the server ended the stream cleanly after its Z, within the time-out. "concurrency" is
 * what the clients see: connected, also while they only wait in the server's queue; "served" are those that had their
 * answer and were thinking at the same time. Exits with 1 if a server broke the protocol, with 2 for a wrong option.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "apps/common/descriptors.h"
#include "apps/common/option.h"
#include "bench/load/server.h"
#include "bench/servers/listening.h"
#include "bench/story/crowd.h"
#include "reactor/clock.h"

/* Above any character, so that getopt_long tells a wrong short option from these. */
enum { PORT = 256, PID, CLIENTS, THINK, TIMEOUT };

enum { OWN_DESCRIPTORS = 16, MOST_CLIENTS = 1000000 };

typedef struct command {
    crowd_options crowd;
    long clients, pid;
} command;

/* What the server had taken when the clients came. */
typedef struct usage {
    int64_t resident, cpu_ns;
} usage;

static const struct option known[] = {
    {"port", required_argument, NULL, PORT},       {"pid", required_argument, NULL, PID},
    {"clients", required_argument, NULL, CLIENTS}, {"think", required_argument, NULL, THINK},
    {"timeout", required_argument, NULL, TIMEOUT}, {NULL, 0, NULL, 0},
};

static int take_option(int option, const char *word, command *wanted)
{
    switch (option) {
    case PORT:
        return option_port("--port", optarg, &wanted->crowd.port);
    case PID:
        return option_count("--pid", optarg, 1, INT_MAX, &wanted->pid);
    case CLIENTS:
        return option_count("--clients", optarg, 1, MOST_CLIENTS, &wanted->clients);
    case THINK:
        return option_duration("--think", optarg, &wanted->crowd.think_ns);
    case TIMEOUT:
        return option_timeout("--timeout", optarg, &wanted->crowd.timeout_ns);
    default:
        option_report_wrong(known, word);
        return -EINVAL;
    }
}

static bool is_complete(const command *wanted, bool rest)
{
    const bool named = wanted->crowd.port != 0 && wanted->pid != 0 && wanted->clients != 0;
    if (!named || rest) {
        complain("expected --port PORT --pid PID --clients N [--think 1s] [--timeout 10s]");
        return false;
    }
    const size_t room = descriptors_available(OWN_DESCRIPTORS);
    if ((size_t)wanted->clients > room) {
        complain("--clients %ld: there are only %zu descriptors", wanted->clients, room);
        return false;
    }
    return true;
}

static bool parse(int argc, char **argv, command *wanted)
{
    int option;
    *wanted = (command){.crowd = {.think_ns = RDY_SECOND, .timeout_ns = 10 * RDY_SECOND}};
    while ((option = getopt_long(argc, argv, ":", known, NULL)) != -1)
        if (take_option(option, argv[optind - 1], wanted) != 0)
            return false;
    wanted->crowd.clients = (size_t)wanted->clients;
    return is_complete(wanted, optind < argc);
}

static int64_t own_cpu_ns(void)
{
    struct timespec spent;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return spent.tv_sec * RDY_SECOND + spent.tv_nsec;
}

static int compare_times(const void *left, const void *right)
{
    const int64_t one = *(const int64_t *)left, other = *(const int64_t *)right;
    return (one > other) - (one < other);
}

static void print_ms(const char *name, double ns, size_t count)
{
    if (count == 0)
        printf(", \"%s\": null", name);
    else
        printf(", \"%s\": %.3f", name, ns / (double)RDY_MILLISECOND);
}

/* The mean, the median and the time that 99 of 100 had at most. */
static void print_times(const char *const names[3], int64_t *times_ns, size_t count)
{
    const size_t middle = count / 2, near_end = count * 99 / 100;
    double sum_ns = 0;
    qsort(times_ns, count, sizeof *times_ns, compare_times);
    for (size_t i = 0; i < count; i++)
        sum_ns += (double)times_ns[i];
    print_ms(names[0], sum_ns / (double)count, count);
    print_ms(names[1], (double)times_ns[middle], count);
    print_ms(names[2], (double)times_ns[near_end], count);
}

static double seconds(int64_t ns)
{
    return (double)ns / (double)RDY_SECOND;
}

static void print_crowd(const crowd_options *crowd, crowd_result *result)
{
    static const char *const answer_names[] = {"mean_answer_ms", "p50_ms", "p99_ms"};
    static const char *const done_names[] = {"mean_done_ms", "p50_done_ms", "p99_done_ms"};
    const size_t succeeded = result->ended[CROWD_SUCCEEDED];
    printf("\"clients\": %zu, \"think_s\": %g, \"timeout_s\": %g", crowd->clients, seconds(crowd->think_ns),
           seconds(crowd->timeout_ns));
    printf(", \"succeeded\": %zu, \"success\": %.6g", succeeded, (double)succeeded / (double)crowd->clients);
    printf(", \"highest_concurrency\": %zu, \"served_concurrency\": %zu", result->highest_concurrency,
           result->highest_served);
    print_times(answer_names, result->answer_ns, result->answer_count);
    print_times(done_names, result->done_ns, succeeded);
    printf(", \"wall_s\": %.3f, \"wrong\": %zu, \"timed_out\": %zu, \"refused\": %zu, \"reset\": %zu",
           seconds(result->wall_ns), result->ended[CROWD_WRONG], result->ended[CROWD_TIMED_OUT],
           result->ended[CROWD_REFUSED], result->ended[CROWD_RESET]);
}

/* Ends the program where there is no such process, or no more. */
static int64_t of_server(int (*read)(pid_t pid, int64_t *value), int pid)
{
    int64_t value = 0;
    const int error = read(pid, &value);
    if (error < 0) {
        errno = -error;
        bench_fail("--pid");
    }
    return value;
}

static usage usage_of(int pid)
{
    return (usage){.resident = of_server(server_memory_read, pid), .cpu_ns = of_server(server_cpu_read, pid)};
}

static void print_server(int pid, const command *wanted, usage before)
{
    const int64_t peak = of_server(server_memory_peak_read, pid);
    const double taken = peak > before.resident ? (double)(peak - before.resident) : 0;
    printf(", \"server_rss_peak\": %" PRId64
           ", \"server_user_bytes_per_client\": %.1f, \"server_cpu_s\": %.4f",
           peak, taken / (double)wanted->clients, seconds(of_server(server_cpu_read, pid) - before.cpu_ns));
}

int main(int argc, char **argv)
{
    command wanted;
    crowd_result result;
    option_set_program("story-clients");
    if (!parse(argc, argv, &wanted))
        return 2;
    const int pid = (int)wanted.pid;
    const usage before = usage_of(pid);
    crowd_run(&wanted.crowd, &result);
    printf("{");
    print_crowd(&wanted.crowd, &result);
    print_server(pid, &wanted, before);
    printf(", \"load_cpu_s\": %.4f}\n", seconds(own_cpu_ns()));
    const bool wrong = result.ended[CROWD_WRONG] > 0;
    crowd_result_free(&result);
    return wrong ? 1 : 0;
}
