#ifndef RDY_REACTOR_SLAB_H
#define RDY_REACTOR_SLAB_H

#include <stddef.h>
#include <stdint.h>

#include "reactor/export.h"
#include "reactor/token.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * From token to object: objects of one size, each under a token that carries a generation, so that the token
 * of an object that is gone (an event still in the caller's buffer, say) looks up to NULL and never to the
 * object that took its place. An object never moves while it lives. No slab gives out a small constant (0 to
 * 65 535) as a token, so a program may use those for its listeners and wakers. One thread at a time.
 *
 * On 64-bit machines a token repeats after 2^32 - 1 objects in the same place, on 32-bit machines after 4 095.
 */
typedef struct rdy_slab {
    rdy_token *slots;            /* of each place: the token of its object, else the next free one */
    struct rdy_slab_page *pages; /* the objects, in pages that are freed when they are empty, all but one */
    unsigned char *spare_page; /* an empty one that is kept: one object coming and going allocates nothing */
    size_t object_size;
    uint32_t slot_count;
    uint32_t first_free;
    size_t count; /* objects that live */
} rdy_slab;

struct rdy_slab_page {
    unsigned char *objects; /* NULL when none lives */
    uint32_t count;
};

#define RDY_SLAB_PAGE_OBJECTS 64

/* A token is a generation above the number of a place. */
#define RDY_SLAB_PLACE_BITS (sizeof(rdy_token) > 4 ? 32 : 20)
#define RDY_SLAB_PLACE_MASK ((uint32_t)(((rdy_token)1 << RDY_SLAB_PLACE_BITS) - 1))

/* Makes an empty slab for objects of `object_size` bytes; allocates nothing yet. */
RDY_API void rdy_slab_init(rdy_slab *slab, size_t object_size);

/*
 * A new object, zeroed and aligned as by malloc(3), and its token; NULL when memory is short or the slab is
 * full (2^32 - 64 objects, on 32-bit machines 2^20 - 64), and then `token` is untouched.
 */
RDY_API void *rdy_slab_insert(rdy_slab *slab, rdy_token *token);

/*
 * The object of the token, or NULL if it was removed or the token is none of this slab's. Any value may be
 * asked. Inline, as every event asks.
 */
static inline void *rdy_slab_get(const rdy_slab *slab, rdy_token token)
{
    const uint32_t place = (uint32_t)token & RDY_SLAB_PLACE_MASK;
    if (place >= slab->slot_count || slab->slots[place] != token)
        return NULL;
    return slab->pages[place / RDY_SLAB_PAGE_OBJECTS].objects +
           place % RDY_SLAB_PAGE_OBJECTS * slab->object_size;
}

/* Removes the object; its memory and its token are dead. 0 on success, -ENOENT if the token is dead. */
RDY_API int rdy_slab_remove(rdy_slab *slab, rdy_token token);

/*
 * Walks the objects: the first one whose place is at `*cursor` or after, its token, and the cursor moved
 * behind it; NULL at the end. Begin with a cursor of 0. The object that was just handed out may be removed
 * during the walk.
 */
RDY_API void *rdy_slab_walk(const rdy_slab *slab, size_t *cursor, rdy_token *token);

/* Objects that live. */
static inline size_t rdy_slab_count(const rdy_slab *slab)
{
    return slab->count;
}

/*
 * Frees all objects and leaves an empty slab of the same object size, which remembers no generation: tokens
 * from before must not be asked for any more. NULL and zeroed slabs are fine.
 */
RDY_API void rdy_slab_free(rdy_slab *slab);

#ifdef __cplusplus
}
#endif

#endif
