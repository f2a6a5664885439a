#include "apps/probe/svg/svg_waterfall.h"

#include <errno.h>
#include <stdlib.h>

#include "apps/probe/svg/svg_palette.h"
#include "apps/probe/svg/svg_writer.h"

#define HEAD        30.0 /* for the title */
#define AXIS        16.0 /* above the rows too, if they are TALL */
#define TALL        400.0
#define FOOT        30.0
#define PITCH_MOST  16.0
#define PITCH_NAMED 11.0  /* the least for text */
#define BAR_LEAST   2.0   /* so that the shortest is seen */
#define LINE        12.0  /* from text to text */
#define NAMED_RIGHT 242.0 /* for how it ended, and how long it took */

enum {
    NAME_LETTERS = 27,
    TIP_LETTERS = 120, /* a bound for the size of the file, not for what fits */
};

struct svg_place {
    size_t index; /* of the peer in the list */
    size_t rank;
    int64_t key_ns;
};

static int compare_places(const void *left_item, const void *right_item)
{
    const struct svg_place *left = left_item;
    const struct svg_place *right = right_item;
    if (left->rank != right->rank)
        return left->rank < right->rank ? -1 : 1;
    if (left->key_ns != right->key_ns)
        return left->key_ns < right->key_ns ? -1 : 1;
    return left->index < right->index ? -1 : 1;
}

static int64_t end_of(const struct result *result)
{
    return result->started_ns + result_duration_ns(result);
}

/* Whether the peers stand in the order in which they were tried. */
static bool is_in_order(const struct svg_waterfall *waterfall)
{
    return waterfall->report->sequential && waterfall->together == 1;
}

static void sort_places(struct svg_waterfall *waterfall, const size_t ranks[OUTCOME_COUNT])
{
    const struct report *report = waterfall->report;
    const bool in_order = is_in_order(waterfall);
    for (size_t i = 0; i < report->peers->count; i++) {
        const struct result *result = &report->results[i];
        waterfall->places[i] = (struct svg_place){
            .index = i,
            .rank = in_order ? 0 : ranks[result->outcome] * PHASE_COUNT + result->phase,
            .key_ns = in_order ? result->started_ns : end_of(result),
        };
        if (end_of(result) > waterfall->end_ns)
            waterfall->end_ns = end_of(result);
    }
    qsort(waterfall->places, report->peers->count, sizeof *waterfall->places, compare_places);
}

static const struct result *result_at(const struct svg_waterfall *waterfall, size_t place)
{
    return &waterfall->report->results[waterfall->places[place].index];
}

/* The place behind the last neighbour, of at most `most`, that ended alike. */
static size_t end_of_alike(const struct svg_waterfall *waterfall, size_t first, size_t most)
{
    const struct result *result = result_at(waterfall, first);
    size_t end = first + 1;
    while (end < waterfall->report->peers->count && end - first < most &&
           result_at(waterfall, end)->outcome == result->outcome &&
           result_at(waterfall, end)->phase == result->phase)
        end++;
    return end;
}

static bool is_tall(const struct svg_waterfall *waterfall)
{
    return waterfall->pitch * (double)waterfall->rows > TALL;
}

static double head_of(const struct svg_waterfall *waterfall)
{
    return is_tall(waterfall) ? HEAD + AXIS : HEAD;
}

static void lay_out(struct svg_waterfall *waterfall)
{
    const size_t count = waterfall->report->peers->count;
    for (size_t place = 0; place < count; place = end_of_alike(waterfall, place, waterfall->together))
        waterfall->rows++;
    if (waterfall->rows == 0)
        return;
    const size_t fitting = SVG_ROWS_MAX / waterfall->rows; /* 0 if there are a few more, of blocks cut off */
    waterfall->pitch = fitting == 0 ? 1 : (double)fitting;
    if (waterfall->pitch > PITCH_MOST)
        waterfall->pitch = PITCH_MOST;
    waterfall->named = waterfall->pitch >= PITCH_NAMED;
    waterfall->height = head_of(waterfall) + waterfall->pitch * (double)waterfall->rows + FOOT;
}

int svg_waterfall_alloc(const struct report *report, const size_t ranks[OUTCOME_COUNT],
                        struct svg_waterfall *waterfall)
{
    const size_t count = report->peers->count;
    struct svg_place *places = malloc((count + 1) * sizeof *places); /* none would be NULL in some libc */
    if (places == NULL)
        return -ENOMEM;
    *waterfall = (struct svg_waterfall){
        .report = report,
        .places = places,
        .together = count <= SVG_ROWS_MAX ? 1 : (count + SVG_ROWS_MAX - 1) / SVG_ROWS_MAX,
    };
    sort_places(waterfall, ranks);
    lay_out(waterfall);
    return 0;
}

void svg_waterfall_free(struct svg_waterfall *waterfall)
{
    free(waterfall->places);
    waterfall->places = NULL;
}

/* What is being drawn. */
struct canvas {
    const struct svg_waterfall *waterfall;
    double right;       /* where bars end */
    double top, bottom; /* of the rows */
    FILE *file;
};

static double x_of(const struct canvas *canvas, int64_t ns)
{
    const int64_t end_ns = canvas->waterfall->end_ns;
    const double width = canvas->right - SVG_LEFT;
    return SVG_LEFT + width * (double)ns / (double)(end_ns > 0 ? end_ns : 1);
}

static void put_axis(const struct canvas *canvas)
{
    char text[SVG_TIME_SIZE];
    const int64_t end_ns = canvas->waterfall->end_ns;
    const int64_t step_ns = svg_step(end_ns, 8);
    for (int64_t ns = 0; ns <= end_ns; ns += step_ns) {
        const double x = x_of(canvas, ns);
        svg_line(canvas->file, x, canvas->top - 4, x, canvas->bottom + 4, "grid");
        svg_text(canvas->file, x, canvas->bottom + 17, "small mid", "%s", svg_tick(ns, end_ns, text));
        if (is_tall(canvas->waterfall))
            svg_text(canvas->file, x, canvas->top - 8, "small mid", "%s", svg_tick(ns, end_ns, text));
    }
}

static const char *name_of(const struct result *result, char name[OUTCOME_NAME_SIZE])
{
    return outcome_name(result->outcome, result->phase, name);
}

static struct result mean_of(const struct svg_waterfall *waterfall, size_t first, size_t end)
{
    struct result mean = *result_at(waterfall, first);
    for (size_t place = first + 1; place < end; place++) {
        mean.started_ns += result_at(waterfall, place)->started_ns;
        for (size_t phase = 0; phase < PHASE_COUNT; phase++)
            mean.spent_ns[phase] += result_at(waterfall, place)->spent_ns[phase];
    }
    mean.started_ns /= (int64_t)(end - first);
    for (size_t phase = 0; phase < PHASE_COUNT; phase++)
        mean.spent_ns[phase] /= (int64_t)(end - first);
    return mean;
}

/* What is told of a row when it is pointed at. */
static void put_tip(const struct canvas *canvas, size_t first, size_t end, const struct result *result)
{
    char name[OUTCOME_NAME_SIZE];
    char text[SVG_TIME_SIZE];
    const struct report *report = canvas->waterfall->report;
    fputs("<title>", canvas->file);
    if (end - first == 1)
        svg_put_text(canvas->file, report->peers->peers[canvas->waterfall->places[first].index].text,
                     TIP_LETTERS);
    else
        fprintf(canvas->file, "%zu peers", end - first);
    fprintf(canvas->file, ": %s", name_of(result, name));
    for (size_t phase = 0; phase < PHASE_COUNT; phase++)
        if (result->spent_ns[phase] > 0)
            fprintf(canvas->file, ", %s %s", phase_word((enum phase)phase),
                    svg_time(result->spent_ns[phase], text));
    fputs("</title>\n", canvas->file);
}

static void put_bar(const struct canvas *canvas, double y, const struct result *result)
{
    const double pitch = canvas->waterfall->pitch;
    const double height = pitch < 4 ? pitch : pitch < PITCH_NAMED ? pitch - 1 : pitch - 4;
    const double top = y + (pitch - height) / 2;
    int64_t from_ns = result->started_ns;
    const double length = x_of(canvas, end_of(result)) - x_of(canvas, from_ns);
    if (result_duration_ns(result) == 0 && !outcome_is_of_peer(result->outcome))
        return;
    if (length < BAR_LEAST) {
        svg_rect(canvas->file, x_of(canvas, from_ns), top, BAR_LEAST, height, phase_word(result->phase));
        return;
    }
    for (size_t phase = 0; phase < PHASE_COUNT; phase++) {
        const double x = x_of(canvas, from_ns);
        from_ns += result->spent_ns[phase];
        if (result->spent_ns[phase] > 0)
            svg_rect(canvas->file, x, top, x_of(canvas, from_ns) - x, height, phase_word((enum phase)phase));
    }
}

/* Who it was, how it ended, and how long it took. */
static void put_names(const struct canvas *canvas, double y, const struct svg_place *place)
{
    char name[OUTCOME_NAME_SIZE];
    char text[SVG_TIME_SIZE];
    const struct report *report = canvas->waterfall->report;
    const struct result *result = &report->results[place->index];
    const double line = y + canvas->waterfall->pitch / 2 + 3.5;
    fprintf(canvas->file, "<text class=\"name\" x=\"%g\" y=\"%g\">", SVG_MARGIN, line);
    svg_put_text(canvas->file, report->peers->peers[place->index].text, NAME_LETTERS);
    fputs("</text>\n", canvas->file);
    svg_text(canvas->file, canvas->right + 12, line, "small", "%s", name_of(result, name));
    svg_text(canvas->file, SVG_WIDTH - SVG_MARGIN, line, "small end", "%s",
             svg_time(result_duration_ns(result), text));
}

static void put_rows(const struct canvas *canvas)
{
    const struct svg_waterfall *waterfall = canvas->waterfall;
    double y = canvas->top;
    size_t place = 0;
    while (place < waterfall->report->peers->count) {
        const size_t end = end_of_alike(waterfall, place, waterfall->together);
        const struct result mean = mean_of(waterfall, place, end);
        fprintf(canvas->file, "<g class=\"%s\">", svg_ink(mean.outcome)->class);
        put_tip(canvas, place, end, &mean);
        put_bar(canvas, y, &mean);
        if (waterfall->named)
            put_names(canvas, y, &waterfall->places[place]);
        fputs("</g>\n", canvas->file);
        place = end;
        y += waterfall->pitch;
    }
}

/* Peers that ended alike, in rows too low for names: one name for all of them. */
struct block {
    const struct result *result;
    size_t count;
    double middle;
    double line; /* of its text */
};

enum { BLOCKS_MOST = OUTCOME_COUNT * PHASE_COUNT };

static size_t find_blocks(const struct canvas *canvas, struct block blocks[BLOCKS_MOST])
{
    const struct svg_waterfall *waterfall = canvas->waterfall;
    size_t count = 0;
    double y = canvas->top;
    for (size_t place = 0, end; place < waterfall->report->peers->count; place = end) {
        end = end_of_alike(waterfall, place, SIZE_MAX);
        const size_t rows = (end - place + waterfall->together - 1) / waterfall->together;
        const double height = waterfall->pitch * (double)rows;
        blocks[count++] =
            (struct block){result_at(waterfall, place), end - place, y + height / 2, y + height / 2};
        y += height;
    }
    return count;
}

/* Moves the texts apart: down from above, then up from below, where the last may not leave the picture. */
static void spread(struct block *blocks, size_t count, double bottom)
{
    for (size_t i = 1; i < count; i++)
        if (blocks[i].line < blocks[i - 1].line + LINE)
            blocks[i].line = blocks[i - 1].line + LINE;
    for (size_t i = count; i-- > 0;) {
        if (blocks[i].line > bottom)
            blocks[i].line = bottom;
        bottom = blocks[i].line - LINE;
    }
}

static void put_blocks(const struct canvas *canvas)
{
    char name[OUTCOME_NAME_SIZE];
    struct block blocks[BLOCKS_MOST];
    const size_t count = find_blocks(canvas, blocks);
    spread(blocks, count, canvas->bottom);
    for (size_t i = 0; i < count; i++) {
        const double right = SVG_LEFT - 17;
        svg_text(canvas->file, right, blocks[i].line + 3.5, "small end",
                 "%s <tspan class=\"strong\">%zu</tspan>", name_of(blocks[i].result, name), blocks[i].count);
        svg_line(canvas->file, right + 4, blocks[i].line, SVG_LEFT - 2, blocks[i].middle, "grid");
    }
}

static void put_title(const struct svg_waterfall *waterfall, double y, FILE *file)
{
    svg_text(file, SVG_MARGIN, y, "strong", "Time spent on each peer");
    if (waterfall->together > 1)
        svg_text(file, SVG_WIDTH - SVG_MARGIN, y, "small end",
                 "a row is the mean of %zu peers that ended alike", waterfall->together);
}

void svg_waterfall_put(const struct svg_waterfall *waterfall, double top, FILE *file)
{
    struct canvas canvas = {
        .waterfall = waterfall,
        .right = SVG_WIDTH - (waterfall->named ? NAMED_RIGHT : 2 * SVG_MARGIN),
        .top = top + head_of(waterfall),
        .bottom = top + waterfall->height - FOOT,
        .file = file,
    };
    if (waterfall->rows == 0)
        return;
    put_title(waterfall, top + 14, file);
    put_axis(&canvas);
    fputs("<g id=\"waterfall\" shape-rendering=\"crispEdges\">\n", file);
    put_rows(&canvas);
    fputs("</g>\n", file);
    if (!waterfall->named && !is_in_order(waterfall))
        put_blocks(&canvas);
}
