#include "apps/common/option.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/common/progress.h"
#include "apps/common/utf8.h"
#include "reactor/clock.h"
#include "reactor/poll.h"

typedef struct unit {
    const char *suffix;
    uint64_t factor;
} unit;

static const unit duration_units[] = {
    {"", RDY_SECOND},  {"us", RDY_MICROSECOND}, {"ms", RDY_MILLISECOND},
    {"s", RDY_SECOND}, {"m", 60 * RDY_SECOND},  {"h", 3600 * RDY_SECOND},
    {NULL, 0},
};

static const unit size_units[] = {
    {"", 1},
    {"kB", UINT64_C(1000)},
    {"MB", UINT64_C(1000) * 1000},
    {"GB", UINT64_C(1000) * 1000 * 1000},
    {"K", UINT64_C(1) << 10},
    {"M", UINT64_C(1) << 20},
    {"G", UINT64_C(1) << 30},
    {"KiB", UINT64_C(1) << 10},
    {"MiB", UINT64_C(1) << 20},
    {"GiB", UINT64_C(1) << 30},
    {NULL, 0},
};

static const char *program = "rdy";

void option_set_program(const char *name)
{
    program = name;
}

const char *option_program(void)
{
    return program;
}

/* Whether the sequence that begins here, of UTF-8 or a byte that is in none, is a control character: C0, DEL or C1. */
static bool is_control(const char *text, size_t length)
{
    const unsigned char first = (unsigned char)text[0];
    const unsigned char code = length == 2 && first == 0xC2 ? (unsigned char)text[1] : first;
    return code < ' ' || code == 0x7F || (code >= 0x80 && code < 0xA0);
}

/* What a user typed, or a tracker said, may hold anything; the message stays one line and moves no cursor. */
static void keep_one_line(char *text)
{
    for (size_t length; *text != '\0'; text += length) {
        length = utf8_length(text);
        length = length == 0 ? 1 : length;
        if (is_control(text, length))
            memset(text, '?', length);
    }
}

/* The entry of an option that was used wrongly: `optopt` is its value then, else an unknown letter, or 0. */
static const struct option *find_option(const struct option *known)
{
    while (known->name != NULL && known->val != optopt)
        known++;
    return known->name != NULL ? known : NULL;
}

static bool is_long(const char *word)
{
    return word != NULL && strncmp(word, "--", 2) == 0;
}

void option_report_wrong(const struct option *known, const char *word)
{
    const struct option *entry = optopt == 0 ? NULL : find_option(known);
    if (entry == NULL && optopt == 0)
        complain("unknown or ambiguous option '%s' (see --help)", word);
    else if (entry == NULL)
        complain("unknown option '-%c' (see --help)", optopt);
    else if (entry->has_arg == no_argument)
        complain("'%s': this option takes no value (see --help)", word);
    else if (is_long(word))
        complain("%s: a value is missing (see --help)", word);
    else
        complain("-%c: a value is missing (see --help)", optopt);
}

void complain(const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    /* clang 14 takes va_start for no initialization. NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    keep_one_line(text);
    progress_clear();
    (void)fprintf(stderr, "%s: %s\n", program, text);
}

static bool is_digit(char character)
{
    return isdigit((unsigned char)character) != 0;
}

/* Reads the digits at *text and moves behind them; false if there are none or the number is above `most`. */
static bool read_digits(const char **text, uint64_t most, uint64_t *number)
{
    uint64_t value = 0;
    const char *next = *text;
    for (; is_digit(*next); next++) {
        const uint64_t digit = (uint64_t)(*next - '0');
        if (digit > most || value > (most - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (next == *text)
        return false;
    *text = next;
    *number = value;
    return true;
}

static uint64_t unit_factor(const unit *units, const char *suffix)
{
    while (units->suffix != NULL && strcmp(units->suffix, suffix) != 0)
        units++;
    return units->factor;
}

/* The digits behind a decimal point, as a part of one unit; digits below a nanosecond count nothing. */
static uint64_t fraction_of(const char *digits, uint64_t factor)
{
    uint64_t sum = 0;
    for (; is_digit(*digits); digits++) {
        factor /= 10;
        sum += factor * (uint64_t)(*digits - '0');
    }
    return sum;
}

static bool read_duration(const char *text, uint64_t *ns)
{
    uint64_t whole = 0;
    if (!read_digits(&text, INT64_MAX, &whole))
        return false;

    const char *fraction = "";
    if (*text == '.') {
        fraction = ++text;
        text += strspn(text, "0123456789");
        if (text == fraction)
            return false;
    }
    const uint64_t factor = unit_factor(duration_units, text);
    if (factor == 0 || whole > INT64_MAX / factor - 1)
        return false;
    *ns = whole * factor + fraction_of(fraction, factor);
    return true;
}

static bool read_size(const char *text, uint64_t *bytes)
{
    uint64_t number = 0;
    if (!read_digits(&text, SIZE_MAX, &number))
        return false;

    const uint64_t factor = unit_factor(size_units, text);
    if (factor == 0 || number > SIZE_MAX / factor)
        return false;
    *bytes = number * factor;
    return true;
}

int option_duration(const char *option, const char *text, int64_t *ns)
{
    uint64_t value = 0;
    if (!read_duration(text, &value)) {
        complain("%s: expected a duration such as 250ms, 5s or 2m, not '%s'", option, text);
        return -EINVAL;
    }
    *ns = (int64_t)value;
    return 0;
}

int option_timeout(const char *option, const char *text, int64_t *ns)
{
    int64_t value;
    if (option_duration(option, text, &value) < 0)
        return -EINVAL;
    if (value == 0) {
        complain("%s: expected more than 0", option);
        return -EINVAL;
    }
    *ns = value;
    return 0;
}

int option_size(const char *option, const char *text, size_t *bytes)
{
    uint64_t value = 0;
    if (!read_size(text, &value)) {
        complain("%s: expected a size such as 512, 64KiB or 1MiB, not '%s'", option, text);
        return -EINVAL;
    }
    *bytes = (size_t)value;
    return 0;
}

int option_count(const char *option, const char *text, long least, long most, long *count)
{
    const char *end = text;
    uint64_t value = 0;
    const bool ok = read_digits(&end, (uint64_t)most, &value) && *end == '\0' && (long)value >= least;
    if (!ok) {
        complain("%s: expected a number from %ld to %ld, not '%s'", option, least, most, text);
        return -EINVAL;
    }
    *count = (long)value;
    return 0;
}

int option_port(const char *option, const char *text, uint16_t *port)
{
    long value;
    if (option_count(option, text, 1, UINT16_MAX, &value) < 0)
        return -EINVAL;
    *port = (uint16_t)value;
    return 0;
}

int option_positive(const char *option, const char *text, size_t *number)
{
    long value;
    if (option_count(option, text, 1, LONG_MAX, &value) < 0)
        return -EINVAL;
    *number = (size_t)value;
    return 0;
}

int option_shard(const char *option, const char *text, size_t *index, size_t *count)
{
    const char *next = text;
    uint64_t number = 0;
    uint64_t all = 0;
    bool ok = read_digits(&next, SIZE_MAX, &number) && *next++ == '/';
    ok = ok && read_digits(&next, SIZE_MAX, &all) && *next == '\0';
    if (!ok || number == 0 || number > all) {
        complain("%s: expected I/N with I from 1 to N, not '%s'", option, text);
        return -EINVAL;
    }
    *index = (size_t)number;
    *count = (size_t)all;
    return 0;
}

static void complain_of_backend(const char *option, const char *text)
{
    char names[128] = "";
    size_t length = 0;
    for (const char *const *name = rdy_backends(); *name != NULL && length < sizeof names; name++)
        length +=
            (size_t)snprintf(names + length, sizeof names - length, "%s%s", length == 0 ? "" : ", ", *name);
    complain("%s: expected one of %s, not '%s'", option, names, text);
}

int option_backend(const char *option, const char *text, const char **name)
{
    for (const char *const *known = rdy_backends(); *known != NULL; known++) {
        if (strcmp(*known, text) == 0) {
            *name = *known;
            return 0;
        }
    }
    complain_of_backend(option, text);
    return -EINVAL;
}

int option_backend_of_environment(void)
{
    const char *text = getenv("RDY_BACKEND");
    const char *name;
    return text == NULL ? 0 : option_backend("RDY_BACKEND", text, &name);
}

int option_order(bool sequential, size_t concurrency)
{
    if (!sequential || concurrency <= 1)
        return 0;
    complain("--seq and --concurrency %zu contradict each other", concurrency);
    return -EINVAL;
}
