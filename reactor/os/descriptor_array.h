#ifndef RDY_REACTOR_OS_DESCRIPTOR_ARRAY_H
#define RDY_REACTOR_OS_DESCRIPTOR_ARRAY_H

#include <stddef.h>

/*
 * Makes room for `fd` in an array that is indexed by descriptors; `entries` may be NULL while `size` is 0. What is added
 * is zeroed. The array, which may have moved, or NULL without memory, and then it is as it was.
 */
void *rdy_descriptor_array_reach(void *entries, int fd, size_t entry_size, int *size);

#endif
