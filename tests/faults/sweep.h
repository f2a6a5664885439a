#ifndef TESTS_FAULTS_SWEEP_H
#define TESTS_FAULTS_SWEEP_H

#include <stdbool.h>

#include "tests/faults/engine.h"

/* The fault of this process, or NULL. */
const struct fault *sweep_fault(void);

/* Whether the fault has come about and was not told by a failure yet: it is now, for a fault may spoil one call. */
bool sweep_excuse(void);

bool sweep_is_told(void);

/* One line on stderr: in which scenario, with which fault, what. */
__attribute__((format(printf, 1, 2))) void sweep_report(const char *format, ...);

/* Ends the process: the scenario cannot be run here, which is said in one line. It counts for nothing. */
_Noreturn void sweep_leave_out(const char *why);

#endif
