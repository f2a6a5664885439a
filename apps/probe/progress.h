#ifndef RDY_APPS_PROBE_PROGRESS_H
#define RDY_APPS_PROBE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

/* One line on stderr that is drawn over itself; without colour, so there is nothing for NO_COLOR to forbid.
 */

/* Whether somebody would see it: stderr is a terminal that can move its cursor. */
bool progress_is_visible(void);

void progress_draw(size_t done, size_t total, size_t in_flight, size_t ok);

/* Leaves the line empty. */
void progress_clear(void);

#endif
