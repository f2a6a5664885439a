#include "apps/common/address_set.h"

#include <errno.h>
#include <stdlib.h>

#include "apps/common/hash.h"

enum { CAPACITY_AT_FIRST = 64 };

/* The slot of an equal address, or the free one where it would be put. Text is the one spelling they share. */
static const rdy_address **find_slot(const address_set *set, const rdy_address *address)
{
    char text[RDY_ADDRESS_TEXT_MAX];
    rdy_address_print(address, text, sizeof text);
    size_t place = hash_text(0, text) & (set->capacity - 1);
    while (set->slots[place] != NULL && rdy_address_compare(set->slots[place], address) != 0)
        place = (place + 1) & (set->capacity - 1);
    return &set->slots[place];
}

static int grow(address_set *set)
{
    address_set larger = {.capacity = set->capacity == 0 ? CAPACITY_AT_FIRST : 2 * set->capacity};
    larger.slots = calloc(larger.capacity, sizeof(const rdy_address *));
    if (larger.slots == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < set->capacity; i++)
        if (set->slots[i] != NULL)
            *find_slot(&larger, set->slots[i]) = set->slots[i];
    larger.count = set->count;
    free(set->slots);
    *set = larger;
    return 0;
}

int address_set_add(address_set *set, const rdy_address *address)
{
    /* At most half full, so that the walk to a free slot stays short. */
    if (2 * set->count >= set->capacity && grow(set) < 0)
        return -ENOMEM;
    const rdy_address **slot = find_slot(set, address);
    if (*slot != NULL)
        return 0;
    *slot = address;
    set->count++;
    return 1;
}

void address_set_free(address_set *set)
{
    free(set->slots);
    *set = (address_set){0};
}
