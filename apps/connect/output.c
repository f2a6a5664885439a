#include "apps/connect/output.h"

#include <stdio.h>
#include <string.h>

#include "apps/common/json.h"
#include "apps/common/milliseconds.h"
#include "apps/common/option.h"
#include "apps/common/standard_output.h"
#include "reactor/error.h"

enum {
    WORDS_MAX = 16, /* more than there are (peer_outcome_word) */
    SUMMARY_MAX = 512,
};

static void print_json(const peer *entry, const peer_outcome *outcome)
{
    char address[RDY_ADDRESS_TEXT_MAX];
    if (outcome->address != NULL)
        rdy_address_print(outcome->address, address, sizeof address);
    struct json json = {.file = stdout};
    json_open(&json, NULL, '{');
    json_text(&json, "peer", entry->text);
    json_text(&json, "address", outcome->address == NULL ? NULL : address);
    json_text(&json, "outcome", peer_outcome_word(outcome));
    json_milliseconds(&json, "elapsed_ms", outcome->elapsed_ns);
    json_count(&json, "attempts", outcome->attempts);
    json_close(&json, '}');
    putchar('\n');
}

bool output_peer(const connect_arguments *arguments, const peer *entry, const peer_outcome *outcome)
{
    if (arguments->json)
        print_json(entry, outcome);
    else if (outcome->state == PEER_CONNECTED)
        printf("%s  %.1f ms\n", entry->text, milliseconds(outcome->elapsed_ns));
    if (outcome->state == PEER_ERROR && arguments->verbose)
        (void)fprintf(stderr, "%s  %s  %.1f ms\n", entry->text, peer_outcome_word(outcome),
                      milliseconds(outcome->elapsed_ns));
    return flush_output();
}

typedef struct tally {
    const char *word;
    size_t count;
} tally;

static void count_word(tally *tallies, const char *word)
{
    while (tallies->word != NULL && strcmp(tallies->word, word) != 0)
        tallies++;
    tallies->word = word;
    tallies->count++;
}

/* Counts the peers that are not connected by their words; returns how many are. */
static size_t count_peers(const connect_arguments *arguments, const peer_connector *connector, tally *tallies)
{
    size_t connected = 0;
    for (size_t i = 0; i < arguments->peers.count; i++) {
        const peer_outcome *outcome = peer_connector_outcome(connector, i);
        if (outcome->state == PEER_CONNECTED)
            connected++;
        else
            count_word(tallies, peer_outcome_word(outcome));
    }
    return connected;
}

void output_summary(const connect_arguments *arguments, const peer_connector *connector, int64_t elapsed_ns)
{
    tally tallies[WORDS_MAX] = {0};
    char others[SUMMARY_MAX] = "";
    const size_t connected = count_peers(arguments, connector, tallies);
    size_t length = 0;
    for (const tally *other = tallies; other->word != NULL && length < sizeof others; other++)
        length +=
            (size_t)snprintf(others + length, sizeof others - length, ", %zu %s", other->count, other->word);
    complain("%zu of %zu connected%s in %.3f s (%s, at most %zu at once)", connected, arguments->peers.count,
             others, milliseconds(elapsed_ns) / 1000, peer_connector_backend(connector),
             peer_connector_concurrency(connector));
}
