#ifndef RDY_APPS_COMMON_STANDARD_DESCRIPTORS_H
#define RDY_APPS_COMMON_STANDARD_DESCRIPTORS_H

/*
 * Puts /dev/null where the standard input, output or error is closed, so that no socket gets their numbers
 * and the output into it. It is opened the wrong way round: to use it is the error that it was before. Call
 * it first.
 */
void fill_standard_descriptors(void);

#endif
