#include "apps/connect/arguments.h"

#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps/common/exit_codes.h"
#include "apps/common/option.h"
#include "apps/common/standard_output.h"
#include "reactor/error.h"
#include "reactor/poll.h"

static const char help_text[] =
    "usage: rdy-connect [OPTION]... [PEER]...\n"
    "\n"
    "Connects to all peers at once on one thread and prints each as it answers, with the time that took.\n"
    "A PEER is ADDRESS:PORT, [V6-ADDRESS]:PORT or NAME:PORT; '-', or no peer and no file, reads standard\n"
    "input: one peer a line, with '#' before comments. A peer that is given twice is tried once.\n"
    "\n"
    "  -f, --file FILE      read peers from FILE too ('-' is standard input); may be repeated\n"
    "      --port PORT      the port of peers that are given without one\n"
    "      --first N        stop when N peers are connected\n"
    "      --par            many at once (the default)\n"
    "      --seq            one at a time, in the order of input\n"
    "      --timeout TIME   for each peer, its name's lookup included: 250ms, 5s, 2m (default 5s)\n"
    "      --concurrency N  at most N at once (default 256); never more than descriptors allow\n"
    "      --json           one JSON object a line for each peer as it is decided, failed ones too\n"
    "      --backend NAME   epoll, kqueue or select (default: RDY_BACKEND, else the best there is)\n"
    "  -v, --verbose        failures on stderr also when it is no terminal\n"
    "  -q, --quiet          nothing on stderr but errors\n"
    "  -h, --help           print this and exit\n"
    "      --version        print the version and the backends and exit\n"
    "\n"
    "Exit status: 0 a peer was connected, 1 none was, 2 wrong usage, 3 wrong input, 4 the system failed,\n"
    "130 ended by Ctrl-C.\n";

enum option_key {
    OPTION_PORT = 256, /* above every character */
    OPTION_FIRST,
    OPTION_PAR,
    OPTION_SEQ,
    OPTION_TIMEOUT,
    OPTION_CONCURRENCY,
    OPTION_JSON,
    OPTION_BACKEND,
    OPTION_VERSION,
};

static const struct option long_options[] = {
    {"file", required_argument, NULL, 'f'},
    {"port", required_argument, NULL, OPTION_PORT},
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

/* What is only needed until the peers are read. */
typedef struct input_list {
    const char **files; /* room for as many as there are arguments */
    size_t file_count;
    uint16_t port;
} input_list;

static bool parse_count(const char *name, long most, size_t *count)
{
    long value;
    if (option_count(name, optarg, 1, most, &value) < 0)
        return false;
    *count = (size_t)value;
    return true;
}

static bool parse_port(uint16_t *port)
{
    size_t value;
    if (!parse_count("--port", UINT16_MAX, &value))
        return false;
    *port = (uint16_t)value;
    return true;
}

static bool parse_timeout(int64_t *timeout_ns)
{
    int64_t value;
    if (option_duration("--timeout", optarg, &value) < 0)
        return false;
    if (value == 0) {
        complain("--timeout: expected more than 0");
        return false;
    }
    *timeout_ns = value;
    return true;
}

static bool parse_backend(const char **backend)
{
    for (const char *const *name = rdy_backends(); *name != NULL; name++) {
        if (strcmp(*name, optarg) == 0) {
            *backend = *name;
            return true;
        }
    }
    complain("--backend: there is no '%s' here; see --version", optarg);
    return false;
}

static void print_version(void)
{
    printf("rdy-connect %s, backends:", RDY_VERSION);
    for (const char *const *name = rdy_backends(); *name != NULL; name++)
        printf(" %s", *name);
    printf("\n");
}

static int answered(void)
{
    return flush_output() ? EXIT_OK : EXIT_SYSTEM;
}

/* -1 to go on, else what to exit with. */
static int apply_option(int key, connect_arguments *arguments, input_list *input)
{
    peer_connector_options *connector = &arguments->connector;
    bool ok = true;
    switch (key) {
    case 'f':
        input->files[input->file_count++] = optarg;
        break;
    case OPTION_PORT:
        ok = parse_port(&input->port);
        break;
    case OPTION_FIRST:
        ok = parse_count("--first", INT32_MAX, &arguments->first);
        break;
    case OPTION_PAR:
    case OPTION_SEQ:
        connector->sequential = key == OPTION_SEQ;
        break;
    case OPTION_TIMEOUT:
        ok = parse_timeout(&connector->timeout_ns);
        break;
    case OPTION_CONCURRENCY:
        ok = parse_count("--concurrency", INT32_MAX, &connector->concurrency);
        break;
    case OPTION_JSON:
        arguments->json = true;
        break;
    case OPTION_BACKEND:
        ok = parse_backend(&connector->backend);
        break;
    case 'v':
        arguments->verbose = true;
        break;
    case 'q':
        arguments->quiet = true;
        break;
    case 'h':
        (void)fputs(help_text, stdout);
        return answered();
    case OPTION_VERSION:
        print_version();
        return answered();
    default:
        ok = false; /* getopt_long has said what is wrong */
    }
    return ok ? -1 : EXIT_USAGE;
}

static int add_argument(peer_list *peers, const char *text, uint16_t port)
{
    if (strcmp(text, "-") == 0)
        return peer_list_read_path(peers, text, port);
    const int error = peer_list_add(peers, text, port);
    if (error == -EINVAL)
        complain("expected %s, not '%s'", port == 0 ? "HOST:PORT" : "HOST[:PORT]", text);
    else if (error < 0)
        complain("%s", rdy_error_sentence(error));
    return error;
}

static int read_peers(const input_list *input, char **texts, peer_list *peers)
{
    int error = 0;
    if (input->file_count == 0 && *texts == NULL)
        return peer_list_read_path(peers, "-", input->port);
    for (size_t i = 0; error == 0 && i < input->file_count; i++)
        error = peer_list_read_path(peers, input->files[i], input->port);
    for (; error == 0 && *texts != NULL; texts++)
        error = add_argument(peers, *texts, input->port);
    return error;
}

static int parse(int argc, char **argv, connect_arguments *arguments, input_list *input)
{
    int key;
    while ((key = getopt_long(argc, argv, "f:vqh", long_options, NULL)) != -1) {
        const int exit_code = apply_option(key, arguments, input);
        if (exit_code >= 0)
            return exit_code;
    }
    const int error = read_peers(input, argv + optind, &arguments->peers);
    if (error == 0)
        return -1;
    return error == -ENOMEM ? EXIT_SYSTEM : EXIT_INPUT;
}

bool connect_arguments_parse(int argc, char **argv, connect_arguments *arguments, int *exit_code)
{
    *arguments = (connect_arguments){.first = SIZE_MAX};
    input_list input = {.files = calloc((size_t)argc, sizeof *input.files)};
    if (input.files == NULL) {
        complain("%s", rdy_error_sentence(-ENOMEM));
        *exit_code = EXIT_SYSTEM;
        return false;
    }
    const int result = parse(argc, argv, arguments, &input);
    free(input.files);
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
