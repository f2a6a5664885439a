#include "apps/connect/arguments.h"

#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "apps/common/exit_codes.h"
#include "apps/common/option.h"
#include "apps/common/peer_input.h"
#include "apps/common/standard_output.h"
#include "apps/common/version.h"

static const char help_text[] =
    "Usage: rdy-connect [OPTION]... [PEER]...\n"
    "\n"
    "Connects to all peers at once on one thread and prints each as it answers, with the time that took.\n"
    "A PEER is ADDRESS:PORT, [V6-ADDRESS]:PORT, NAME:PORT or a network: 10.0.0.0/24:PORT,\n"
    "[2001:db8::/120]:PORT; '-', or no peer and no file, reads standard input: one peer a line, with '#'\n"
    "before comments. A peer that is given twice is tried once. The addresses of a name are tried one after\n"
    "another, but none that is another peer's.\n"
    "\n"
    "  -f, --file FILE      read peers from FILE too ('-' is standard input); may be repeated\n"
    "      --port PORT      the port of peers that are given without one\n"
    "  -4, --ipv4           only IPv4: other addresses are left out, names are asked for such ones\n"
    "  -6, --ipv6           only IPv6, likewise\n"
    "      --shard I/N      of the peers only every N-th, from the I-th on\n"
    "      --first N        stop when N peers are connected\n"
    "      --par            many at once (the default)\n"
    "      --seq            one at a time, in the order of input\n"
    "      --timeout TIME   for each peer, its name's lookup included: 250ms, 5s, 2m (default 5s)\n"
    "      --concurrency N  at most N connections at once (default 256); never more than descriptors allow\n"
    "      --json           one JSON object a line for each peer as it is decided, failed ones too\n"
    "      --backend NAME   epoll, kqueue or select (default: RDY_BACKEND, else the best there is)\n"
    "  -v, --verbose        each failed peer on stderr, as is done anyway where that is a terminal\n"
    "  -q, --quiet          nothing on stderr but errors\n"
    "  -h, --help           print this and exit\n"
    "      --version        print the version and the backends and exit\n"
    "\n"
    "Exit status: 0 a peer was connected, 1 none was, 2 wrong usage, 3 wrong input or no peers, 4 the "
    "system\n"
    "failed: no poll or memory, output not taken (without a word if its reader has gone), or all peers were\n"
    "local faults; 130 ended by SIGINT or SIGTERM.\n";

enum option_key {
    OPTION_FIRST = 256, /* above every character */
    OPTION_PAR,
    OPTION_SEQ,
    OPTION_TIMEOUT,
    OPTION_CONCURRENCY,
    OPTION_JSON,
    OPTION_BACKEND,
    OPTION_VERSION,
};

static const struct option long_options[] = {
    PEER_INPUT_LONG_OPTIONS,
    {"first", required_argument, NULL, OPTION_FIRST},
    {"par", no_argument, NULL, OPTION_PAR},
    {"seq", no_argument, NULL, OPTION_SEQ},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {"concurrency", required_argument, NULL, OPTION_CONCURRENCY},
    {"json", no_argument, NULL, OPTION_JSON},
    {"backend", required_argument, NULL, OPTION_BACKEND},
    {"verbose", no_argument, NULL, 'v'},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

static int answered(void)
{
    return flush_output() ? EXIT_OK : EXIT_SYSTEM;
}

/* -1 to go on, else what to exit with. */
static int apply_option(int key, const char *word, connect_arguments *arguments, peer_input *input)
{
    peer_connector_options *connector = &arguments->connector;
    const int taken = peer_input_option(input, key, optarg);
    bool ok = true;
    if (taken != 0)
        return taken > 0 ? -1 : EXIT_USAGE;
    switch (key) {
    case OPTION_FIRST:
        ok = option_positive("--first", optarg, &arguments->first) == 0;
        break;
    case OPTION_PAR:
    case OPTION_SEQ:
        connector->sequential = key == OPTION_SEQ;
        break;
    case OPTION_TIMEOUT:
        ok = option_timeout("--timeout", optarg, &connector->timeout_ns) == 0;
        break;
    case OPTION_CONCURRENCY:
        ok = option_positive("--concurrency", optarg, &connector->concurrency) == 0;
        break;
    case OPTION_JSON:
        arguments->json = true;
        break;
    case OPTION_BACKEND:
        ok = option_backend("--backend", optarg, &connector->backend) == 0;
        break;
    case 'v':
        arguments->verbose = true;
        break;
    case 'q':
        arguments->quiet = true;
        break;
    case 'h':
        fputs(help_text, stdout);
        return answered();
    case OPTION_VERSION:
        print_version();
        return answered();
    default:
        option_report_wrong(long_options, word);
        ok = false;
    }
    return ok ? -1 : EXIT_USAGE;
}

static bool is_consistent(const peer_connector_options *options)
{
    return option_order(options->sequential, options->concurrency) == 0 &&
           (options->backend != NULL || option_backend_of_environment() == 0);
}

static int parse(int argc, char **argv, connect_arguments *arguments, peer_input *input)
{
    int key;
    while ((key = getopt_long(argc, argv, ":" PEER_INPUT_SHORT_OPTIONS "vqh", long_options, NULL)) != -1) {
        const int exit_code = apply_option(key, argv[optind - 1], arguments, input);
        if (exit_code >= 0)
            return exit_code;
    }
    if (!is_consistent(&arguments->connector))
        return EXIT_USAGE;
    input->quiet = arguments->quiet;
    arguments->connector.family = input->family;
    const int exit_code = peer_input_read(input, argv + optind, &arguments->peers);
    return exit_code == EXIT_OK ? -1 : exit_code;
}

bool connect_arguments_parse(int argc, char **argv, connect_arguments *arguments, int *exit_code)
{
    *arguments = (connect_arguments){.first = SIZE_MAX};
    peer_input input;
    if (!peer_input_alloc(&input, argc)) {
        *exit_code = EXIT_SYSTEM;
        return false;
    }
    const int result = parse(argc, argv, arguments, &input);
    peer_input_free(&input);
    arguments->verbose = !arguments->quiet && (arguments->verbose || isatty(STDERR_FILENO) == 1);
    arguments->connector.report_failures = arguments->verbose || arguments->json;
    if (result < 0)
        return true;
    *exit_code = result;
    return false;
}

void connect_arguments_free(connect_arguments *arguments)
{
    peer_list_free(&arguments->peers);
}
