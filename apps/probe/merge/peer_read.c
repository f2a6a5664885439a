#include "apps/probe/merge/peer_read.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "apps/probe/report/peer_record.h"
#include "reactor/error.h"

/* Above all numbers that a system gives its errors. */
enum { ERRORS_END = 1024 };

static bool read_address(const struct json_object *object, rdy_address *address)
{
    const char *text;
    if (!json_member_text_or_null(object, "address", &text))
        return false;
    return text == NULL || rdy_address_parse(text, address) == 0 ||
           json_member_is_wrong(object, "address", "an address such as 1.2.3.4:80");
}

/*
 * The number that this system gives a name, which is the same on every one; ERRORS_END if it is none. Peers have few
 * errors between them, so those that came before are looked at first.
 */
static int number_of_error(const char *name)
{
    static int earlier[ERRORS_END];
    static size_t count;
    for (size_t i = 0; i < count; i++)
        if (strcmp(rdy_error_name(earlier[i]), name) == 0)
            return earlier[i];
    int number = 1;
    while (number < ERRORS_END && strcmp(rdy_error_name(number), name) != 0)
        number++;
    if (number < ERRORS_END)
        earlier[count++] = number;
    return number;
}

/* EUNKNOWN is the first that rdy does not know. */
static bool read_error(const struct json_object *object, int *error)
{
    const char *name;
    if (!json_member_text_or_null(object, "error", &name))
        return false;
    const int number = name == NULL ? 0 : number_of_error(name);
    if (number == ERRORS_END)
        return json_member_is_wrong(object, "error", "the name of an errno or null");
    *error = -number;
    return true;
}

static bool read_end(const struct json_object *object, struct result *result)
{
    const char *outcome;
    const char *phase;
    if (!json_member_text(object, "outcome", &outcome) || !json_member_text(object, "phase", &phase))
        return false;
    if (!outcome_from_word(outcome, &result->outcome))
        return json_member_is_wrong(object, "outcome", "the word of an outcome");
    if (!phase_from_word(phase, &result->phase))
        return json_member_is_wrong(object, "phase", "the word of a phase");
    return read_error(object, &result->error);
}

static bool read_times(const struct json_object *object, struct result *result)
{
    int64_t whole_ns;
    int64_t left_ns = INT64_MAX;
    if (!json_member_ms(object, "started_ms", &result->started_ns) ||
        !json_member_ms(object, "ms", &whole_ns))
        return false;
    for (enum phase phase = 0; phase < PHASE_COUNT; phase++) {
        if (!json_member_ms_or_null(object, phase_member(phase), 0, &result->spent_ns[phase]))
            return false;
        if (result->spent_ns[phase] > left_ns)
            return json_member_is_wrong(object, phase_member(phase), "less time");
        left_ns -= result->spent_ns[phase];
    }
    return whole_ns == INT64_MAX - left_ns || json_member_is_wrong(object, "ms", "the sum of its phases");
}

static bool read_counts(const struct json_object *object, struct result *result)
{
    uint64_t attempts;
    uint64_t pieces;
    if (!json_member_count(object, "attempts", UINT_MAX, &attempts) ||
        !json_member_count(object, "pieces", UINT32_MAX, &pieces) ||
        !json_member_count(object, "bytes", INT64_MAX, &result->bytes))
        return false;
    result->attempts = (unsigned)attempts;
    result->pieces = (uint32_t)pieces;
    return true;
}

bool peer_read(const struct json_object *object, peer *entry, struct result *result)
{
    const char *text;
    if (!json_member_text(object, "peer", &text) || !read_address(object, &result->address) ||
        !read_end(object, result) || !read_times(object, result) || !read_counts(object, result))
        return false;
    entry->text = strdup(text);
    return entry->text != NULL;
}
