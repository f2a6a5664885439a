#include "apps/probe/claims.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

int claims_open(struct claims *claims, const peer_list *peers)
{
    /* At most half full, so that the walk to a free slot stays short. */
    size_t capacity = 2;
    while (capacity < 2 * peers->count)
        capacity *= 2;
    size_t *slots = calloc(capacity, sizeof *slots);
    if (slots == NULL)
        return -ENOMEM;
    *claims = (struct claims){.peers = peers, .slots = slots, .mask = capacity - 1};
    return 0;
}

/* FNV-1a over the text, in which every address has one spelling. */
static size_t hash_of(const rdy_address *address)
{
    char text[RDY_ADDRESS_TEXT_MAX];
    rdy_address_print(address, text, sizeof text);
    uint32_t hash = UINT32_C(2166136261);
    for (const char *at = text; *at != '\0'; at++)
        hash = (hash ^ (unsigned char)*at) * UINT32_C(16777619);
    return hash;
}

bool claims_take(struct claims *claims, size_t place)
{
    const struct peer *peers = claims->peers->peers;
    size_t at = hash_of(&peers[place].address) & claims->mask;
    while (claims->slots[at] != 0 &&
           rdy_address_compare(&peers[claims->slots[at] - 1].address, &peers[place].address) != 0)
        at = (at + 1) & claims->mask;
    if (claims->slots[at] == 0)
        claims->slots[at] = place + 1;
    return claims->slots[at] == place + 1;
}

void claims_close(struct claims *claims)
{
    free(claims->slots);
    *claims = (struct claims){0};
}
