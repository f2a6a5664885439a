#ifndef RDY_APPS_ECHO_MEMORY_H
#define RDY_APPS_ECHO_MEMORY_H

/*
 * What the clients of a worker take, so that the system gets it back when most of them have gone. glibc gives back
 * only what lies at the very end of its heap, and one client that stays keeps all that was freed below it.
 */

#include <stddef.h>

typedef struct echo_memory {
    size_t held; /* bytes */
    size_t most; /* since memory was last given back */
} echo_memory;

static inline void echo_memory_take(echo_memory *memory, size_t bytes)
{
    memory->held += bytes;
    memory->most = memory->held > memory->most ? memory->held : memory->most;
}

/* After they were freed. Seldom makes system calls: when three quarters of the most are free, and that is much. */
void echo_memory_give(echo_memory *memory, size_t bytes);

#endif
