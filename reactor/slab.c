#include "reactor/slab.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/*
 * A token is generation << INDEX_BITS | index. A place's generation is odd while an object lives there and
 * even while none does, so each insert and each remove adds one. It begins at 0, so the very first token is
 * above 65 535 already. Slots are never given back, as they remember the generations.
 */
#if UINTPTR_MAX > 0xffffffff
#define INDEX_BITS    32
#define SLOTS_AT_MOST UINT32_C(0xffffffc0) /* whole pages whose number fits in 32 bits */
#else
#define INDEX_BITS    20
#define SLOTS_AT_MOST UINT32_C(0x100000)
#endif
#define GENERATION_MASK  ((uint32_t)(UINTPTR_MAX >> INDEX_BITS))
#define INDEX_MASK       ((uint32_t)(((rdy_token)1 << INDEX_BITS) - 1))
#define OBJECTS_PER_PAGE 64

struct rdy_slab_slot {
    uint32_t generation;
    uint32_t next_free; /* the slot count ends the list, so that a larger array goes on there by itself */
};

struct rdy_slab_page {
    unsigned char *objects; /* the dead ones are zeroed; NULL when none lives */
    uint32_t count;
};

static uint32_t index_of(rdy_token token)
{
    return (uint32_t)(token & INDEX_MASK);
}

static rdy_token token_of(const rdy_slab *slab, uint32_t index)
{
    return (rdy_token)slab->slots[index].generation << INDEX_BITS | index;
}

static struct rdy_slab_page *page_of(const rdy_slab *slab, uint32_t index)
{
    return &slab->pages[index / OBJECTS_PER_PAGE];
}

static void *object_at(const rdy_slab *slab, uint32_t index)
{
    return page_of(slab, index)->objects + index % OBJECTS_PER_PAGE * slab->object_size;
}

static void count_generation(struct rdy_slab_slot *slot)
{
    slot->generation = (slot->generation + 1) & GENERATION_MASK;
}

static uint32_t larger_slot_count(uint32_t count)
{
    if (count == 0)
        return OBJECTS_PER_PAGE;
    return count > SLOTS_AT_MOST / 2 ? SLOTS_AT_MOST : count * 2;
}

static void append_slots(rdy_slab *slab, uint32_t count)
{
    for (uint32_t index = slab->slot_count; index < count; index++)
        slab->slots[index] = (struct rdy_slab_slot){.next_free = index + 1};
    for (uint32_t page = slab->slot_count / OBJECTS_PER_PAGE; page < count / OBJECTS_PER_PAGE; page++)
        slab->pages[page] = (struct rdy_slab_page){0};
    slab->slot_count = count;
}

static bool grow(rdy_slab *slab)
{
    uint32_t count = larger_slot_count(slab->slot_count);
    if (count == slab->slot_count)
        return false;
    struct rdy_slab_slot *slots = realloc(slab->slots, count * sizeof *slots);
    if (slots == NULL)
        return false;
    slab->slots = slots;
    struct rdy_slab_page *pages = realloc(slab->pages, count / OBJECTS_PER_PAGE * sizeof *pages);
    if (pages == NULL)
        return false;
    slab->pages = pages;
    append_slots(slab, count);
    return true;
}

static bool ensure_page(rdy_slab *slab, uint32_t index)
{
    struct rdy_slab_page *page = page_of(slab, index);

    if (page->objects == NULL) {
        page->objects =
            slab->spare_page != NULL ? slab->spare_page : calloc(OBJECTS_PER_PAGE, slab->object_size);
        slab->spare_page = NULL;
    }
    return page->objects != NULL;
}

static void drop_object(rdy_slab *slab, uint32_t index)
{
    struct rdy_slab_page *page = page_of(slab, index);

    memset(object_at(slab, index), 0, slab->object_size);
    if (--page->count > 0)
        return;
    if (slab->spare_page == NULL)
        slab->spare_page = page->objects;
    else
        free(page->objects);
    page->objects = NULL;
}

void rdy_slab_init(rdy_slab *slab, size_t object_size)
{
    size_t alignment = _Alignof(max_align_t);
    size_t excess = object_size % alignment;
    size_t padding = excess == 0 ? 0 : alignment - excess;

    /* A size that has no room for padding stays as it is, too large to be allocated. */
    *slab = (rdy_slab){.object_size = object_size > SIZE_MAX - padding ? object_size : object_size + padding};
}

void *rdy_slab_insert(rdy_slab *slab, rdy_token *token)
{
    if (slab->first_free == slab->slot_count && !grow(slab))
        return NULL;
    uint32_t index = slab->first_free;
    if (!ensure_page(slab, index))
        return NULL;

    slab->first_free = slab->slots[index].next_free;
    count_generation(&slab->slots[index]);
    page_of(slab, index)->count++;
    slab->count++;
    *token = token_of(slab, index);
    return object_at(slab, index);
}

void *rdy_slab_get(const rdy_slab *slab, rdy_token token)
{
    uint32_t index = index_of(token);
    uint32_t generation = (uint32_t)(token >> INDEX_BITS);

    if (index >= slab->slot_count || ((slab->slots[index].generation == generation) & generation) == 0)
        return NULL;
    return object_at(slab, index);
}

int rdy_slab_remove(rdy_slab *slab, rdy_token token)
{
    uint32_t index = index_of(token);

    if (rdy_slab_get(slab, token) == NULL)
        return -ENOENT;
    drop_object(slab, index);
    count_generation(&slab->slots[index]);
    slab->slots[index].next_free = slab->first_free;
    slab->first_free = index;
    slab->count--;
    return 0;
}

void *rdy_slab_walk(const rdy_slab *slab, size_t *cursor, rdy_token *token)
{
    while (*cursor < slab->slot_count) {
        uint32_t index = (uint32_t)(*cursor)++;
        if (slab->slots[index].generation & 1) {
            *token = token_of(slab, index);
            return object_at(slab, index);
        }
    }
    return NULL;
}

void rdy_slab_free(rdy_slab *slab)
{
    if (slab == NULL)
        return;
    for (uint32_t page = 0; page < slab->slot_count / OBJECTS_PER_PAGE; page++)
        free(slab->pages[page].objects);
    free(slab->spare_page);
    free(slab->pages);
    free(slab->slots);
    rdy_slab_init(slab, slab->object_size);
}
