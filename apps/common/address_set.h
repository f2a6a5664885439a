#ifndef RDY_APPS_COMMON_ADDRESS_SET_H
#define RDY_APPS_COMMON_ADDRESS_SET_H

#include <stddef.h>

#include "net/address.h"

/*
 * Which addresses were seen, so that none is connected to twice: a hash table with open addressing. A zeroed
 * set is empty.
 */
typedef struct address_set {
    const rdy_address **slots; /* NULL is free */
    size_t capacity;           /* a power of two, or 0 */
    size_t count;
} address_set;

/*
 * Adds an address, which is borrowed until the set is freed. 1 if it is new, 0 if an equal one is there,
 * -ENOMEM.
 */
int address_set_add(address_set *set, const rdy_address *address);

/* Leaves an empty set. */
void address_set_free(address_set *set);

#endif
