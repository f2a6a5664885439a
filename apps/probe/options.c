#include "apps/probe/options.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "apps/common/exit_codes.h"
#include "apps/common/option.h"
#include "apps/common/peer_input.h"
#include "apps/common/version.h"
#include "apps/torrent/info_hash.h"
#include "reactor/clock.h"

static const char help[] =
    "Usage: rdy-probe [OPTION]... [PEER]...\n"
    "\n"
    "Connects to each peer, speaks BitTorrent's handshake with it if wanted, and prints what became of "
    "them:\n"
    "how many were ok, refused, timed out, ... and how much time each kind took.\n"
    "\n"
    "PEER is HOST:PORT, 1.2.3.4:PORT, [IPV6]:PORT or a network: 10.0.0.0/24:PORT, [2001:db8::/120]:PORT; "
    "'-'\n"
    "stands for standard input, which is also read when no peer and no file is given: one peer a line, '#'\n"
    "begins a comment. Equal peers are tried once. The addresses of a name are tried one after another.\n"
    "\n"
    "  --info-hash HEX40        the torrent to ask for; implies --mode handshake\n"
    "  --mode connect|handshake how far to go with each peer (default: connect)\n"
    "  -f, --file FILE          peers from FILE; may be given several times\n"
    "  --port PORT              for peers without a port\n"
    "  -4, --ipv4; -6, --ipv6   only addresses of that family\n"
    "  --shard I/N              of the peers only every N-th, from the I-th on\n"
    "  --par, --seq             all at once (default), or one after another\n"
    "  --concurrency N          at most N connections at once (default: as many as descriptors allow)\n"
    "  --connect-timeout T      default 5s, a name's lookup included; T is 250ms, 5s, 1.5s, 2m, ...\n"
    "  --handshake-timeout T    default 5s, from the moment it is connected\n"
    "  --timeout T              both\n"
    "  --json                   one JSON object instead of the table\n"
    "  -v, --verbose            each peer before the table, on stdout like that\n"
    "  --backend NAME           epoll, kqueue or select (default: RDY_BACKEND, else the best)\n"
    "  -h, --help; --version\n"
    "\n"
    "Outcomes:\n"
    "  ok               connected; in handshake mode the whole handshake was right\n"
    "  refused          nobody listens there\n"
    "  timed out        a time-out passed first\n"
    "  reset            the connection was broken off\n"
    "  closed early     the peer closed before its handshake was whole\n"
    "  wrong protocol   the peer does not speak BitTorrent\n"
    "  wrong info-hash  the peer answered with another torrent\n"
    "  unreachable      no way to the host or its network\n"
    "  denied           a firewall or a local rule forbids it\n"
    "  unknown name     there is no such name\n"
    "  failed           any other error\n"
    "and below the total, for peers that were not probed:\n"
    "  local fault      no descriptor, memory, port, route or name server was to be had here\n"
    "  duplicate        the name stands for the address of another peer of the list, which is one that is\n"
    "                   given as an address or else was looked up first: nobody is connected to twice\n"
    "  not done         interrupted by SIGINT or SIGTERM: the table is partial (a second one ends at once)\n"
    "\n"
    "Exit codes: 0 at least one peer was ok, 1 none was, 2 wrong option, 3 bad input or no peers, 4 the "
    "system\n"
    "failed: no poll or memory, output not taken (without a word if its reader has gone), or all peers were\n"
    "local faults; 130 interrupted.\n";

enum {
    OPTION_INFO_HASH = UCHAR_MAX + 1,
    OPTION_MODE,
    OPTION_PARALLEL,
    OPTION_SEQUENTIAL,
    OPTION_CONCURRENCY,
    OPTION_CONNECT_TIMEOUT,
    OPTION_HANDSHAKE_TIMEOUT,
    OPTION_TIMEOUT,
    OPTION_JSON,
    OPTION_BACKEND,
    OPTION_VERSION,
};

static const struct option known_options[] = {
    {"info-hash", required_argument, NULL, OPTION_INFO_HASH},
    {"mode", required_argument, NULL, OPTION_MODE},
    PEER_INPUT_LONG_OPTIONS,
    {"par", no_argument, NULL, OPTION_PARALLEL},
    {"seq", no_argument, NULL, OPTION_SEQUENTIAL},
    {"concurrency", required_argument, NULL, OPTION_CONCURRENCY},
    {"connect-timeout", required_argument, NULL, OPTION_CONNECT_TIMEOUT},
    {"handshake-timeout", required_argument, NULL, OPTION_HANDSHAKE_TIMEOUT},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {"json", no_argument, NULL, OPTION_JSON},
    {"verbose", no_argument, NULL, 'v'},
    {"backend", required_argument, NULL, OPTION_BACKEND},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

/* What only matters until the peers are read. */
struct command_line {
    peer_input input;
    const char *mode;
    const char *info_hash;
};

static int verdict(int error)
{
    return error < 0 ? EXIT_USAGE : OPTIONS_GO_ON;
}

static int read_both_timeouts(const char *text, struct options *options)
{
    const int error = option_timeout("--timeout", text, &options->connect_timeout_ns);
    options->handshake_timeout_ns = options->connect_timeout_ns;
    return verdict(error);
}

static int read_option(int found, const char *word, struct options *options, struct command_line *line)
{
    const int taken = peer_input_option(&line->input, found, optarg);
    if (taken != 0)
        return taken > 0 ? OPTIONS_GO_ON : EXIT_USAGE;
    switch (found) {
    case OPTION_INFO_HASH:
        line->info_hash = optarg;
        break;
    case OPTION_MODE:
        line->mode = optarg;
        break;
    case OPTION_PARALLEL:
        options->sequential = false;
        break;
    case OPTION_SEQUENTIAL:
        options->sequential = true;
        break;
    case OPTION_CONCURRENCY:
        return verdict(option_positive("--concurrency", optarg, &options->concurrency));
    case OPTION_CONNECT_TIMEOUT:
        return verdict(option_timeout("--connect-timeout", optarg, &options->connect_timeout_ns));
    case OPTION_HANDSHAKE_TIMEOUT:
        return verdict(option_timeout("--handshake-timeout", optarg, &options->handshake_timeout_ns));
    case OPTION_TIMEOUT:
        return read_both_timeouts(optarg, options);
    case OPTION_JSON:
        options->json = true;
        break;
    case 'v':
        options->verbose = true;
        break;
    case OPTION_BACKEND:
        return verdict(option_backend("--backend", optarg, &options->backend));
    case 'h':
        fputs(help, stdout);
        return EXIT_OK;
    case OPTION_VERSION:
        print_version();
        return EXIT_OK;
    default:
        option_report_wrong(known_options, word);
        return EXIT_USAGE;
    }
    return OPTIONS_GO_ON;
}

static int choose_mode(const struct command_line *line, struct options *options)
{
    if (line->info_hash != NULL && info_hash_parse(line->info_hash, options->info_hash) < 0) {
        complain("--info-hash: expected 40 hexadecimal digits, not '%s'", line->info_hash);
        return EXIT_USAGE;
    }
    options->mode = line->info_hash == NULL ? MODE_CONNECT : MODE_HANDSHAKE;
    if (line->mode != NULL &&
        (!mode_from_word(line->mode, &options->mode) || options->mode > MODE_HANDSHAKE)) {
        complain("--mode: expected connect or handshake, not '%s'", line->mode);
        return EXIT_USAGE;
    }
    if (options->mode != MODE_CONNECT && line->info_hash == NULL) {
        complain("--mode handshake needs --info-hash");
        return EXIT_USAGE;
    }
    return OPTIONS_GO_ON;
}

static int read_command_line(int argc, char **argv, struct command_line *line, struct options *options)
{
    int code = OPTIONS_GO_ON;
    int found;
    while (code == OPTIONS_GO_ON &&
           (found = getopt_long(argc, argv, ":" PEER_INPUT_SHORT_OPTIONS "vh", known_options, NULL)) != -1)
        code = read_option(found, argv[optind - 1], options, line);
    if (code == OPTIONS_GO_ON)
        code = choose_mode(line, options);
    if (code == OPTIONS_GO_ON)
        code = verdict(option_order(options->sequential, options->concurrency));
    if (code == OPTIONS_GO_ON && options->backend == NULL)
        code = verdict(option_backend_of_environment());
    if (code != OPTIONS_GO_ON)
        return code;
    options->family = line->input.family;
    code = peer_input_read(&line->input, argv + optind, &options->peers);
    return code == EXIT_OK ? OPTIONS_GO_ON : code;
}

int options_read(int argc, char **argv, struct options *options)
{
    *options = (struct options){
        .connect_timeout_ns = 5 * RDY_SECOND,
        .handshake_timeout_ns = 5 * RDY_SECOND,
    };
    struct command_line line = {0};
    if (!peer_input_alloc(&line.input, argc))
        return EXIT_SYSTEM;
    const int code = read_command_line(argc, argv, &line, options);
    peer_input_free(&line.input);
    return code;
}

void options_free(struct options *options)
{
    peer_list_free(&options->peers);
}
