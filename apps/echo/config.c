#include "apps/echo/config.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <sys/socket.h>

#include "apps/common/exit_codes.h"
#include "apps/common/option.h"
#include "apps/common/sandbox.h"
#include "apps/common/standard_output.h"
#include "apps/common/version.h"
#include "apps/echo/pool.h"
#include "reactor/clock.h"

#define DEFAULT_LISTEN "127.0.0.1:7777"

static const char help[] =
    "Usage: rdy-echo [OPTION]...\n"
    "Sends back to each client what it sends.\n"
    "\n"
    "  --listen ADDR          1.2.3.4:80, [::1]:80 or unix:/path; may be given up to 16 times; port 0\n"
    "                         takes a free one (default " DEFAULT_LISTEN ")\n"
    "  --workers N            threads, each with a poll and a listener of its own on every TCP address\n"
    "                         (SO_REUSEPORT; more than one needs Linux, FreeBSD or DragonFly); the first\n"
    "                         one alone serves Unix sockets (default 1)\n"
    "  --max-connections N    clients at once, of all workers together; more wait in the queue of the\n"
    "                         system (default: as many as there are descriptors)\n"
    "  --idle-timeout T       closes a client when no byte has moved for T (default 0, never)\n"
    "  --buffer-limit SIZE    bytes that may wait for a client that does not read; its input then rests\n"
    "                         until half of them are gone (default 256KiB)\n"
    "  --drain-timeout T      how long SIGTERM and SIGINT let clients finish (default 5s)\n"
    "  --backend NAME         how to wait: epoll, kqueue or select (default: RDY_BACKEND or the best)\n"
    "  --spin T               look for events for up to T before sleeping, while that pays (default 0)\n"
    "  --user USER[:GROUP]    become this user once it listens, with all of the user's groups or with GROUP\n"
    "                         alone; numbers will do; for root only\n"
    "  --sandbox              give up every system call but those that are needed once it listens (seccomp\n"
    "                         on Linux, pledge on OpenBSD); an error where that cannot be\n"
    "  -h, --help; --version\n"
    "\n"
    "T is 250ms, 5s or 2m; SIZE is 512, 64KiB or 1MiB.\n"
    "\n"
    "SIGTERM and SIGINT stop accepting at once and echo what is on its way: a client that is silent is shut\n"
    "down, one that goes on sending is served for half of the drain timeout, one that reads slowly for all\n"
    "of it. Who has not got everything by then is cut off with a reset (on TCP) and counted as cut.\n"
    "A second signal ends at once. SIGUSR1 prints the counters on stderr, and so does the end.\n"
    "\n"
    "Exit status: 0 ended by a signal; 2 wrong option; 3 cannot listen; 4 the system failed; 130 ended by a\n"
    "second signal.\n";

/* Above any character, so that getopt_long tells a wrong short option from these. */
enum {
    LISTEN = 256,
    WORKERS,
    MAX_CONNECTIONS,
    IDLE_TIMEOUT,
    BUFFER_LIMIT,
    DRAIN_TIMEOUT,
    BACKEND,
    SPIN,
    USER,
    SANDBOX,
    VERSION,
};

static const struct option options[] = {
    {"listen", required_argument, NULL, LISTEN},
    {"workers", required_argument, NULL, WORKERS},
    {"max-connections", required_argument, NULL, MAX_CONNECTIONS},
    {"idle-timeout", required_argument, NULL, IDLE_TIMEOUT},
    {"buffer-limit", required_argument, NULL, BUFFER_LIMIT},
    {"drain-timeout", required_argument, NULL, DRAIN_TIMEOUT},
    {"backend", required_argument, NULL, BACKEND},
    {"spin", required_argument, NULL, SPIN},
    {"user", required_argument, NULL, USER},
    {"sandbox", no_argument, NULL, SANDBOX},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, VERSION},
    {NULL, 0, NULL, 0},
};

/* Port 0 is another port each time. */
static bool is_listed(const echo_config *config, const rdy_address *address)
{
    if (rdy_address_family(address) != AF_UNIX && rdy_address_port(address) == 0)
        return false;
    for (size_t i = 0; i < config->listen_count; i++)
        if (rdy_address_compare(&config->listen[i], address) == 0)
            return true;
    return false;
}

static bool parse_listen(const char *text, rdy_address *address)
{
    const int error = rdy_address_parse(text, address);
    if (error == -ENAMETOOLONG)
        complain("--listen: too long for the path of a socket: '%s'", text);
    else if (error != 0)
        complain("--listen: expected 1.2.3.4:80, [::1]:80 or unix:/path, not '%s'", text);
    return error == 0;
}

static bool add_listen(const char *text, echo_config *config)
{
    if (config->listen_count == ECHO_LISTENERS_MAX) {
        complain("--listen: at most %d addresses", ECHO_LISTENERS_MAX);
        return false;
    }
    rdy_address address;
    if (!parse_listen(text, &address))
        return false;
    if (is_listed(config, &address)) {
        complain("--listen: '%s' is given twice", text);
        return false;
    }
    config->listen[config->listen_count++] = address;
    return true;
}

static bool set_count(const char *option, const char *text, long most, size_t *out)
{
    long count = 0;
    if (option_count(option, text, 1, most, &count) != 0)
        return false;
    *out = (size_t)count;
    return true;
}

static bool set_buffer_limit(const char *text, size_t *limit)
{
    if (option_size("--buffer-limit", text, limit) != 0)
        return false;
    if (*limit > 0)
        return true;
    complain("--buffer-limit: expected at least 1 byte");
    return false;
}

static bool set_idle_timeout(const char *text, int64_t *ns)
{
    if (option_duration("--idle-timeout", text, ns) != 0)
        return false;
    if (*ns <= ECHO_SILENCE_MAX)
        return true;
    complain("--idle-timeout: expected at most 500h, or 0 for never");
    return false;
}

static bool set_user(const char *text, echo_config *config)
{
    const int error = option_run_as("--user", text, &config->user);
    config->has_user = error == 0;
    config->system_failed = error != 0 && error != -EINVAL;
    return config->has_user;
}

static bool set_sandbox(echo_config *config)
{
    config->sandbox = sandbox_name() != NULL;
    if (!config->sandbox)
        complain("--sandbox: this program was built without libseccomp, or this system has no sandbox");
    return config->sandbox;
}

static bool apply(int option, const char *text, echo_config *config)
{
    switch (option) {
    case LISTEN:
        return add_listen(text, config);
    case WORKERS:
        return set_count("--workers", text, ECHO_WORKERS_MAX, &config->workers);
    case MAX_CONNECTIONS:
        return set_count("--max-connections", text, LONG_MAX, &config->max_connections);
    case IDLE_TIMEOUT:
        return set_idle_timeout(text, &config->idle_ns);
    case BUFFER_LIMIT:
        return set_buffer_limit(text, &config->buffer_limit);
    case DRAIN_TIMEOUT:
        return option_duration("--drain-timeout", text, &config->drain_ns) == 0;
    case BACKEND:
        return option_backend("--backend", text, &config->backend) == 0;
    case SPIN:
        return option_duration("--spin", text, &config->spin_ns) == 0;
    case USER:
        return set_user(text, config);
    default:
        return set_sandbox(config);
    }
}

static int answered(void)
{
    return flush_output() ? EXIT_OK : EXIT_SYSTEM;
}

/* The exit code that the option ends the program with, or -1 to go on. */
static int handle(int option, char *const *argv, echo_config *config)
{
    switch (option) {
    case 'h':
        fputs(help, stdout);
        return answered();
    case VERSION:
        print_version();
        return answered();
    case '?':
    case ':':
        option_report_wrong(options, argv[optind - 1]);
        return EXIT_USAGE;
    default:
        if (apply(option, optarg, config))
            return -1;
        return config->system_failed ? EXIT_SYSTEM : EXIT_USAGE;
    }
}

bool echo_config_parse(int argc, char **argv, echo_config *config, int *exit_code)
{
    *config = (echo_config){.workers = 1,
                            .max_connections = SIZE_MAX,
                            .buffer_limit = (size_t)256 * 1024,
                            .drain_ns = 5 * RDY_SECOND};

    int ended = -1;
    int option;
    while (ended < 0 && (option = getopt_long(argc, argv, ":h", options, NULL)) != -1)
        ended = handle(option, argv, config);
    if (ended < 0 && optind < argc) {
        complain("unexpected argument '%s' (see --help)", argv[optind]);
        ended = EXIT_USAGE;
    }
    if (ended < 0 && config->backend == NULL && option_backend_of_environment() != 0)
        ended = EXIT_USAGE;
    if (ended < 0 && config->listen_count == 0)
        (void)add_listen(DEFAULT_LISTEN, config);
    if (ended >= 0)
        *exit_code = ended;
    return ended < 0;
}
