#ifndef RDY_APPS_COMMON_STANDARD_OUTPUT_H
#define RDY_APPS_COMMON_STANDARD_OUTPUT_H

#include <stdbool.h>

/*
 * Writes out what was printed to stdout: whether all of it, since the program began, was taken. If not, says
 * why in one line on stderr, unless its reader has gone away (`| head`), who knows that he did.
 */
bool flush_output(void);

#endif
