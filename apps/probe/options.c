#include "apps/probe/options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/common/exit_codes.h"
#include "apps/common/option.h"
#include "apps/common/version.h"
#include "apps/connect/connector_option.h"
#include "reactor/clock.h"
#include "reactor/error.h"

enum {
    OPTION_INFO_HASH = UCHAR_MAX + 1,
    OPTION_TORRENT,
    OPTION_MAGNET,
    OPTION_TRACKER,
    OPTION_TRACKER_TIMEOUT,
    OPTION_TRACKER_CA,
    OPTION_NUMWANT,
    OPTION_MODE,
    OPTION_PIECES,
    OPTION_OUTPUT,
    OPTION_CONNECT_TIMEOUT,
    OPTION_HANDSHAKE_TIMEOUT,
    OPTION_UNCHOKE_TIMEOUT,
    OPTION_REQUEST_TIMEOUT,
    OPTION_TOTAL_TIMEOUT,
    OPTION_TIMEOUT,
    OPTION_JSON,
    OPTION_NDJSON,
    OPTION_CSV,
    OPTION_SVG,
    OPTION_NO_PROGRESS,
    OPTION_VERSION,
};

static const struct option known_options[] = {
    {"info-hash", required_argument, NULL, OPTION_INFO_HASH},
    {"torrent", required_argument, NULL, OPTION_TORRENT},
    {"magnet", required_argument, NULL, OPTION_MAGNET},
    {"tracker", required_argument, NULL, OPTION_TRACKER},
    {"tracker-timeout", required_argument, NULL, OPTION_TRACKER_TIMEOUT},
    {"tracker-ca", required_argument, NULL, OPTION_TRACKER_CA},
    {"numwant", required_argument, NULL, OPTION_NUMWANT},
    {"mode", required_argument, NULL, OPTION_MODE},
    {"pieces", required_argument, NULL, OPTION_PIECES},
    {"output", required_argument, NULL, OPTION_OUTPUT},
    {"connect-timeout", required_argument, NULL, OPTION_CONNECT_TIMEOUT},
    {"handshake-timeout", required_argument, NULL, OPTION_HANDSHAKE_TIMEOUT},
    {"unchoke-timeout", required_argument, NULL, OPTION_UNCHOKE_TIMEOUT},
    {"request-timeout", required_argument, NULL, OPTION_REQUEST_TIMEOUT},
    {"total-timeout", required_argument, NULL, OPTION_TOTAL_TIMEOUT},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {"json", no_argument, NULL, OPTION_JSON},
    {"ndjson", no_argument, NULL, OPTION_NDJSON},
    {"csv", no_argument, NULL, OPTION_CSV},
    {"report", required_argument, NULL, 'o'},
    {"svg", required_argument, NULL, OPTION_SVG},
    {"verbose", no_argument, NULL, 'v'},
    {"quiet", no_argument, NULL, 'q'},
    {"no-progress", no_argument, NULL, OPTION_NO_PROGRESS},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPTION_VERSION},
    PEER_INPUT_LONG_OPTIONS,
    CONNECTOR_LONG_OPTIONS,
    {NULL, 0, NULL, 0},
};

static int verdict(int error)
{
    return error < 0 ? EXIT_USAGE : OPTIONS_GO_ON;
}

static int read_each_timeout(const char *text, struct options *options)
{
    int64_t *timeout_ns = &options->connector.timeout_ns;
    const int error = option_timeout("--timeout", text, timeout_ns);
    options->handshake_timeout_ns = *timeout_ns;
    options->unchoke_timeout_ns = *timeout_ns;
    options->request_timeout_ns = *timeout_ns;
    return error;
}

static int read_info_hash(const char *text, struct options *options)
{
    options->has_info_hash = info_hash_parse(text, options->info_hash) == 0;
    if (options->has_info_hash)
        return 0;
    complain("--info-hash: expected 40 hexadecimal digits, not '%s'", text);
    return -EINVAL;
}

static int read_mode(const char *text, struct options *options)
{
    if (mode_from_word(text, &options->mode))
        return 0;
    complain("--mode: expected connect, handshake, bitfield or request, not '%s'", text);
    return -EINVAL;
}

static int read_pieces(const char *text, struct options *options)
{
    if (strcmp(text, "all") != 0)
        return option_positive("--pieces", text, &options->pieces);
    options->pieces = SIZE_MAX;
    return 0;
}

/* 1 for one of these options, 0 for another one; -EINVAL for a wrong value, which has been told. */
static int read_value(int found, struct options *options)
{
    int error = 0;
    switch (found) {
    case OPTION_TRACKER_TIMEOUT:
        error = option_timeout("--tracker-timeout", optarg, &options->tracker_timeout_ns);
        break;
    case OPTION_NUMWANT:
        error = option_positive("--numwant", optarg, &options->numwant);
        break;
    case OPTION_INFO_HASH:
        error = read_info_hash(optarg, options);
        break;
    case OPTION_MODE:
        error = read_mode(optarg, options);
        break;
    case OPTION_PIECES:
        error = read_pieces(optarg, options);
        break;
    case OPTION_CONNECT_TIMEOUT:
        error = option_timeout("--connect-timeout", optarg, &options->connector.timeout_ns);
        break;
    case OPTION_HANDSHAKE_TIMEOUT:
        error = option_timeout("--handshake-timeout", optarg, &options->handshake_timeout_ns);
        break;
    case OPTION_UNCHOKE_TIMEOUT:
        error = option_timeout("--unchoke-timeout", optarg, &options->unchoke_timeout_ns);
        break;
    case OPTION_REQUEST_TIMEOUT:
        error = option_timeout("--request-timeout", optarg, &options->request_timeout_ns);
        break;
    case OPTION_TOTAL_TIMEOUT:
        error = option_timeout("--total-timeout", optarg, &options->total_timeout_ns);
        break;
    case OPTION_TIMEOUT:
        error = read_each_timeout(optarg, options);
        break;
    default:
        return 0;
    }
    return error < 0 ? error : 1;
}

/* The options whose texts are looked at later, or that have none; false for another one. */
static bool read_word(int found, struct options *options)
{
    switch (found) {
    case OPTION_TORRENT:
        options->torrent = optarg;
        return true;
    case OPTION_MAGNET:
        options->magnet = optarg;
        return true;
    case OPTION_TRACKER:
        options->trackers[options->tracker_count++] = optarg;
        return true;
    case OPTION_TRACKER_CA:
        options->tracker_ca = optarg;
        return true;
    case OPTION_OUTPUT:
        options->output = optarg;
        return true;
    case OPTION_JSON:
        options->format = FORMAT_JSON;
        return true;
    case OPTION_NDJSON:
        options->format = FORMAT_NDJSON;
        return true;
    case OPTION_CSV:
        options->format = FORMAT_CSV;
        return true;
    case OPTION_SVG:
        options->svg = optarg;
        return true;
    case OPTION_NO_PROGRESS:
        options->no_progress = true;
        return true;
    case 'o':
        options->report = optarg;
        return true;
    case 'v':
        options->verbose = true;
        return true;
    case 'q':
        options->quiet = true;
        return true;
    default:
        return false;
    }
}

static int read_option(int found, const char *word, struct options *options)
{
    if (found == 'h') {
        options_print_help(stdout);
        return EXIT_OK;
    }
    if (found == OPTION_VERSION) {
        print_version();
        return EXIT_OK;
    }
    if (read_word(found, options))
        return OPTIONS_GO_ON;
    int taken = read_value(found, options);
    if (taken == 0)
        taken = peer_input_option(&options->input, found, optarg);
    if (taken == 0)
        taken = connector_option(&options->connector, found, optarg);
    if (taken == 0)
        option_report_wrong(known_options, word);
    return taken > 0 ? OPTIONS_GO_ON : EXIT_USAGE;
}

bool options_have_hash(const struct options *options)
{
    return options->torrent != NULL || options->magnet != NULL || options->has_info_hash;
}

bool options_have_tracker(const struct options *options)
{
    return options->torrent != NULL || options->magnet != NULL || options->tracker_count > 0;
}

static bool is_same_output(const char *left, const char *right)
{
    return strcmp(left == NULL ? "-" : left, right == NULL ? "-" : right) == 0;
}

/* What does not go together, and in which words; NULL if nothing. */
static const char *find_contradiction(const struct options *options)
{
    const int hashes = (options->torrent != NULL) + (options->magnet != NULL) + options->has_info_hash;
    if (hashes > 1)
        return "--torrent, --magnet and --info-hash exclude each other";
    if (options->tracker_count > 0 && hashes == 0)
        return "--tracker needs --torrent, --magnet or --info-hash";
    if (options->mode == MODE_REQUEST && options->torrent == NULL)
        return "--mode request needs --torrent, which has the pieces' hashes";
    if (options->mode != MODE_CONNECT && hashes == 0)
        return "--mode handshake and bitfield need --torrent, --magnet or --info-hash";
    if (options->mode != MODE_REQUEST && (options->pieces > 0 || options->output != NULL))
        return "--pieces and --output need --mode request";
    if (options->svg != NULL && is_same_output(options->svg, options->report))
        return "--svg and the report (-o) cannot go to the same place";
    return NULL;
}

static enum mode mode_for(const struct options *options)
{
    if (options->torrent != NULL)
        return MODE_REQUEST;
    return options_have_hash(options) ? MODE_HANDSHAKE : MODE_CONNECT;
}

static int check(struct options *options)
{
    if (options->mode == MODE_COUNT)
        options->mode = mode_for(options);
    const char *contradiction = find_contradiction(options);
    if (contradiction != NULL) {
        complain("%s", contradiction);
        return EXIT_USAGE;
    }
    return verdict(connector_option_check(&options->connector));
}

static int read_command_line(int argc, char **argv, struct options *options)
{
    int code = OPTIONS_GO_ON;
    int found;
    while (code == OPTIONS_GO_ON &&
           (found = getopt_long(argc, argv, ":" PEER_INPUT_SHORT_OPTIONS "o:vqh", known_options, NULL)) != -1)
        code = read_option(found, argv[optind - 1], options);
    options->connector.family = options->input.family;
    options->input.quiet = options->quiet;
    if (code == OPTIONS_GO_ON)
        code = check(options);
    if (code != OPTIONS_GO_ON)
        return code;
    if (options_have_tracker(options) && options->input.file_count == 0 && argv[optind] == NULL)
        return OPTIONS_GO_ON; /* standard input is not asked where a tracker can be */
    code = peer_input_read(&options->input, argv + optind, &options->peers);
    return code == EXIT_OK ? OPTIONS_GO_ON : code;
}

int options_read(int argc, char **argv, struct options *options)
{
    *options = (struct options){
        .mode = MODE_COUNT,
        .tracker_timeout_ns = 15 * RDY_SECOND,
        .connector.timeout_ns = 5 * RDY_SECOND,
        .handshake_timeout_ns = 5 * RDY_SECOND,
        .unchoke_timeout_ns = 15 * RDY_SECOND,
        .request_timeout_ns = 30 * RDY_SECOND,
    };
    options->trackers = calloc((size_t)argc, sizeof *options->trackers);
    if (options->trackers == NULL)
        complain("%s", rdy_error_sentence(-ENOMEM));
    if (!peer_input_alloc(&options->input, argc) || options->trackers == NULL)
        return EXIT_SYSTEM;
    return read_command_line(argc, argv, options);
}

void options_free(struct options *options)
{
    peer_input_free(&options->input);
    peer_list_free(&options->peers);
    free(options->trackers);
}
