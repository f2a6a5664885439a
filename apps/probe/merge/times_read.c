#include "apps/probe/merge/times_read.h"

#include <stdlib.h>

#include "apps/common/option.h"

/* One pair of a histogram: behind the one before, and of a count that is still missing. */
static bool read_bucket(const json_t *pair, const struct histogram *so_far, uint64_t missing,
                        struct histogram_bucket *bucket)
{
    const json_t *place_value = json_array_get(pair, 0);
    const json_t *count_value = json_array_get(pair, 1);
    const json_int_t place = json_integer_value(place_value);
    const json_int_t count = json_integer_value(count_value);
    if (json_array_size(pair) != 2 || !json_is_integer(place_value) || !json_is_integer(count_value) ||
        place < 0 || place >= HISTOGRAM_PLACES || count < 1 || (uint64_t)count > missing)
        return false;
    *bucket = (struct histogram_bucket){.place = (uint32_t)place, .count = (uint64_t)count};
    return so_far->bucket_count == 0 || so_far->buckets[so_far->bucket_count - 1].place < bucket->place;
}

static bool read_buckets(const struct json_object *object, struct histogram *times)
{
    const json_t *array;
    uint64_t missing = times->count;
    if (!json_member_array(object, "histogram", &array))
        return false;
    times->capacity = json_array_size(array);
    times->buckets = calloc(times->capacity + 1, sizeof *times->buckets);
    if (times->buckets == NULL)
        return false;
    for (size_t i = 0; i < times->capacity; i++) {
        struct histogram_bucket *bucket = &times->buckets[i];
        if (!read_bucket(json_array_get(array, i), times, missing, bucket))
            return json_member_is_wrong(object, "histogram",
                                        "ascending [place, count], as many as are counted");
        missing -= bucket->count;
        times->bucket_count++;
    }
    return missing == 0 || json_member_is_wrong(object, "count", "the sum of the counts of its histogram");
}

/* Whether so many times from the least to the most can have that total; one that is too large is not known. */
static bool is_total_possible(const struct histogram *times)
{
    const int64_t count = (int64_t)times->count;
    const int64_t mean_ns = times->total_ns / count;
    const bool has_rest = times->total_ns % count != 0;
    return times->total_ns == INT64_MAX ||
           (mean_ns >= times->least_ns && mean_ns <= times->most_ns - (has_rest ? 1 : 0));
}

static bool read_times(const struct json_object *object, struct histogram *times)
{
    if (!json_member_count(object, "count", INT64_MAX, &times->count) ||
        !json_member_ns(object, "total_ns", &times->total_ns) ||
        !json_member_ns(object, "min_ns", &times->least_ns) ||
        !json_member_ns(object, "max_ns", &times->most_ns))
        return false;
    if (times->count == 0)
        return json_member_is_wrong(object, "count", "at least 1");
    if (!read_buckets(object, times))
        return false;
    if (histogram_place(times->least_ns) != times->buckets[0].place)
        return json_member_is_wrong(object, "min_ns", "a time of the first place of its histogram");
    if (histogram_place(times->most_ns) != times->buckets[times->bucket_count - 1].place ||
        times->most_ns < times->least_ns)
        return json_member_is_wrong(object, "max_ns", "a time of the last place of its histogram");
    return is_total_possible(times) ||
           json_member_is_wrong(object, "total_ns", "what so many times from min_ns to max_ns can have");
}

static bool read_phase_word(const struct json_object *object, enum phase *phase)
{
    const char *word;
    if (!json_member_text(object, "phase", &word))
        return false;
    return phase_from_word(word, phase) || json_member_is_wrong(object, "phase", "the word of a phase");
}

static bool read_outcome(const struct json_object *object, struct summary *summary)
{
    const char *word;
    enum outcome outcome;
    enum phase phase;
    if (!json_member_text(object, "outcome", &word) || !read_phase_word(object, &phase))
        return false;
    if (!outcome_from_word(word, &outcome) || !outcome_is_of_peer(outcome))
        return json_member_is_wrong(object, "outcome", "the word of an outcome that tells of a peer");
    struct summary_row *row = summary_row(summary, outcome, phase);
    if (row == NULL)
        return false;
    if (row->times.count > 0)
        return json_member_is_wrong(object, "outcome", "one that with this phase stands only once");
    return read_times(object, &row->times);
}

static bool read_phase(const struct json_object *object, struct summary *summary)
{
    enum phase phase;
    if (!read_phase_word(object, &phase))
        return false;
    if (summary->phases[phase].count > 0)
        return json_member_is_wrong(object, "phase", "one that stands only once");
    return read_times(object, &summary->phases[phase]);
}

static bool read_each(const struct json_object *root, const char *name,
                      bool (*read)(const struct json_object *object, struct summary *summary),
                      struct summary *summary)
{
    const json_t *array;
    if (!json_member_array(root, name, &array))
        return false;
    for (size_t i = 0; i < json_array_size(array); i++) {
        struct json_object element;
        if (!json_element_object(root, name, array, i, &element) || !read(&element, summary))
            return false;
    }
    return true;
}

bool times_read(const struct json_object *root, struct summary *summary)
{
    for (const struct outcome_aside *aside = outcome_asides(); aside->reason != NULL; aside++)
        if (!json_member_count(root, aside->plural, INT64_MAX, &summary->aside[aside->outcome]))
            return false;
    if (!read_each(root, "outcomes", read_outcome, summary) ||
        !read_each(root, "phases", read_phase, summary))
        return false;
    summary_finish(summary);
    return true;
}

static uint64_t counted(const struct summary *summary, enum outcome outcome, enum phase phase)
{
    for (size_t i = 0; i < summary->row_count; i++)
        if (summary->rows[i].outcome == outcome && summary->rows[i].phase == phase)
            return summary->rows[i].times.count;
    return 0;
}

static bool phases_are_of_peers(const struct json_object *root, const struct summary *summary,
                                const struct report *report)
{
    uint64_t peers[PHASE_COUNT] = {0};
    for (size_t i = 0; i < report->peers->count; i++) {
        const struct result *result = &report->results[i];
        if (outcome_is_of_peer(result->outcome))
            for (enum phase phase = 0; phase < PHASE_COUNT; phase++)
                peers[phase] += result_came_through(result, phase);
    }
    for (enum phase phase = 0; phase < PHASE_COUNT; phase++)
        if (peers[phase] != summary->phases[phase].count)
            return json_member_is_wrong(root, "phases", "those of its peers");
    return true;
}

bool times_are_of_peers(const struct json_object *root, const struct summary *summary,
                        const struct report *report)
{
    uint64_t peers[OUTCOME_COUNT][PHASE_COUNT] = {{0}};
    uint64_t aside[OUTCOME_COUNT] = {0};
    for (size_t i = 0; i < report->peers->count; i++) {
        const struct result *result = &report->results[i];
        if (outcome_is_of_peer(result->outcome))
            peers[result->outcome][result->phase]++;
        else
            aside[result->outcome]++;
    }
    for (enum outcome outcome = 0; outcome < OUTCOME_COUNT; outcome++)
        for (enum phase phase = 0; phase < PHASE_COUNT; phase++)
            if (peers[outcome][phase] != counted(summary, outcome, phase))
                return json_member_is_wrong(root, "outcomes", "those of its peers");
    for (const struct outcome_aside *set = outcome_asides(); set->reason != NULL; set++)
        if (aside[set->outcome] != summary->aside[set->outcome])
            return json_member_is_wrong(root, set->plural, "as many as there are among its peers");
    return phases_are_of_peers(root, summary, report);
}
