#include <stddef.h>

#include "apps/tracker/http_announcer.h"

/* In the place of http_announcer.c where there is no libcurl. */

int http_announcer_open(struct round *round, struct http_announcer **out)
{
    (void)round;
    *out = NULL;
    return 0;
}

const char *http_announcer_start(struct http_announcer *announcer, struct target *target)
{
    (void)announcer;
    (void)target;
    return "built without libcurl: no HTTP trackers";
}

bool http_announcer_cancel(struct http_announcer *announcer, const struct target *target)
{
    (void)announcer;
    (void)target;
    return false; /* none was started */
}

void http_announcer_close(struct http_announcer *announcer)
{
    (void)announcer; /* there is none */
}
