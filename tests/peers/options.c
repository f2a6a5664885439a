#include "tests/peers/options.h"

#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char introduction[] =
    "Usage: story-peers [OPTION]...\n"
    "\n"
    "Starts local TCP peers, prints \"ADDRESS KIND\" for each and then \"ready\", and serves until standard\n"
    "input ends or SIGTERM or SIGINT comes. So many of each kind:\n"
    "\n";

static const char other_options[] =
    "\n"
    "  --story                     20 unresponsive, 21 closing-early, 3 resetting, 1 of another torrent or, "
    "with\n"
    "                              --content, incomplete, 1 refused, 1 good\n"
    "  --copies N                  each of the numbers of peers times N\n"
    "  --info-hash HEX40           what the good ones have (default: whatever is asked for)\n"
    "  --content FILE              the bytes of that torrent, all files in one\n"
    "  --piece-length BYTES\n"
    "  --ipv6                      on ::1, a port each (default: an address of 127.77.0.0/16 each)\n"
    "  --help\n";

enum {
    OPTION_STORY = PEER_KINDS,
    OPTION_COPIES,
    OPTION_INFO_HASH,
    OPTION_CONTENT,
    OPTION_PIECE_LENGTH,
    OPTION_IPV6,
    OPTION_HELP,
    OPTION_END,
};

/* getopt's own '?' must not be one of ours. */
_Static_assert(OPTION_END <= '?', "options collide with getopt's answer");

static const struct option fixed_options[OPTION_END + 1 - PEER_KINDS] = {
    {"story", no_argument, NULL, OPTION_STORY},
    {"copies", required_argument, NULL, OPTION_COPIES},
    {"info-hash", required_argument, NULL, OPTION_INFO_HASH},
    {"content", required_argument, NULL, OPTION_CONTENT},
    {"piece-length", required_argument, NULL, OPTION_PIECE_LENGTH},
    {"ipv6", no_argument, NULL, OPTION_IPV6},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

/* What only matters until all options are read. */
struct command_line {
    bool story;
    size_t copies;
    const char *content;
    size_t piece_length;
};

static void print_help(void)
{
    (void)fputs(introduction, stdout);
    for (enum peer_kind kind = 0; kind < PEER_KINDS; kind++) {
        const struct behaviour *behaviour = behaviour_of(kind);
        (void)printf("  --%s N%*s%s\n", behaviour->name, 24 - (int)strlen(behaviour->name), "",
                     behaviour->help);
    }
    (void)fputs(other_options, stdout);
}

_Noreturn static void reject(const char *what, const char *text)
{
    (void)fprintf(stderr, "story-peers: %s: %s\n", what, text);
    exit(2);
}

static size_t parse_number(const char *what, const char *text, size_t most)
{
    char *end = NULL;
    const unsigned long number = strtoul(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || number > most)
        reject(what, text);
    return number;
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

/* The story's last bad peer had not the whole file, which it cannot show without a content. */
static void tell_the_whole_story(size_t counts[PEER_KINDS])
{
    counts[PEER_INCOMPLETE] += counts[PEER_WRONG_INFO_HASH];
    counts[PEER_WRONG_INFO_HASH] = 0;
}

static void apply(int option, struct options *options, struct command_line *line)
{
    enum { MOST_PEERS = 9999, MOST_COPIES = 200, LONGEST_PIECE = 1 << 30 };
    switch (option) {
    case OPTION_STORY:
        line->story = true;
        tell_the_story(options->counts);
        break;
    case OPTION_COPIES:
        line->copies = parse_number("not a number of copies", optarg, MOST_COPIES);
        break;
    case OPTION_INFO_HASH:
        parse_info_hash(optarg, options->info_hash);
        options->has_info_hash = true;
        break;
    case OPTION_CONTENT:
        line->content = optarg;
        break;
    case OPTION_PIECE_LENGTH:
        line->piece_length = parse_number("not the length of a piece", optarg, LONGEST_PIECE);
        break;
    case OPTION_IPV6:
        options->ipv6 = true;
        break;
    case OPTION_HELP:
        print_help();
        exit(EXIT_SUCCESS);
    case '?':
        exit(2); /* getopt_long has said why */
    default:
        options->counts[option] = parse_number("not a number of peers", optarg, MOST_PEERS);
    }
}

static void settle(struct options *options, const struct command_line *line)
{
    if ((line->content == NULL) != (line->piece_length == 0))
        reject("goes with --piece-length", "--content");
    if (line->content != NULL)
        content_open(&options->content, line->content, line->piece_length);
    if (line->story && line->content != NULL)
        tell_the_whole_story(options->counts);
    for (enum peer_kind kind = 0; kind < PEER_KINDS; kind++) {
        options->counts[kind] *= line->copies;
        if (options->counts[kind] > 0 && behaviour_of(kind)->needs_content && line->content == NULL)
            reject("needs --content", behaviour_of(kind)->name);
    }
}

void options_parse(int argc, char **argv, struct options *options)
{
    struct option known_options[OPTION_END + 1];
    for (enum peer_kind kind = 0; kind < PEER_KINDS; kind++)
        known_options[kind] = (struct option){behaviour_of(kind)->name, required_argument, NULL, (int)kind};
    memcpy(known_options + PEER_KINDS, fixed_options, sizeof(fixed_options));

    *options = (struct options){.ipv6 = false};
    struct command_line line = {.copies = 1};
    for (int option; (option = getopt_long(argc, argv, "", known_options, NULL)) != -1;)
        apply(option, options, &line);
    if (optind < argc)
        reject("not an option", argv[optind]);
    settle(options, &line);
}
