#ifndef HIREDIS_ON_RDY_H
#define HIREDIS_ON_RDY_H

/* hiredis' asynchronous connections on a loop. */

#include <hiredis/async.h>

#include "loop.h"

/*
 * Attaches a connection that redisAsyncConnect has just begun; hiredis itself ends the attachment when it frees the
 * connection. Written for hiredis 0.14, which has no timers; later ones work without. The
 * program has to ignore SIGPIPE. 0, or a negative errno.
 */
int hiredis_on_rdy_attach(struct loop *loop, redisAsyncContext *redis);

#endif
