#ifndef TESTS_FUZZ_BACKENDS_SIDES_H
#define TESTS_FUZZ_BACKENDS_SIDES_H

/* The backends side by side: what each has, and what it has answered. */

#include "reactor/core.h"
#include "reactor/poll.h"
#include "reactor/waker.h"
#include "tests/fuzz/backends/model.h"

enum { SIDES = 4, WAKERS = 2, FIRST_WAKER_TOKEN = 1, FIRST_TOKEN = 100 };

struct side {
    const char *backend;
    rdy_poll *polls[POLLS];
    rdy_waker *wakers[WAKERS];
    rdy_source sources[ENDS];
    rdy_interest armed[ENDS];  /* conditions of an edge or a oneshot that are still to be told */
    uint32_t last_flags[ENDS]; /* of the event that the last wait gave, until the pair is touched */
    bool woken[WAKERS];        /* and not told */
};

extern struct side sides[SIDES], *sides_end;
extern rdy_token next_token;

/* Each side with its polls; they are closed when nothing is registered any more, and hold nothing then. */
void open_sides(void);
void close_sides(void);
void open_poll(struct side *side, int poll);

/* ---- results ---- */

struct result {
    ptrdiff_t values[SIDES];
};

/* What all of them answer; the run ends if they differ, or if it is not right. */
ptrdiff_t same(const char *call, int end, struct result result);
void expect(const char *call, int end, struct result result, ptrdiff_t right);

/* Ends the run, and says why, unless the condition holds. */
__attribute__((format(printf, 3, 4))) void must_be_right(bool condition, const struct side *side,
                                                         const char *format, ...);

/* Says it, if FUZZ_TRACE is in the environment. */
__attribute__((format(printf, 1, 2))) void trace(const char *format, ...);

#endif
