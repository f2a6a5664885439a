#include "reactor/os/descriptor_array.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

void *rdy_descriptor_array_reach(void *entries, int fd, size_t entry_size, int *size)
{
    if (fd < *size)
        return entries;
    if (fd > INT_MAX / 2)
        return NULL;
    int larger = *size == 0 ? 64 : *size;
    while (larger <= fd)
        larger *= 2;
    unsigned char *moved = realloc(entries, (size_t)larger * entry_size);
    if (moved == NULL)
        return NULL;
    memset(moved + (size_t)*size * entry_size, 0, (size_t)(larger - *size) * entry_size);
    *size = larger;
    return moved;
}
