#ifndef RDY_APPS_COMMON_DESCRIPTORS_H
#define RDY_APPS_COMMON_DESCRIPTORS_H

#include <stddef.h>

/*
 * How many descriptors a program may still open: RLIMIT_NOFILE, raised to its hard limit first where that is
 * allowed, less the ones that are open and less `reserve` for the program itself. At least 1.
 */
size_t descriptors_available(size_t reserve);

/*
 * dup2(2), made again if a signal, or an open(2) of the same number, comes in between. 0 or a negative errno.
 */
int descriptors_put_at(int fd, int number);

/* Puts the limit back to what it was before that: for a program that this one becomes. */
void descriptors_restore_limit(void);

#endif
