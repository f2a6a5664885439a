#include "apps/common/text_pool.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 4000 };

typedef struct text_block {
    struct text_block *older;
    size_t room;
    size_t used;
    char bytes[];
} text_block;

static text_block *add_block(text_pool *pool, size_t least)
{
    const size_t room = least > BLOCK_SIZE ? least : BLOCK_SIZE;
    text_block *block = malloc(sizeof *block + room);
    if (block == NULL)
        return NULL;
    *block = (text_block){.older = pool->newest, .room = room};
    pool->newest = block;
    return block;
}

const char *text_pool_add(text_pool *pool, const char *text)
{
    const size_t size = strlen(text) + 1;
    text_block *block = pool->newest;
    if (block == NULL || block->room - block->used < size)
        block = add_block(pool, size);
    if (block == NULL)
        return NULL;
    char *copy = memcpy(block->bytes + block->used, text, size);
    block->used += size;
    return copy;
}

void text_pool_free(text_pool *pool)
{
    while (pool->newest != NULL) {
        text_block *block = pool->newest;
        pool->newest = block->older;
        free(block);
    }
}
