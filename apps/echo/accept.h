#ifndef RDY_APPS_ECHO_ACCEPT_H
#define RDY_APPS_ECHO_ACCEPT_H

/*
 * When a worker accepts. No event tells that there is room again for a client in the queue, so a listener
 * that had to stop is asked again when a client leaves, here or at another worker, and by timer when the
 * system had no descriptor or memory.
 */

#include <stdbool.h>

#include "apps/echo/worker.h"

/* Whether a listener can go on at once: the next wait must not sleep. */
bool echo_accept_is_ready(const echo_worker *worker);

/* Accepts at the listeners that are ready, a fair number of clients. */
void echo_accept_some(echo_worker *worker);

/* Asks the listeners again that had to stop. */
void echo_accept_resume(echo_worker *worker);

/* Accepts the clients that are in the queues, as far as there is room, and closes the listeners. */
void echo_accept_last(echo_worker *worker);

#endif
