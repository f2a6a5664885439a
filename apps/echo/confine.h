#ifndef RDY_APPS_ECHO_CONFINE_H
#define RDY_APPS_ECHO_CONFINE_H

#include "apps/echo/worker.h"

/*
 * Gives up what the server needs no more, as the configuration says: root, and then most system calls. When all is
 * open, before the first byte of a client and the first thread. `first` has the Unix listeners. The exit code; a
 * failure has been reported.
 */
int echo_confine(const echo_config *config, const echo_worker *first);

#endif
