#include "reactor/slab.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/*
 * A token is generation << PLACE_BITS | place; generations begin at 1, so every token is above 65 535. A place's slot
 * holds the token of the object that lives there. While none does, it holds the generation of the last one and, as a
 * place, the next free one: never its own, so that no token is found there. Slots are never given back, as they
 * remember the generations.
 */
#define PLACE_BITS       RDY_SLAB_PLACE_BITS
#define PLACE_MASK       RDY_SLAB_PLACE_MASK
#define OBJECTS_PER_PAGE RDY_SLAB_PAGE_OBJECTS
#define GENERATION_MASK  ((uint32_t)(UINTPTR_MAX >> PLACE_BITS))
#define SLOTS_AT_MOST    (PLACE_MASK - (OBJECTS_PER_PAGE - 1)) /* whole pages whose number is a place too */

static uint32_t place_of(rdy_token token)
{
    return (uint32_t)(token & PLACE_MASK);
}

static uint32_t generation_of(rdy_token token)
{
    return (uint32_t)(token >> PLACE_BITS);
}

static rdy_token token_of(uint32_t generation, uint32_t place)
{
    return (rdy_token)generation << PLACE_BITS | place;
}

static bool is_taken(const rdy_slab *slab, uint32_t place)
{
    return place_of(slab->slots[place]) == place;
}

static struct rdy_slab_page *page_of(const rdy_slab *slab, uint32_t place)
{
    return &slab->pages[place / OBJECTS_PER_PAGE];
}

static void *object_at(const rdy_slab *slab, uint32_t place)
{
    return page_of(slab, place)->objects + place % OBJECTS_PER_PAGE * slab->object_size;
}

static uint32_t next_generation(uint32_t generation)
{
    return generation == GENERATION_MASK ? 1 : generation + 1;
}

/* A quarter more: slots that wait for objects cost less than the pages that grow with them. */
static uint32_t larger_slot_count(uint32_t count)
{
    const uint32_t more = (count / 4 / OBJECTS_PER_PAGE + 1) * OBJECTS_PER_PAGE;
    return more > SLOTS_AT_MOST - count ? SLOTS_AT_MOST : count + more;
}

/* The slot count ends the list of free slots, so that a larger array goes on there by itself. */
static void append_slots(rdy_slab *slab, uint32_t count)
{
    for (uint32_t place = slab->slot_count; place < count; place++)
        slab->slots[place] = token_of(0, place + 1);
    for (uint32_t page = slab->slot_count / OBJECTS_PER_PAGE; page < count / OBJECTS_PER_PAGE; page++)
        slab->pages[page] = (struct rdy_slab_page){0};
    slab->slot_count = count;
}

static bool grow(rdy_slab *slab)
{
    uint32_t count = larger_slot_count(slab->slot_count);
    if (count == slab->slot_count)
        return false;
    rdy_token *slots = realloc(slab->slots, count * sizeof *slots);
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

/* It begins with a line of the cache, so that an object of that size is in one and not in two. */
static unsigned char *new_page(const rdy_slab *slab)
{
    const size_t line = 64;
    const bool is_too_large = slab->object_size > SIZE_MAX / OBJECTS_PER_PAGE;
    return is_too_large ? NULL : aligned_alloc(line, slab->object_size * OBJECTS_PER_PAGE);
}

static bool ensure_page(rdy_slab *slab, uint32_t place)
{
    struct rdy_slab_page *page = page_of(slab, place);

    if (page->objects == NULL) {
        page->objects = slab->spare_page != NULL ? slab->spare_page : new_page(slab);
        slab->spare_page = NULL;
    }
    return page->objects != NULL;
}

static void drop_object(rdy_slab *slab, uint32_t place)
{
    struct rdy_slab_page *page = page_of(slab, place);

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
    uint32_t place = slab->first_free;
    if (!ensure_page(slab, place))
        return NULL;

    const rdy_token free_slot = slab->slots[place];
    slab->first_free = place_of(free_slot);
    slab->slots[place] = token_of(next_generation(generation_of(free_slot)), place);
    page_of(slab, place)->count++;
    slab->count++;
    *token = slab->slots[place];
    return memset(object_at(slab, place), 0, slab->object_size); /* memory is touched where objects live */
}

int rdy_slab_remove(rdy_slab *slab, rdy_token token)
{
    uint32_t place = place_of(token);

    if (rdy_slab_get(slab, token) == NULL)
        return -ENOENT;
    drop_object(slab, place);
    slab->slots[place] = token_of(generation_of(token), slab->first_free);
    slab->first_free = place;
    slab->count--;
    return 0;
}

void *rdy_slab_walk(const rdy_slab *slab, size_t *cursor, rdy_token *token)
{
    while (*cursor < slab->slot_count) {
        uint32_t place = (uint32_t)(*cursor)++;
        if (is_taken(slab, place)) {
            *token = slab->slots[place];
            return object_at(slab, place);
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
