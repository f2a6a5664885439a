#include "apps/common/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "reactor/clock.h"

/* ECMA-48: to the first column and what stands behind it erased (CR, EL); colours (SGR). */
#define LINE_START "\r\033[K"
#define GREEN      "\033[32m"
#define RED        "\033[31m"
#define PLAIN      "\033[0m"

enum {
    LINE_MAX_SIZE = 2048,
    COLUMNS_IF_UNKNOWN = 80,
};

static const int64_t period_ns = 100 * RDY_MILLISECOND;

/* Whether a line stands on the terminal, of which there is one. */
static bool is_drawn;

/* A line that grows until it is as wide as the terminal; its colours take bytes, but no columns. */
struct line {
    char text[LINE_MAX_SIZE];
    size_t length;
    size_t columns; /* that are left */
};

static bool can_move_cursor(void)
{
    const char *terminal = getenv("TERM");
    return isatty(STDERR_FILENO) && terminal != NULL && strcmp(terminal, "dumb") != 0;
}

static bool may_colour(void)
{
    const char *no_color = getenv("NO_COLOR");
    return no_color == NULL || *no_color == '\0';
}

void progress_begin(struct progress *progress, bool wanted)
{
    const bool shown = wanted && can_move_cursor();
    *progress = (struct progress){
        .begun_ns = rdy_clock_now(),
        .next_ns = shown ? 0 : RDY_NEVER,
        .shown = shown,
        .coloured = may_colour(),
    };
}

int64_t progress_due_ns(const struct progress *progress)
{
    return progress->shown ? progress->next_ns : RDY_NEVER;
}

/* The last column stays free: a terminal may go to the next line behind it. */
static size_t columns_of_terminal(void)
{
    struct winsize size;
    const bool is_known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
    return (is_known ? size.ws_col : COLUMNS_IF_UNKNOWN) - 1u;
}

static void put_code(struct line *line, const char *code)
{
    const size_t size = strlen(code);
    if (size >= sizeof line->text - line->length)
        return;
    memcpy(line->text + line->length, code, size + 1);
    line->length += size;
}

static void __attribute__((format(printf, 2, 3))) put(struct line *line, const char *format, ...)
{
    char text[128];
    va_list arguments;
    va_start(arguments, format);
    /* clang 14 takes va_start for no initialization. NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const size_t size = strlen(text);
    if (size > line->columns)
        text[line->columns] = '\0';
    line->columns -= size < line->columns ? size : line->columns;
    put_code(line, text);
}

static void put_time(struct line *line, double seconds, const char *suffix)
{
    const uint64_t whole = seconds < 1e9 ? (uint64_t)(seconds + 0.5) : 1000000000;
    const unsigned minutes = (unsigned)(whole / 60 % 60);
    if (whole < 3600)
        put(line, ", %u:%02u%s", minutes, (unsigned)(whole % 60), suffix);
    else
        put(line, ", %u:%02u:%02u%s", (unsigned)(whole / 3600), minutes, (unsigned)(whole % 60), suffix);
}

static void put_pace(struct line *line, const struct progress_state *state, double seconds)
{
    const double rate = seconds > 0 ? (double)state->done / seconds : 0;
    put(line, ", %.*f/s", rate < 10 ? 1 : 0, rate);
    put_time(line, seconds, "");
    if (rate > 0 && state->done < state->total)
        put_time(line, (double)(state->total - state->done) / rate, " left");
}

static void put_tallies(struct line *line, const struct progress_state *state, bool coloured)
{
    for (size_t i = 0; i < state->tally_count; i++) {
        const struct progress_tally *tally = &state->tallies[i];
        if (tally->count == 0 || line->columns == 0)
            continue;
        put(line, ", ");
        if (coloured)
            put_code(line, i == 0 ? GREEN : RED);
        put(line, "%zu %s", tally->count, tally->word);
        if (coloured)
            put_code(line, PLAIN);
    }
}

void progress_draw(struct progress *progress, const struct progress_state *state)
{
    const int64_t now_ns = rdy_clock_now();
    if (!progress->shown || now_ns < progress->next_ns)
        return;
    struct line line = {.columns = columns_of_terminal()};
    put(&line, "%zu/%zu done, %zu in flight", state->done, state->total, state->in_flight);
    put_pace(&line, state, (double)(now_ns - progress->begun_ns) / (double)RDY_SECOND);
    put_tallies(&line, state, progress->coloured);
    fprintf(stderr, LINE_START "%s", line.text);
    fflush(stderr);
    is_drawn = true;
    progress->next_ns = rdy_clock_after(now_ns, period_ns);
}

void progress_clear(void)
{
    if (!is_drawn)
        return;
    is_drawn = false;
    fputs(LINE_START, stderr);
    fflush(stderr);
}

void progress_clear_for(FILE *file)
{
    if (is_drawn && isatty(fileno(file)))
        progress_clear();
}
