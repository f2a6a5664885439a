#include "apps/connect/output.h"

#include <stdio.h>
#include <string.h>

#include "apps/common/milliseconds.h"
#include "apps/common/option.h"
#include "apps/connect/answer_record.h"
#include "apps/connect/answers_json.h"
#include "reactor/error.h"

enum { SUMMARY_MAX = 512 };

static void put_csv(const struct output *output, enum record_format format, const peer *entry,
                    const peer_outcome *outcome)
{
    struct record record = {.format = format, .json = {.file = output->file.file}};
    record_begin(&record);
    answer_record_put(&record, entry, outcome, output->answers.begun_ns);
    record_end(&record);
}

static void put_ndjson(const struct output *output, const peer *entry, const peer_outcome *outcome)
{
    struct record record = {.format = RECORD_JSON, .json = {.file = output->file.file}};
    record_begin(&record);
    record_count(&record, "schema", ANSWER_SCHEMA);
    answer_record_put(&record, entry, outcome, output->answers.begun_ns);
    record_end(&record);
    (void)fputc('\n', output->file.file);
}

static void put_text(const struct output *output, const peer *entry, const peer_outcome *outcome)
{
    if (outcome->state == PEER_CONNECTED)
        (void)fprintf(output->file.file, "%s  %.1f ms\n", entry->text, milliseconds(outcome->elapsed_ns));
}

static void put_failure(const peer *entry, const peer_outcome *outcome)
{
    progress_clear();
    (void)fprintf(stderr, "%s  %s  %.1f ms\n", entry->text, peer_outcome_word(outcome),
                  milliseconds(outcome->elapsed_ns));
}

/* A table has a row for each peer; what comes as it happens has a line for each that is decided. */
static void tell(const struct output *output, size_t place)
{
    const enum format format = output->answers.arguments->format;
    const peer *entry = &output->answers.arguments->peers.peers[place];
    const peer_outcome *outcome = answers_outcome(&output->answers, place);
    if (format == FORMAT_CSV)
        put_csv(output, RECORD_CSV, entry, outcome);
    if (outcome == NULL)
        return;
    if (format == FORMAT_TEXT)
        put_text(output, entry, outcome);
    if (format == FORMAT_NDJSON)
        put_ndjson(output, entry, outcome);
    if (outcome->state == PEER_ERROR && output->answers.arguments->verbose)
        put_failure(entry, outcome);
}

/* Of an object nothing comes before its end. */
static bool flush_line(struct output *output)
{
    if (output->answers.arguments->format == FORMAT_JSON || output->answers.arguments->format == FORMAT_NONE)
        return true;
    return output_file_flush(&output->file);
}

static bool tell_those_due(struct output *output)
{
    size_t place;
    bool taken = output->file.error == 0;
    while (taken && roster_next(&output->answers.roster, &place)) {
        if (output->file.file != NULL)
            progress_clear_for(output->file.file);
        tell(output, place);
        taken = flush_line(output);
    }
    return taken;
}

int output_open(const connect_arguments *arguments, const peer_connector *connector, struct output *output)
{
    *output = (struct output){
        .answers = {.arguments = arguments, .connector = connector, .begun_ns = rdy_clock_now()}};
    output->answers.tallies[output->answers.tally_count++].word = rdy_failure_word(RDY_FAILURE_NONE);
    progress_begin(&output->progress, arguments->progress);
    int error = roster_alloc(&output->answers.roster, arguments->peers.count, arguments->ordered);
    if (error < 0)
        complain("%s", rdy_error_sentence(error));
    else if (arguments->format == FORMAT_JSON)
        error = output_file_try(arguments->report); /* it is written at the end, at one go */
    else
        error = output_file_open(arguments->report, OUTPUT_AS_COMES, &output->file);
    if (error == 0 && arguments->format == FORMAT_CSV)
        put_csv(output, RECORD_CSV_NAMES, &(peer){.text = ""}, NULL);
    return error;
}

static void count_word(struct answers *answers, const char *word)
{
    size_t i = 0;
    while (i < answers->tally_count && strcmp(answers->tallies[i].word, word) != 0)
        i++;
    if (i == answers->tally_count)
        answers->tallies[answers->tally_count++].word = word;
    answers->tallies[i].count++;
}

bool output_peer(struct output *output, size_t place)
{
    roster_note(&output->answers.roster, place);
    count_word(&output->answers, peer_outcome_word(answers_outcome(&output->answers, place)));
    return tell_those_due(output);
}

bool output_end(struct output *output, bool partial)
{
    const connect_arguments *arguments = output->answers.arguments;
    roster_end(&output->answers.roster);
    (void)tell_those_due(output); /* what was not taken is told when the file is closed */
    if (arguments->format != FORMAT_JSON)
        return output_file_close(&output->file);
    if (output_file_open(arguments->report, OUTPUT_WHOLE, &output->file) < 0)
        return false;
    answers_print_json(&output->answers, output->file.file, partial);
    return output_file_close(&output->file);
}

void output_draw_progress(struct output *output)
{
    const struct answers *answers = &output->answers;
    const struct progress_state state = {
        .done = answers->roster.decided,
        .total = answers->roster.count,
        .in_flight = peer_connector_under_way(answers->connector),
        .tallies = answers->tallies,
        .tally_count = answers->tally_count,
    };
    progress_draw(&output->progress, &state);
}

void output_summary(const struct output *output)
{
    const struct answers *answers = &output->answers;
    char others[SUMMARY_MAX] = "";
    const size_t undecided = answers->roster.count - answers->roster.decided;
    const int64_t elapsed_ns = rdy_clock_now() - answers->begun_ns;
    size_t length = 0;
    for (size_t i = 1; i < answers->tally_count && length < sizeof others; i++)
        length += (size_t)snprintf(others + length, sizeof others - length, ", %zu %s",
                                   answers->tallies[i].count, answers->tallies[i].word);
    if (undecided > 0 && length < sizeof others)
        (void)snprintf(others + length, sizeof others - length, ", %zu not done", undecided);
    complain("%zu of %zu connected%s in %.3f s (%s, at most %zu at once)", answers->tallies[0].count,
             answers->roster.count, others, milliseconds(elapsed_ns) / 1000,
             peer_connector_backend(answers->connector), peer_connector_concurrency(answers->connector));
}

void output_free(struct output *output)
{
    roster_free(&output->answers.roster);
    output_file_abandon(&output->file);
}
