#include "apps/probe/line.h"

#include <errno.h>
#include <stdlib.h>

enum { TRIES_FOR_EACH_THROUGH = 2 };

int line_open(struct line *line, size_t count)
{
    size_t *places = calloc(count > 0 ? count : 1, sizeof *places);
    if (places == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        places[i] = i;
    *line = (struct line){.places = places, .capacity = count, .count = count, .fresh = count};
    return 0;
}

bool line_may_take(const struct line *line, size_t in_flight)
{
    return line->count > 0 && (line->fresh > 0 || line->tries > 0 || in_flight == 0);
}

size_t line_take(struct line *line)
{
    const size_t place = line->places[line->head];
    line->head = (line->head + 1) % line->capacity;
    line->count--;
    if (line->fresh > 0)
        line->fresh--;
    else if (line->tries > 0)
        line->tries--;
    return place;
}

void line_put_back(struct line *line, size_t place)
{
    line->places[(line->head + line->count) % line->capacity] = place;
    line->count++;
}

void line_allow_retry(struct line *line)
{
    line->tries += TRIES_FOR_EACH_THROUGH;
}

void line_close(struct line *line)
{
    free(line->places);
    *line = (struct line){0};
}
