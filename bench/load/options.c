#include "bench/load/options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "apps/common/descriptors.h"
#include "apps/common/option.h"
#include "bench/load/runs.h"
#include "bench/load/server.h"
#include "reactor/clock.h"

enum {
    OPTION_CLIENTS = UCHAR_MAX + 1,
    OPTION_CONNECTIONS,
    OPTION_DEPTH,
    OPTION_HELP,
    OPTION_LIMIT,
    OPTION_MESSAGES,
    OPTION_PID,
    OPTION_PORT,
    OPTION_SECONDS,
    OPTION_SIZE,
    OPTION_WARM,
};

static const struct option known[] = {
    {"clients", required_argument, NULL, OPTION_CLIENTS},
    {"connections", required_argument, NULL, OPTION_CONNECTIONS},
    {"depth", required_argument, NULL, OPTION_DEPTH},
    {"help", no_argument, NULL, OPTION_HELP},
    {"limit", required_argument, NULL, OPTION_LIMIT},
    {"messages", required_argument, NULL, OPTION_MESSAGES},
    {"pid", required_argument, NULL, OPTION_PID},
    {"port", required_argument, NULL, OPTION_PORT},
    {"seconds", required_argument, NULL, OPTION_SECONDS},
    {"size", required_argument, NULL, OPTION_SIZE},
    {"warm", required_argument, NULL, OPTION_WARM},
    {0},
};

#define FLAG(option) (1U << ((option)-OPTION_CLIENTS))
#define FOR_ALL      (FLAG(OPTION_LIMIT) | FLAG(OPTION_PID) | FLAG(OPTION_PORT))
#define FOR_WINDOW   (FLAG(OPTION_MESSAGES) | FLAG(OPTION_SECONDS) | FLAG(OPTION_WARM))

static const struct {
    const char *name;
    int (*run)(const struct options *options);
    unsigned flags; /* of the options that it takes beside those FOR_ALL */
} runs[] = {
    {"echo", echo_run, FLAG(OPTION_CONNECTIONS) | FLAG(OPTION_DEPTH) | FLAG(OPTION_SIZE) | FOR_WINDOW},
    {"churn", churn_run, FLAG(OPTION_CLIENTS) | FOR_WINDOW},
    {"hold", hold_run, FLAG(OPTION_CONNECTIONS)},
};

enum {
    MOST_CONNECTIONS = 1000000,
    MOST_DEPTH = 4096,
    MOST_SIZE = 1 << 30,
    OWN_DESCRIPTORS = 8,
    RUNS = sizeof runs / sizeof *runs
};

static int read_count(const char *option, const char *text, long most, uint32_t *value)
{
    long count;
    if (option_count(option, text, 1, most, &count) < 0)
        return -EINVAL;
    *value = (uint32_t)count;
    return 0;
}

static int read_pid(const char *option, const char *text, pid_t *pid)
{
    long count;
    if (option_count(option, text, 1, INT_MAX, &count) < 0)
        return -EINVAL;
    *pid = (pid_t)count;
    return 0;
}

static int read_size(const char *option, const char *text, uint32_t *size)
{
    size_t bytes;
    if (option_size(option, text, &bytes) < 0)
        return -EINVAL;
    if (bytes == 0 || bytes > MOST_SIZE) {
        complain("%s: expected 1 to 1GiB, not '%s'", option, text);
        return -EINVAL;
    }
    *size = (uint32_t)bytes;
    return 0;
}

static int read_option(struct options *options, int option)
{
    switch (option) {
    case OPTION_CLIENTS:
        return read_count("--clients", optarg, MOST_CONNECTIONS, &options->connections);
    case OPTION_CONNECTIONS:
        return read_count("--connections", optarg, MOST_CONNECTIONS, &options->connections);
    case OPTION_DEPTH:
        return read_count("--depth", optarg, MOST_DEPTH, &options->depth);
    case OPTION_LIMIT:
        return option_timeout("--limit", optarg, &options->limit_ns);
    case OPTION_MESSAGES:
        return read_count("--messages", optarg, INT_MAX, &options->messages);
    case OPTION_PID:
        return read_pid("--pid", optarg, &options->pid);
    case OPTION_PORT:
        return option_port("--port", optarg, &options->port);
    case OPTION_SECONDS:
        return option_timeout("--seconds", optarg, &options->seconds_ns);
    case OPTION_SIZE:
        return read_size("--size", optarg, &options->size);
    case OPTION_WARM:
        return option_duration("--warm", optarg, &options->warm_ns);
    default:
        return -EINVAL;
    }
}

static const char *name_of(int option)
{
    const struct option *found = known;
    while (found->val != option)
        found++;
    return found->name;
}

/* `given` are the flags of the options there were. */
static int find_run(struct options *options, const char *name, unsigned given)
{
    size_t i = 0;
    while (i < RUNS && (name == NULL || strcmp(name, runs[i].name) != 0))
        i++;
    if (i == RUNS) {
        complain("expected echo, churn or hold%s%s", name != NULL ? ", not " : "", name != NULL ? name : "");
        return -EINVAL;
    }
    const unsigned wrong = given & ~(runs[i].flags | FOR_ALL);
    if (wrong != 0) {
        complain("--%s: not an option of %s", name_of(OPTION_CLIENTS + __builtin_ctz(wrong)), name);
        return -EINVAL;
    }
    options->run = runs[i].run;
    return 0;
}

/* What no single option can know. */
static int check_options(struct options *options)
{
    struct server_time time;
    const size_t most = descriptors_available(OWN_DESCRIPTORS);
    if (options->port == 0 || options->pid == 0)
        complain("--port and --pid are needed");
    else if (server_time_read(options->pid, &time) < 0)
        complain("--pid: there is no process %ld", (long)options->pid);
    else if (options->connections > most)
        complain("%u connections: the limit of descriptors allows %zu", options->connections, most);
    else
        return 0;
    return -EINVAL;
}

bool options_read(struct options *options, int count, char **arguments, int *code)
{
    *options = (struct options){
        .connections = 1,
        .depth = 1,
        .size = 64,
        .warm_ns = RDY_SECOND / 2,
        .seconds_ns = 3 * RDY_SECOND,
    };
    unsigned given = 0;
    *code = OPTIONS_USAGE;
    option_set_program("bench-load");
    for (int option; (option = getopt_long(count, arguments, ":", known, NULL)) != -1;) {
        if (option == OPTION_HELP) {
            *code = options_print_help() < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
            return false;
        }
        if (option == '?' || option == ':') {
            option_report_wrong(known, arguments[optind - 1]);
            return false;
        }
        if (read_option(options, option) < 0)
            return false;
        given |= FLAG(option);
    }
    if (optind + 1 < count) {
        complain("unexpected argument '%s'", arguments[optind + 1]);
        return false;
    }
    if (find_run(options, arguments[optind], given) < 0 || check_options(options) < 0)
        return false;
    if (options->limit_ns == 0)
        options->limit_ns =
            30 * RDY_SECOND + (options->run == hold_run ? 0 : options->warm_ns + options->seconds_ns);
    return true;
}
