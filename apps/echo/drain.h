#ifndef RDY_APPS_ECHO_DRAIN_H
#define RDY_APPS_ECHO_DRAIN_H

/*
 * The end of a worker, in steps:
 *   at once                      accept who is in the queue, close the listeners
 *   when a client is silent      end our side, wait for its end or for silence, close
 *   half of the drain timeout    likewise with those that still send, once what has arrived is echoed;
 *                                those that read slowly go on until they are silent
 *   the drain timeout            close everything
 * An echo has no end of its own, so silence has to tell that nothing is on its way any more.
 *
 * The kernel resets who is left in a queue when its listener is closed: who found no place, and who came between the
 * last accept and the close. Later ones are refused.
 */

#include "apps/echo/worker.h"

void echo_drain_begin(echo_worker *worker);

/* The worker's `drain` timer came. */
void echo_drain_step(echo_worker *worker);

#endif
