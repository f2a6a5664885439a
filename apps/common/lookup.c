#include "apps/common/lookup.h"

#include <errno.h>
#include <stdlib.h>

#include "apps/common/unmapped.h"

void lookup_queue_push(lookup_queue *queue, lookup *entry)
{
    entry->next = NULL;
    if (queue->first == NULL)
        queue->first = entry;
    else
        queue->last->next = entry;
    queue->last = entry;
}

lookup *lookup_queue_pop(lookup_queue *queue)
{
    lookup *entry = queue->first;
    if (entry != NULL)
        queue->first = entry->next;
    return entry;
}

void lookup_queue_drop(lookup_queue *queue)
{
    for (lookup *entry = lookup_queue_pop(queue); entry != NULL; entry = lookup_queue_pop(queue)) {
        free(entry->answer.addresses);
        free(entry);
    }
}

/* An IPv4-mapped address was asked for as one of IPv6 and is none. */
static int convert(const lookup *entry, const struct sockaddr *item, socklen_t length, rdy_address *out)
{
    rdy_address address;
    int error = rdy_address_from_sockaddr(item, length, &address);
    if (error == 0)
        error = rdy_address_set_port(&address, entry->port);
    if (error < 0)
        return error;
    *out = unmapped(&address);
    return entry->family == AF_UNSPEC || entry->family == rdy_address_family(out) ? 0 : -EAFNOSUPPORT;
}

int lookup_add_address(lookup *entry, const struct sockaddr *address, socklen_t length)
{
    resolved *answer = &entry->answer;
    rdy_address added;
    if (convert(entry, address, length, &added) < 0)
        return 0;
    rdy_address *grown = realloc(answer->addresses, (answer->count + 1) * sizeof *grown);
    if (grown == NULL)
        return -ENOMEM;
    answer->addresses = grown;
    grown[answer->count++] = added;
    return 0;
}

void lookup_finish(lookup *entry, int error)
{
    resolved *answer = &entry->answer;
    answer->error = error == 0 && answer->count == 0 ? -ENXIO : error;
    if (answer->error == 0)
        return;
    free(answer->addresses);
    answer->addresses = NULL;
    answer->count = 0;
}
