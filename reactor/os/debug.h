#ifndef RDY_REACTOR_OS_DEBUG_H
#define RDY_REACTOR_OS_DEBUG_H

#include "reactor/os/backend.h"

/*
 * The debug mode (RDY_DEBUG=1 in the environment): a backend of the same name and the same contract that works through
 * the given one and reports misuse on stderr. Without the debug mode it is the given one itself.
 */
const struct rdy_backend *rdy_debug_around(const struct rdy_backend *backend);

#endif
