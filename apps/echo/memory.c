#include "apps/echo/memory.h"

#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#define WORTH_GIVING_BACK ((size_t)256 * 1024)

/* Other allocators see to it themselves. */
static void give_back(void)
{
#ifdef __GLIBC__
    (void)malloc_trim(0);
#endif
}

void echo_memory_give(echo_memory *memory, size_t bytes)
{
    memory->held -= bytes;
    if (memory->most < WORTH_GIVING_BACK || memory->held > memory->most / 4)
        return;
    memory->most = memory->held;
    give_back();
}
