#include "apps/connect/arguments.h"

#include <getopt.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apps/common/exit_codes.h"
#include "apps/common/option.h"
#include "apps/common/peer_input.h"
#include "apps/common/standard_output.h"
#include "apps/common/version.h"
#include "apps/connect/connector_option.h"

static const char help_text[] =
    "Usage: rdy-connect [OPTION]... [PEER]...\n"
    "       rdy-connect [OPTION]... [PEER]... --exec COMMAND [ARGUMENT]...\n"
    "\n"
    "Connects to all peers at once on one thread and prints each as it answers, with the time that took; or\n"
    "works with the first that answers.\n"
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
    "\n"
    "      --first N        stop when N peers are connected\n"
    "      --par            many at once (the default)\n"
    "      --seq            one at a time, in the order of input\n"
    "      --happy          race the addresses of a name against each other (RFC 8305)\n"
    "      --timeout TIME   for each peer, its name's lookup included: 250ms, 5s, 2m (default 5s)\n"
    "      --concurrency N  at most N connections at once (default 256); never more than descriptors allow\n"
    "      --rate N         at most N new connections a second\n"
    "      --retries N      try a peer that was refused, reset, unreachable or too late N times more,\n"
    "                       after 1 s, then 1.5 times as long (default 0)\n"
    "\n"
    "      --ordered        in the order of input, each when all before it are decided; with --first N "
    "those\n"
    "                       of the first N that answer\n"
    "      --json           one JSON object at the end, with all peers\n"
    "      --ndjson         one JSON object a line for each peer as it is decided, failed ones too\n"
    "      --csv            a line of CSV for each peer, failed ones too\n"
    "  -o, --report FILE    into FILE instead of standard output; one of --json is replaced as a whole\n"
    "\n"
    "      --stdio          join the first that answers to standard input and output until both have ended\n"
    "      --exec COMMAND [ARGUMENT]...\n"
    "                       run COMMAND on the first that answers, as its standard input and output, with\n"
    "                       the peer's address in RDY_PEER; what follows --exec is the command's\n"
    "\n"
    "      --backend NAME   epoll, kqueue or select (default: RDY_BACKEND, else the best there is)\n"
    "  -v, --verbose        each failed peer on stderr, as is done anyway where that is a terminal\n"
    "  -q, --quiet          nothing on stderr but errors\n"
    "      --no-progress    no line there that is drawn while it runs, as is done where that is a terminal\n"
    "  -h, --help           print this and exit\n"
    "      --version        print the version and the backends and exit\n"
    "\n"
    "Exit status: 0 a peer was connected, 1 none was, or with --stdio the connection broke, 2 wrong usage,\n"
    "3 wrong input or no peers, 4 the system failed: no poll or memory, output not taken (without a word if\n"
    "its reader has gone), or all peers were local faults; 126 COMMAND cannot be run, 127 there is none of\n"
    "that name; 130 ended by SIGINT or SIGTERM. Once it runs, it is that of COMMAND.\n";

enum option_key {
    OPTION_FIRST = 256, /* above every character */
    OPTION_TIMEOUT,
    OPTION_ORDERED,
    OPTION_JSON,
    OPTION_NDJSON,
    OPTION_CSV,
    OPTION_STDIO,
    OPTION_NO_PROGRESS,
    OPTION_VERSION,
};

static const struct option long_options[] = {
    PEER_INPUT_LONG_OPTIONS,
    CONNECTOR_LONG_OPTIONS,
    {"first", required_argument, NULL, OPTION_FIRST},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {"ordered", no_argument, NULL, OPTION_ORDERED},
    {"json", no_argument, NULL, OPTION_JSON},
    {"ndjson", no_argument, NULL, OPTION_NDJSON},
    {"csv", no_argument, NULL, OPTION_CSV},
    {"report", required_argument, NULL, 'o'},
    {"stdio", no_argument, NULL, OPTION_STDIO},
    {"verbose", no_argument, NULL, 'v'},
    {"quiet", no_argument, NULL, 'q'},
    {"no-progress", no_argument, NULL, OPTION_NO_PROGRESS},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

/* What is given without a value, but for what ends the program. */
static bool apply_switch(int key, connect_arguments *arguments)
{
    switch (key) {
    case OPTION_ORDERED:
        arguments->ordered = true;
        break;
    case OPTION_JSON:
        arguments->format = FORMAT_JSON;
        break;
    case OPTION_NDJSON:
        arguments->format = FORMAT_NDJSON;
        break;
    case OPTION_CSV:
        arguments->format = FORMAT_CSV;
        break;
    case OPTION_STDIO:
        arguments->stdio = true;
        break;
    case OPTION_NO_PROGRESS:
        arguments->progress = false;
        break;
    case 'v':
        arguments->verbose = true;
        break;
    case 'q':
        arguments->quiet = true;
        break;
    default:
        return false;
    }
    return true;
}

static int answered(void)
{
    return flush_output() ? EXIT_OK : EXIT_SYSTEM;
}

/* -1 to go on, else what to exit with. */
static int apply_option(int key, const char *word, connect_arguments *arguments, peer_input *input)
{
    int error = peer_input_option(input, key, optarg);
    if (error == 0)
        error = connector_option(&arguments->connector, key, optarg);
    if (error > 0 || (error == 0 && apply_switch(key, arguments)))
        return -1;
    if (error < 0)
        return EXIT_USAGE;
    switch (key) {
    case OPTION_FIRST:
        error = option_positive("--first", optarg, &arguments->first);
        break;
    case OPTION_TIMEOUT:
        error = option_timeout("--timeout", optarg, &arguments->connector.timeout_ns);
        break;
    case 'o':
        arguments->report = optarg;
        break;
    case 'h':
        (void)fputs(help_text, stdout);
        return answered();
    case OPTION_VERSION:
        print_version();
        return answered();
    default:
        option_report_wrong(long_options, word);
        return EXIT_USAGE;
    }
    return error < 0 ? EXIT_USAGE : -1;
}

/* The option for printing that was given, for a message; NULL for none. */
static const char *printing_option(const connect_arguments *arguments)
{
    static const char *const formats[] = {
        [FORMAT_JSON] = "--json", [FORMAT_NDJSON] = "--ndjson", [FORMAT_CSV] = "--csv"};
    if (arguments->first != SIZE_MAX)
        return "--first";
    if (arguments->ordered)
        return "--ordered";
    return arguments->report != NULL ? "--report" : formats[arguments->format];
}

/* Who works with the first peer prints none, and the standard streams cannot be used twice. */
static bool is_work_consistent(const connect_arguments *arguments, const peer_input *input,
                               char *const *words)
{
    const char *work = arguments->stdio ? "--stdio" : "--exec";
    if (!arguments->stdio && arguments->command == NULL)
        return true;
    const char *other =
        arguments->stdio && arguments->command != NULL ? "--exec" : printing_option(arguments);
    if (other != NULL) {
        complain("%s and %s contradict each other", work, other);
        return false;
    }
    if (!arguments->stdio || !peer_input_is_standard(input, words))
        return true;
    complain("--stdio needs the standard input for the stream, not for peers");
    return false;
}

static bool is_consistent(const connect_arguments *arguments, const peer_input *input, char *const *words)
{
    return connector_option_check(&arguments->connector) == 0 && is_work_consistent(arguments, input, words);
}

static int parse(int argc, char **argv, connect_arguments *arguments, peer_input *input)
{
    int key;
    while ((key = getopt_long(argc, argv, ":" PEER_INPUT_SHORT_OPTIONS "o:vqh", long_options, NULL)) != -1) {
        const int exit_code = apply_option(key, argv[optind - 1], arguments, input);
        if (exit_code >= 0)
            return exit_code;
    }
    if (!is_consistent(arguments, input, argv + optind))
        return EXIT_USAGE;
    input->quiet = arguments->quiet;
    arguments->connector.family = input->family;
    if (arguments->stdio || arguments->command != NULL)
        arguments->format = FORMAT_NONE;
    arguments->shard = input->shard;
    arguments->shard_count = input->shard_count;
    const int exit_code = peer_input_read(input, argv + optind, &arguments->peers);
    return exit_code == EXIT_OK ? -1 : exit_code;
}

/*
 * Cuts the command off, so that getopt_long(3), which may sort the words, does not see it. The number of words
 * that are left, or -1 if --exec stands at the end.
 */
static int take_command(int argc, char **argv, connect_arguments *arguments)
{
    int place = 1;
    while (place < argc && strcmp(argv[place], "--exec") != 0)
        place++;
    if (place == argc)
        return argc;
    if (place + 1 == argc) {
        complain("--exec: a value is missing (see --help)");
        return -1;
    }
    arguments->command = argv + place + 1;
    argv[place] = NULL;
    return place;
}

bool connect_arguments_parse(int argc, char **argv, connect_arguments *arguments, int *exit_code)
{
    *arguments = (connect_arguments){.first = SIZE_MAX, .progress = true, .connector.report_failures = true};
    peer_input input;
    const int words = take_command(argc, argv, arguments);
    if (words < 0 || !peer_input_alloc(&input, words)) {
        *exit_code = words < 0 ? EXIT_USAGE : EXIT_SYSTEM;
        return false;
    }
    const int result = parse(words, argv, arguments, &input);
    peer_input_free(&input);
    arguments->progress = arguments->progress && !arguments->quiet;
    arguments->verbose = !arguments->quiet && (arguments->verbose || isatty(STDERR_FILENO) == 1);
    if (result < 0)
        return true;
    *exit_code = result;
    return false;
}

void connect_arguments_free(connect_arguments *arguments)
{
    peer_list_free(&arguments->peers);
}
