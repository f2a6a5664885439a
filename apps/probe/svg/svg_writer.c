#include "apps/probe/svg/svg_writer.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "apps/common/utf8.h"
#include "reactor/clock.h"

static size_t character_length(const char *text)
{
    const size_t length = utf8_length(text);
    return length == 0 ? 1 : length;
}

static size_t count_characters(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text += character_length(text))
        count++;
    return count;
}

/* Whether it may stand in XML 1.0, section 2.2, without the control characters that may. */
static int is_allowed(const char *text, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)text;
    if (length == 1)
        return bytes[0] >= 0x20 && bytes[0] != 0x7F;
    if (length == 2)
        return bytes[0] != 0xC2 || bytes[1] >= 0xA0;
    return length == 4 ||
           (length == 3 && memcmp(text, "\xEF\xBF\xBE", 3) != 0 && memcmp(text, "\xEF\xBF\xBF", 3) != 0);
}

static void put_character(FILE *file, const char *text)
{
    const size_t length = utf8_length(text);
    if (!is_allowed(text, length))
        fputs("\xEF\xBF\xBD", file);
    else if (strchr("&<>\"'", *text) != NULL)
        fprintf(file, "&#%d;", *text);
    else
        fwrite(text, 1, length, file);
}

void svg_put_text(FILE *file, const char *text, size_t most)
{
    const size_t count = count_characters(text);
    const size_t shown = count <= most ? count : most - 1;
    const size_t head = count <= most ? count : shown / 2;
    const size_t tail = count - (shown - head);
    for (size_t i = 0; i < count; i++) {
        if (i < head || i >= tail)
            put_character(file, text);
        else if (i == head)
            fputs("…", file);
        text += character_length(text);
    }
}

/* Tenths are finer than what is seen. */
static double tenths(double length)
{
    return (double)(int64_t)(length * 10 + 0.5) / 10;
}

void svg_text(FILE *file, double x, double y, const char *class, const char *format, ...)
{
    va_list arguments;
    fprintf(file, "<text class=\"%s\" x=\"%g\" y=\"%g\">", class, tenths(x), tenths(y));
    va_start(arguments, format);
    vfprintf(file, format, arguments);
    va_end(arguments);
    fputs("</text>\n", file);
}

void svg_rect(FILE *file, double x, double y, double width, double height, const char *class)
{
    /* The end is rounded, not the width: what touches goes on touching. */
    const double left = tenths(x);
    fprintf(file, "<rect class=\"%s\" x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\"/>\n", class, left,
            tenths(y), tenths(tenths(x + width) - left), tenths(height));
}

void svg_line(FILE *file, double x1, double y1, double x2, double y2, const char *class)
{
    fprintf(file, "<path class=\"%s\" d=\"M%g %gL%g %g\"/>\n", class, tenths(x1), tenths(y1), tenths(x2),
            tenths(y2));
}

struct unit {
    const char *name;
    double ns;
};

/* The largest unit of which it has one, or nearly: what is rounded up to a thousand takes the next. */
static const struct unit *unit_of(int64_t ns)
{
    static const struct unit units[] = {
        {"µs", (double)RDY_MICROSECOND}, {"ms", (double)RDY_MILLISECOND}, {"s", (double)RDY_SECOND}};
    size_t i = 0;
    while (i < 2 && (double)ns / units[i].ns >= 999.5)
        i++;
    return &units[i];
}

const char *svg_time(int64_t ns, char text[SVG_TIME_SIZE])
{
    if (ns == 0)
        return "0 s";
    const struct unit *unit = unit_of(ns);
    const double time = (double)ns / unit->ns;
    const int decimals = time < 9.995 ? 2 : time < 99.95 ? 1 : 0;
    (void)snprintf(text, SVG_TIME_SIZE, "%.*f %s", decimals, time, unit->name);
    return text;
}

const char *svg_tick(int64_t ns, int64_t like_ns, char text[SVG_TIME_SIZE])
{
    if (ns == 0)
        return "0";
    const struct unit *unit = unit_of(like_ns);
    (void)snprintf(text, SVG_TIME_SIZE, "%g %s", (double)ns / unit->ns, unit->name);
    return text;
}

int64_t svg_step(int64_t range, int64_t parts)
{
    int64_t step = 1;
    for (int turn = 0; range / step > parts; turn = (turn + 1) % 3)
        step = turn == 1 ? step / 2 * 5 : step * 2;
    return step;
}
