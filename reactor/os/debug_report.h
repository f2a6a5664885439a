#ifndef RDY_REACTOR_OS_DEBUG_REPORT_H
#define RDY_REACTOR_OS_DEBUG_REPORT_H

#include <stdatomic.h>

#include "reactor/os/backend.h"
#include "reactor/os/debug_table.h"

/*
 * What the debug mode says, and the one place of the library that prints. Each cause is reported once: the record or
 * `reported` remembers.
 */

/*
 * A registration whose descriptor was closed first: -EBADF, -ENOENT if its number is another file's by now, -EEXIST if
 * that was found because it is registered anew.
 */
void rdy_debug_report_lost(struct rdy_debug_record *record, int error);

/* An edge was told, and the program goes to sleep without having read to its end. */
void rdy_debug_report_edge(struct rdy_debug_record *record);

/* The poll was closed long ago, and the source still holds a reference to its registry. */
void rdy_debug_report_never_returned(struct rdy_debug_record *record);

/* A call that was refused for misuse, other errors are not reported; -EBUSY is a wait beside another. `fd` may be -1. */
void rdy_debug_report_refused(atomic_uint reported[RDY_CALLS], enum rdy_call call, int fd, int error);

#endif
