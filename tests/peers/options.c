#include "tests/peers/options.h"

#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "Usage: story-peers [OPTION]...\n"
    "\n"
    "Starts local TCP peers, prints \"ADDRESS KIND\" for each and then \"ready\", and serves until standard\n"
    "input ends or SIGTERM or SIGINT comes.\n"
    "\n"
    "  --good N             answers with a whole BitTorrent handshake and stays\n"
    "  --refused N          nobody listens on its port\n"
    "  --closing-early N    reads the handshake and closes; every other one has begun an answer\n"
    "  --resetting N        reads the handshake and resets\n"
    "  --unresponsive N     a connect to it stays unanswered\n"
    "  --wrong-info-hash N  answers with another info-hash than it was asked for\n"
    "  --wrong-protocol N   answers as a web server would\n"
    "  --silent N           connects and never answers\n"
    "  --dripping N         answers one byte every 200 ms\n"
    "  --story              20 unresponsive, 21 closing-early, 3 resetting, 1 wrong-info-hash, 1 refused, 1 "
    "good\n"
    "  --info-hash HEX40    what the good ones have (default: whatever is asked for)\n"
    "  --ipv6               on ::1, a port each (default: an address of 127.77.0.0/16 each)\n"
    "  --help\n";

enum {
    OPTION_STORY = PEER_KINDS,
    OPTION_INFO_HASH,
    OPTION_IPV6,
    OPTION_HELP,
};

/* getopt's own '?' must not be one of ours. */
_Static_assert(OPTION_HELP < '?', "options collide with getopt's answer");

static const struct option known_options[] = {
    {"good", required_argument, NULL, PEER_GOOD},
    {"refused", required_argument, NULL, PEER_REFUSED},
    {"closing-early", required_argument, NULL, PEER_CLOSING_EARLY},
    {"resetting", required_argument, NULL, PEER_RESETTING},
    {"unresponsive", required_argument, NULL, PEER_UNRESPONSIVE},
    {"wrong-info-hash", required_argument, NULL, PEER_WRONG_INFO_HASH},
    {"wrong-protocol", required_argument, NULL, PEER_WRONG_PROTOCOL},
    {"silent", required_argument, NULL, PEER_SILENT},
    {"dripping", required_argument, NULL, PEER_DRIPPING},
    {"story", no_argument, NULL, OPTION_STORY},
    {"info-hash", required_argument, NULL, OPTION_INFO_HASH},
    {"ipv6", no_argument, NULL, OPTION_IPV6},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

_Noreturn static void reject(const char *what, const char *text)
{
    (void)fprintf(stderr, "story-peers: %s: %s\n", what, text);
    exit(2);
}

static size_t parse_count(const char *text)
{
    enum { MOST = 9999 };
    char *end = NULL;
    const unsigned long count = strtoul(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || count > MOST)
        reject("not a number of peers", text);
    return count;
}

static void parse_info_hash(const char *text, unsigned char info_hash[INFO_HASH_SIZE])
{
    enum { DIGITS = 2 * INFO_HASH_SIZE };
    if (strlen(text) != DIGITS || strspn(text, "0123456789abcdefABCDEF") != DIGITS)
        reject("not 40 hexadecimal digits", text);
    for (size_t i = 0; i < INFO_HASH_SIZE; i++) {
        const char pair[] = {text[2 * i], text[2 * i + 1], '\0'};
        info_hash[i] = (unsigned char)strtoul(pair, NULL, 16);
    }
}

static void tell_the_story(size_t counts[PEER_KINDS])
{
    static const size_t story[PEER_KINDS] = {
        [PEER_UNRESPONSIVE] = 20,   [PEER_CLOSING_EARLY] = 21, [PEER_RESETTING] = 3,
        [PEER_WRONG_INFO_HASH] = 1, [PEER_REFUSED] = 1,        [PEER_GOOD] = 1,
    };
    memcpy(counts, story, sizeof(story));
}

static void apply(int option, struct options *options)
{
    switch (option) {
    case OPTION_STORY:
        tell_the_story(options->counts);
        break;
    case OPTION_INFO_HASH:
        parse_info_hash(optarg, options->info_hash);
        options->has_info_hash = true;
        break;
    case OPTION_IPV6:
        options->ipv6 = true;
        break;
    case OPTION_HELP:
        (void)fputs(help, stdout);
        exit(EXIT_SUCCESS);
    case '?':
        exit(2); /* getopt_long has said why */
    default:
        options->counts[option] = parse_count(optarg);
    }
}

void options_parse(int argc, char **argv, struct options *options)
{
    *options = (struct options){.ipv6 = false};
    for (int option; (option = getopt_long(argc, argv, "", known_options, NULL)) != -1;)
        apply(option, options);
    if (optind < argc)
        reject("not an option", argv[optind]);
}
