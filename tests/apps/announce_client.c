/*
 * Announces and takes leave, for announce_test.py:
 *   announce_client [OPTION]... [URL]...
 * --tier URL begins a tier, --same-tier URL goes on with it; the URLs behind the options are those given by hand. Prints
 * {"result": ..., "peers": [...]}, and takes leave of the trackers once its standard input ends.
 * It knows the names of fake_names.h, of which the slow ones are never found.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/common/json.h"
#include "apps/common/option.h"
#include "apps/torrent/info_hash.h"
#include "apps/torrent/tracker_tiers.h"
#include "apps/tracker/announce.h"
#include "reactor/error.h"
#include "tests/apps/fake_names.h"

static struct tracker_tiers tiers;
static size_t tier;

static const struct option known[] = {
    {"ipv4", no_argument, NULL, '4'},
    {"ipv6", no_argument, NULL, '6'},
    {"ca", required_argument, NULL, 'c'},
    {"left", required_argument, NULL, 'l'},
    {"numwant", required_argument, NULL, 'n'},
    {"quiet", no_argument, NULL, 'q'},
    {"same-tier", required_argument, NULL, 's'},
    {"tier", required_argument, NULL, 't'},
    {"timeout", required_argument, NULL, 'w'},
    {NULL, 0, NULL, 0},
};

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    complain("failed: %s", what);
    exit(EXIT_FAILURE);
}

static void read_option(int letter, struct announce_settings *settings)
{
    switch (letter) {
    case '4':
        settings->family = AF_INET;
        break;
    case '6':
        settings->family = AF_INET6;
        break;
    case 'c':
        settings->ca_file = optarg;
        break;
    case 'l':
        settings->left = strtoull(optarg, NULL, 10);
        break;
    case 'n':
        settings->numwant = strtoul(optarg, NULL, 10);
        break;
    case 'q':
        settings->quiet = true;
        break;
    case 's':
    case 't':
        tier += letter == 't';
        must(tracker_tiers_add(&tiers, tier, optarg, strlen(optarg)) == 0, "a tier");
        break;
    case 'w':
        must(option_timeout("--timeout", optarg, &settings->timeout_ns) == 0, "a time-out");
        break;
    default:
        must(false, "an option");
    }
}

static void print(int result, const peer_list *peers)
{
    struct json json = {.file = stdout};
    json_open(&json, NULL, '{');
    json_text(&json, "result", result >= 0 ? "answered" : rdy_error_name(result));
    json_count(&json, "answered", result >= 0 ? (uint64_t)result : 0);
    json_open(&json, "peers", '[');
    for (size_t i = 0; i < peers->count; i++)
        json_text(&json, NULL, peers->peers[i].text);
    json_close(&json, ']');
    json_close(&json, '}');
    putchar('\n');
    must(fflush(stdout) == 0, "the output is taken");
}

int main(int argc, char **argv)
{
    static const uint8_t info_hash[INFO_HASH_SIZE + 1] = "\0 %&=+?#/A\xff\x7f-._~z09\n";
    struct announce_settings settings = {
        .info_hash = info_hash,
        .peer_id = (const uint8_t *)"-RD0001-&\x01 cdefghijk",
        .tiers = &tiers,
    };
    struct announce *announce;
    peer_list peers = {0};
    option_set_program("announce_client");
    slow_names_hold();
    for (int letter; (letter = getopt_long(argc, argv, "", known, NULL)) >= 0;)
        read_option(letter, &settings);
    settings.urls = (const char *const *)(argv + optind);
    settings.url_count = (size_t)(argc - optind);
    must(announce_open(&settings, &announce) == 0, "it opens");
    print(announce_run(announce, &peers), &peers);
    while (getchar() != EOF) {
    }
    announce_stop(announce);
    announce_close(announce);
    peer_list_free(&peers);
    tracker_tiers_free(&tiers);
    return EXIT_SUCCESS;
}
