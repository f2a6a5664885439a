#ifndef RDY_APPS_PROBE_SVG_SVG_WRITER_H
#define RDY_APPS_PROBE_SVG_SVG_WRITER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The pieces from which the picture is made. Lengths are in units of its viewBox and not negative. */

#define SVG_WIDTH  960.0
#define SVG_MARGIN 16.0
#define SVG_LEFT   218.0 /* where bars begin, right of their names */

/*
 * Writes foreign text as character data: markup is escaped, and what XML 1.0 or UTF-8 does not allow, and
 * control characters, become U+FFFD. Of more than `most` characters the middle gives way to an ellipsis.
 */
void svg_put_text(FILE *file, const char *text, size_t most);

/* A line of text that needs no escaping. `class` names its style and where (x, y) is: "end" is its end. */
void svg_text(FILE *file, double x, double y, const char *class, const char *format, ...)
    __attribute__((format(printf, 5, 6), nonnull(5)));

void svg_rect(FILE *file, double x, double y, double width, double height, const char *class);
void svg_line(FILE *file, double x1, double y1, double x2, double y2, const char *class);

/* A time with three digits and its unit: "123 µs", "1.20 ms", "12.0 s", "0 s". */
#define SVG_TIME_SIZE 32
const char *svg_time(int64_t ns, char text[SVG_TIME_SIZE]);

/* A round time at an axis, in the unit that `like_ns` has: "0", "50 µs", "1.25 ms", "0.5 s". */
const char *svg_tick(int64_t ns, int64_t like_ns, char text[SVG_TIME_SIZE]);

/* The least of 1, 2, 5, 10, 20, 50 ... that parts `range` into at most `parts`. */
int64_t svg_step(int64_t range, int64_t parts);

#endif
