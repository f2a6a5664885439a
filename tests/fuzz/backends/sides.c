#include "tests/fuzz/backends/sides.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

struct side sides[SIDES], *sides_end;
rdy_token next_token;

void open_poll(struct side *side, int poll)
{
    const rdy_poll_options options = {.backend = side->backend};
    must_hold(rdy_poll_open(&options, &side->polls[poll]) == 0);
}

void open_sides(void)
{
    model_reset();
    next_token = FIRST_TOKEN;
    sides_end = sides;
    for (const char *const *name = rdy_backends(); *name != NULL; name++) {
        if (strcmp(*name, "kqueue") == 0)
            continue;
        *sides_end = (struct side){.backend = *name};
        for (int poll = 0; poll < POLLS; poll++)
            open_poll(sides_end, poll);
        sides_end++;
    }
}

void close_sides(void)
{
    for (struct side *side = sides; side < sides_end; side++) {
        for (int waker = 0; waker < WAKERS; waker++)
            rdy_waker_close(side->wakers[waker]);
        for (int poll = 0; poll < POLLS; poll++) {
            must_hold(atomic_load(&rdy_poll_registry(side->polls[poll])->references) == 1);
            rdy_poll_close(side->polls[poll]);
        }
    }
}

/* ---- saying ---- */

void trace(const char *format, ...)
{
    if (getenv("FUZZ_TRACE") == NULL)
        return;
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

void must_be_right(bool condition, const struct side *side, const char *format, ...)
{
    if (condition)
        return;
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", side->backend);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    abort();
}

ptrdiff_t same(const char *call, int end, struct result result)
{
    for (const struct side *side = sides; side < sides_end; side++)
        must_be_right(result.values[side - sides] == result.values[0], side,
                      "%s, end %d: answers %td, and %s %td", call, end, result.values[side - sides],
                      sides[0].backend, result.values[0]);
    trace("%s, end %d: %td", call, end, result.values[0]);
    return result.values[0];
}

void expect(const char *call, int end, struct result result, ptrdiff_t right)
{
    must_be_right(same(call, end, result) == right, sides,
                  "%s, end %d: answers %td, as all do, in place of %td", call, end, result.values[0], right);
}
