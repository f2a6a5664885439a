#ifndef RDY_APPS_COMMON_LOOKUP_H
#define RDY_APPS_COMMON_LOOKUP_H

#include <sys/socket.h>

#include "apps/common/resolver.h"

/* Private to the resolvers: what is under way for one name, and lists of it. */

/* A question, and in the same memory its answer. The first member of what a resolver keeps of it. */
typedef struct lookup {
    struct lookup *next;
    resolved answer;
    int family;
    uint16_t port;
} lookup;

typedef struct lookup_queue {
    lookup *first;
    lookup *last;
} lookup_queue;

void lookup_queue_push(lookup_queue *queue, lookup *entry);

/* The first one, the caller's to free(3), or NULL. */
lookup *lookup_queue_pop(lookup_queue *queue);

/* Frees all of them and their answers. */
void lookup_queue_drop(lookup_queue *queue);

/* Puts an address behind those of the answer, unless it is none of the family. 0 or -ENOMEM. */
int lookup_add_address(lookup *entry, const struct sockaddr *address, socklen_t length);

/* Its addresses are all there: those it has with no error, else -ENXIO, or `error` and no addresses. */
void lookup_finish(lookup *entry, int error);

#endif
