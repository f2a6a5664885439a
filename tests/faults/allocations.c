#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>

#include "tests/faults/engine.h"

static atomic_long live_blocks, live_bytes, live_mappings;

long fault_live_blocks(void)
{
    return atomic_load(&live_blocks);
}

long fault_live_bytes(void)
{
    return atomic_load(&live_bytes);
}

long fault_live_mappings(void)
{
    return atomic_load(&live_mappings);
}

static void *count_in(void *bytes)
{
    if (bytes != NULL) {
        atomic_fetch_add(&live_blocks, 1);
        atomic_fetch_add(&live_bytes, (long)malloc_usable_size(bytes));
    }
    return bytes;
}

static void count_out(void *bytes)
{
    if (bytes != NULL) {
        atomic_fetch_sub(&live_blocks, 1);
        atomic_fetch_sub(&live_bytes, (long)malloc_usable_size(bytes));
    }
}

static bool fails(enum fault_call call)
{
    const int error = fault_judge(call).error;
    if (error != 0)
        errno = error;
    return error != 0;
}

void *fault_malloc(size_t size)
{
    return fails(FAULT_malloc) ? NULL : count_in(malloc(size));
}

void *fault_calloc(size_t count, size_t size)
{
    return fails(FAULT_calloc) ? NULL : count_in(calloc(count, size));
}

void *fault_aligned_alloc(size_t alignment, size_t size)
{
    return fails(FAULT_aligned_alloc) ? NULL : count_in(aligned_alloc(alignment, size));
}

/* What cannot be moved stays. */
void *fault_realloc(void *bytes, size_t size)
{
    if (fails(FAULT_realloc))
        return NULL;
    const long had = bytes == NULL ? 0 : (long)malloc_usable_size(bytes);
    void *const moved = realloc(bytes, size);
    if (moved == NULL)
        return NULL;
    atomic_fetch_sub(&live_bytes, had);
    atomic_fetch_sub(&live_blocks, bytes != NULL);
    return count_in(moved);
}

char *fault_strdup(const char *text)
{
    return fails(FAULT_strdup) ? NULL : count_in(strdup(text));
}

char *fault_strndup(const char *text, size_t size)
{
    return fails(FAULT_strndup) ? NULL : count_in(strndup(text, size));
}

void fault_free(void *bytes)
{
    count_out(bytes);
    free(bytes);
}

void *fault_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    void *const bytes = fails(FAULT_mmap) ? MAP_FAILED : mmap(at, size, protection, flags, fd, offset);
    atomic_fetch_add(&live_mappings, bytes != MAP_FAILED);
    return bytes;
}

/* Who could not give it back has done what there is to do. */
int fault_munmap(void *bytes, size_t size)
{
    atomic_fetch_sub(&live_mappings, 1);
    return fails(FAULT_munmap) ? -1 : munmap(bytes, size);
}
