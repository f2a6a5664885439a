#include "apps/probe/svg/svg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "apps/probe/svg/svg_histogram.h"
#include "apps/probe/svg/svg_palette.h"
#include "apps/probe/svg/svg_waterfall.h"
#include "apps/probe/svg/svg_writer.h"

#define KEYS_TOP   80.0
#define KEY_HEIGHT 20.0
#define KEY_WIDTH  154.0
#define GAP        14.0

enum { KEYS_IN_LINE = 6 };

/* What all peers of one outcome have in common. */
struct share {
    enum outcome outcome;
    size_t count;
    int64_t spent_ns;
};

struct picture {
    const struct report *report;
    struct share shares[OUTCOME_COUNT]; /* in the order in which they are shown, empty ones last */
    size_t outcomes;                    /* those that are not empty */
    size_t ranks[OUTCOME_COUNT];        /* where each outcome stands there */
    bool has_phase[PHASE_COUNT];        /* whether time was spent in it */
    size_t phases;
    struct svg_waterfall waterfall;
    struct svg_histogram histogram;
    FILE *file;
};

/* What was hoped for, then the failures that took the most time, then what says nothing of a peer. */
static int compare_shares(const void *left_item, const void *right_item)
{
    const struct share *left = left_item;
    const struct share *right = right_item;
    if ((left->count > 0) != (right->count > 0))
        return left->count > 0 ? -1 : 1;
    if ((left->outcome == OUTCOME_OK) != (right->outcome == OUTCOME_OK))
        return left->outcome == OUTCOME_OK ? -1 : 1;
    if (outcome_is_of_peer(left->outcome) != outcome_is_of_peer(right->outcome))
        return outcome_is_of_peer(left->outcome) ? -1 : 1;
    if (left->spent_ns != right->spent_ns)
        return left->spent_ns > right->spent_ns ? -1 : 1;
    return (int)left->outcome - (int)right->outcome;
}

static void count_results(struct picture *picture)
{
    for (size_t i = 0; i < picture->report->peers->count; i++) {
        const struct result *result = &picture->report->results[i];
        picture->shares[result->outcome].count++;
        picture->shares[result->outcome].spent_ns += result_duration_ns(result);
        for (size_t phase = 0; phase < PHASE_COUNT; phase++)
            picture->has_phase[phase] |= result->spent_ns[phase] > 0;
    }
    for (size_t i = 0; i < OUTCOME_COUNT; i++)
        picture->shares[i].outcome = (enum outcome)i;
    qsort(picture->shares, OUTCOME_COUNT, sizeof *picture->shares, compare_shares);
    for (size_t i = 0; i < OUTCOME_COUNT; i++) {
        picture->ranks[picture->shares[i].outcome] = i;
        picture->outcomes += picture->shares[i].count > 0;
    }
    for (size_t phase = 0; phase < PHASE_COUNT; phase++)
        picture->phases += picture->has_phase[phase];
}

static void put_style(const struct picture *picture)
{
    fputs("<style>\n"
          "text{font:13px system-ui,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;fill:#1f2328}\n"
          ".strong{font-weight:600}\n"
          ".head{font-size:19px;font-weight:600}\n"
          ".small{font-size:11px;fill:#57606a}\n"
          ".name{font:10.5px ui-monospace,'DejaVu Sans Mono',monospace}\n"
          ".mid{text-anchor:middle}\n"
          ".end{text-anchor:end}\n"
          ".back{fill:#fff}\n"
          ".ink{fill:#6e7781}\n"
          ".grid{stroke:#d0d7de;fill:none}\n"
          ".resolve{opacity:.35}.handshake{opacity:.65}.bitfield{opacity:.9}\n"
          ".unchoke{opacity:.5}.request{opacity:.8}\n",
          picture->file);
    for (size_t i = 0; i < picture->outcomes; i++) {
        const struct svg_ink *ink = svg_ink(picture->shares[i].outcome);
        fprintf(picture->file, ".%s{fill:%s}\n", ink->class, ink->colour);
    }
    fputs("@media(prefers-color-scheme:dark){\n"
          "text{fill:#e6edf3}\n"
          ".small{fill:#9da7b1}\n"
          ".ink{fill:#8b949e}\n"
          ".back{fill:#0d1117}\n"
          ".grid{stroke:#30363d}\n"
          "}\n"
          "</style>\n",
          picture->file);
}

static size_t key_lines(size_t keys)
{
    return (keys + KEYS_IN_LINE - 1) / KEYS_IN_LINE;
}

/* A swatch with its words, in the column and line of that number. */
static void put_key(FILE *file, size_t number, double top, const char *class, const char *word, size_t count)
{
    const size_t line = number / KEYS_IN_LINE;
    const double x = SVG_MARGIN + KEY_WIDTH * (double)(number - line * KEYS_IN_LINE);
    const double y = top + KEY_HEIGHT * (double)line;
    svg_rect(file, x, y - 10, 12, 12, class);
    if (count > 0)
        svg_text(file, x + 18, y, "small", "%s <tspan class=\"strong\">%zu</tspan>", word, count);
    else
        svg_text(file, x + 18, y, "small", "%s", word);
}

static void put_legend(const struct picture *picture)
{
    double top = KEYS_TOP;
    for (size_t i = 0; i < picture->outcomes; i++) {
        const struct share *share = &picture->shares[i];
        put_key(picture->file, i, top, svg_ink(share->outcome)->class, outcome_word(share->outcome),
                share->count);
    }
    if (picture->phases < 2)
        return;
    top += KEY_HEIGHT * (double)key_lines(picture->outcomes);
    size_t keys = 0;
    fputs("<g class=\"ink\">\n", picture->file);
    for (size_t phase = 0; phase < PHASE_COUNT; phase++)
        if (picture->has_phase[phase])
            put_key(picture->file, keys++, top, phase_word((enum phase)phase), phase_word((enum phase)phase),
                    0);
    fputs("</g>\n", picture->file);
}

static void put_heading(const struct picture *picture)
{
    char wall[SVG_TIME_SIZE];
    const struct report *report = picture->report;
    const size_t count = report->peers->count;
    svg_text(picture->file, SVG_MARGIN, 34, "head", "%zu peer%s in %s", count, count == 1 ? "" : "s",
             svg_time(report->wall_ns, wall));
    svg_text(picture->file, SVG_MARGIN, 54, "small", "rdy-probe, mode %s, %s, %s, %zu at once%s",
             mode_word(report->mode), report->backend, report->sequential ? "sequential" : "parallel",
             report->peak, report->interrupted ? "; partial: interrupted" : "");
}

static void put_head(const struct picture *picture, double height)
{
    char wall[SVG_TIME_SIZE];
    fprintf(picture->file,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\" width=\"100%%\" role=\"img\" "
            "aria-labelledby=\"title desc\">\n<title id=\"title\">rdy-probe: %zu peers in %s</title>\n"
            "<desc id=\"desc\">A bar for each peer, and a histogram of the times to connect.",
            SVG_WIDTH, height, picture->report->peers->count, svg_time(picture->report->wall_ns, wall));
    for (size_t i = 0; i < picture->outcomes; i++)
        fprintf(picture->file, " %s: %zu.", outcome_word(picture->shares[i].outcome),
                picture->shares[i].count);
    fputs("</desc>\n", picture->file);
    put_style(picture);
    svg_rect(picture->file, 0, 0, SVG_WIDTH, height, "back");
}

static void put_all(const struct picture *picture)
{
    const size_t lines = key_lines(picture->outcomes) + (picture->phases > 1);
    const double top = KEYS_TOP + KEY_HEIGHT * (double)lines;
    const double middle = top + picture->waterfall.height + GAP;
    put_head(picture, middle + picture->histogram.height + GAP);
    put_heading(picture);
    put_legend(picture);
    svg_waterfall_put(&picture->waterfall, top, picture->file);
    svg_histogram_put(&picture->histogram, middle, picture->file);
    fputs("</svg>\n", picture->file);
}

int svg_write(const struct report *report, FILE *file)
{
    struct picture picture = {.report = report, .file = file};
    count_results(&picture);
    int error = svg_waterfall_alloc(report, picture.ranks, &picture.waterfall);
    if (error == 0)
        error = svg_histogram_alloc(report, &picture.histogram);
    if (error == 0) {
        put_all(&picture);
        error = ferror(file) != 0 ? -EIO : 0;
    }
    svg_histogram_free(&picture.histogram);
    svg_waterfall_free(&picture.waterfall);
    return error;
}
