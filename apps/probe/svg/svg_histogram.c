#include "apps/probe/svg/svg_histogram.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "apps/probe/svg/svg_writer.h"
#include "reactor/clock.h"

#define HEAD  34.0
#define BODY  166.0
#define FOOT  30.0
#define RIGHT (SVG_WIDTH - 2 * SVG_MARGIN)

enum {
    BINS_LEAST = SVG_BINS_IN_DECADE, /* so that one time does not fill the picture */
    BINS_WIDE = 40,                  /* up to so many, the times 2 and 5 have room too */
};

/* Where a bin begins, by the preferred numbers of ISO 3; the first begins at 1 us and has what is below too. */
static int64_t edge_ns(size_t bin)
{
    static const int64_t edges[SVG_BINS_IN_DECADE] = {100, 125, 160, 200, 250, 315, 400, 500, 630, 800};
    int64_t ns = edges[bin % SVG_BINS_IN_DECADE] * RDY_MICROSECOND / 100;
    for (size_t i = 0; i < bin / SVG_BINS_IN_DECADE; i++)
        ns *= 10;
    return ns;
}

static size_t bin_of(int64_t ns)
{
    size_t bin = 0;
    while (bin + 1 < SVG_BINS && ns >= edge_ns(bin + 1))
        bin++;
    return bin;
}

static bool has_connected(const struct result *result)
{
    return result->spent_ns[PHASE_CONNECT] > 0 &&
           (result->phase > PHASE_CONNECT || result->outcome == OUTCOME_OK);
}

static int compare_times(const void *left, const void *right)
{
    const int64_t *a = left;
    const int64_t *b = right;
    return (*a > *b) - (*a < *b);
}

static void fill_bins(struct svg_histogram *histogram)
{
    for (size_t i = 0; i < histogram->count; i++) {
        const size_t bin = bin_of(histogram->times_ns[i]);
        if (++histogram->bins[bin] > histogram->most)
            histogram->most = histogram->bins[bin];
    }
    histogram->first = bin_of(histogram->times_ns[0]);
    histogram->end = bin_of(histogram->times_ns[histogram->count - 1]) + 1;
    while (histogram->end - histogram->first < BINS_LEAST) {
        histogram->first -= histogram->first > 0;
        histogram->end += histogram->end < SVG_BINS;
    }
}

int svg_histogram_alloc(const struct report *report, struct svg_histogram *histogram)
{
    int64_t *times_ns =
        malloc((report->peers->count + 1) * sizeof *times_ns); /* none would be NULL in some libc */
    if (times_ns == NULL)
        return -ENOMEM;
    *histogram = (struct svg_histogram){.times_ns = times_ns, .height = HEAD};
    for (size_t i = 0; i < report->peers->count; i++)
        if (has_connected(&report->results[i]))
            times_ns[histogram->count++] = report->results[i].spent_ns[PHASE_CONNECT];
    if (histogram->count == 0)
        return 0;
    qsort(times_ns, histogram->count, sizeof *times_ns, compare_times);
    fill_bins(histogram);
    histogram->height = HEAD + BODY + FOOT;
    return 0;
}

void svg_histogram_free(struct svg_histogram *histogram)
{
    free(histogram->times_ns);
    histogram->times_ns = NULL;
}

/* What is being drawn. */
struct canvas {
    const struct svg_histogram *histogram;
    double bottom; /* of the bars */
    FILE *file;
};

static const char *edge_text(size_t bin, char text[SVG_TIME_SIZE])
{
    return svg_tick(edge_ns(bin), edge_ns(bin), text);
}

static double bin_width(const struct canvas *canvas)
{
    return (RIGHT - SVG_LEFT) / (double)(canvas->histogram->end - canvas->histogram->first);
}

static double x_of(const struct canvas *canvas, size_t bin)
{
    return SVG_LEFT + bin_width(canvas) * (double)(bin - canvas->histogram->first);
}

static double height_of(const struct canvas *canvas, size_t count)
{
    return BODY * (double)count / (double)canvas->histogram->most;
}

static void put_counts(const struct canvas *canvas)
{
    const size_t most = canvas->histogram->most;
    const size_t step = (size_t)svg_step((int64_t)most, 4);
    for (size_t count = 0; count <= most; count += step) {
        const double y = canvas->bottom - height_of(canvas, count);
        svg_line(canvas->file, SVG_LEFT, y, RIGHT, y, "grid");
        svg_text(canvas->file, SVG_LEFT - 8, y + 4, "small end", "%zu", count);
    }
}

/* The times 1, 2 and 5, or over many decades 1 alone. */
static bool is_tick(const struct svg_histogram *histogram, size_t bin)
{
    const size_t digit = bin % SVG_BINS_IN_DECADE;
    return digit == 0 || ((digit == 3 || digit == 7) && histogram->end - histogram->first <= BINS_WIDE);
}

static void put_times(const struct canvas *canvas)
{
    char text[SVG_TIME_SIZE];
    for (size_t bin = canvas->histogram->first; bin <= canvas->histogram->end; bin++) {
        const double x = x_of(canvas, bin);
        if (!is_tick(canvas->histogram, bin))
            continue;
        svg_line(canvas->file, x, canvas->bottom, x, canvas->bottom + 4, "grid");
        svg_text(canvas->file, x, canvas->bottom + 17, "small mid", "%s", edge_text(bin, text));
    }
}

static void put_bars(const struct canvas *canvas)
{
    char from[SVG_TIME_SIZE];
    char to[SVG_TIME_SIZE];
    for (size_t bin = canvas->histogram->first; bin < canvas->histogram->end; bin++) {
        const size_t count = canvas->histogram->bins[bin];
        const double height = height_of(canvas, count);
        if (count == 0)
            continue;
        fprintf(canvas->file, "<g><title>%s to %s: %zu</title>", edge_text(bin, from), edge_text(bin + 1, to),
                count);
        svg_rect(canvas->file, x_of(canvas, bin), canvas->bottom - height, bin_width(canvas) - 1, height,
                 "ink");
        fputs("</g>\n", canvas->file);
    }
}

static void put_title(const struct svg_histogram *histogram, double y, FILE *file)
{
    char half[SVG_TIME_SIZE];
    char most[SVG_TIME_SIZE];
    char all[SVG_TIME_SIZE];
    if (histogram->count == 0) {
        svg_text(file, SVG_MARGIN, y, "strong", "None connected");
        return;
    }
    const size_t last = histogram->count - 1;
    svg_text(file, SVG_MARGIN, y, "strong", "Time to connect, of the %zu that connected", histogram->count);
    svg_text(file, SVG_WIDTH - SVG_MARGIN, y, "small end", "half within %s, 90 %% within %s, all within %s",
             svg_time(histogram->times_ns[last / 2], half),
             svg_time(histogram->times_ns[last * 9 / 10], most), svg_time(histogram->times_ns[last], all));
}

void svg_histogram_put(const struct svg_histogram *histogram, double top, FILE *file)
{
    const struct canvas canvas = {.histogram = histogram, .bottom = top + HEAD + BODY, .file = file};
    put_title(histogram, top + 14, file);
    if (histogram->count == 0)
        return;
    fputs("<g id=\"histogram\">\n", file);
    put_counts(&canvas);
    put_times(&canvas);
    put_bars(&canvas);
    fputs("</g>\n", file);
}
