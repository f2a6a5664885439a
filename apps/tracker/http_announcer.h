#ifndef RDY_APPS_TRACKER_HTTP_ANNOUNCER_H
#define RDY_APPS_TRACKER_HTTP_ANNOUNCER_H

#include "apps/tracker/round.h"

/*
 * Announces by HTTP and HTTPS (BEP 3, 7, 23, 24), through libcurl. Proxies are those of its environment variables
 * (http_proxy and the like). Redirects are followed, a few and to HTTP and HTTPS only; an answer that is too long once
 * unpacked is none.
 */
struct http_announcer;

/* For one round. 0 or a negative errno. */
int http_announcer_open(struct round *round, struct http_announcer **out);

/* NULL, and the round will hear of it; or why the tracker cannot be asked, valid until the next call. */
const char *http_announcer_start(struct http_announcer *announcer, struct target *target);

/* Breaks off this one, of which the round does not hear any more. Whether it was under way. */
bool http_announcer_cancel(struct http_announcer *announcer, const struct target *target);

/* Breaks off what is under way, of which the round does not hear. NULL is fine. */
void http_announcer_close(struct http_announcer *announcer);

#endif
