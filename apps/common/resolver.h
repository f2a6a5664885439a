#ifndef RDY_APPS_COMMON_RESOLVER_H
#define RDY_APPS_COMMON_RESOLVER_H

#include <stddef.h>
#include <stdint.h>

#include "net/address.h"
#include "reactor/registry.h"

/*
 * Looks names up without blocking the loop: getaddrinfo(3) in a few threads, whose answers wake the poll. All
 * functions but the threads inside belong to the loop's thread.
 */
typedef struct resolver resolver;

typedef struct resolved {
    uintptr_t key; /* as given to resolver_ask */
    int error;     /* 0; -ENXIO for a name that is not known or has no address of the family; else what this
                  machine lacked to look it up, with -EAGAIN for a name server that does not answer */
    rdy_address *addresses; /* in the order of getaddrinfo(3), with the port; the caller's to free(3) */
    size_t count;           /* at least 1 unless there is an error */
} resolved;

/*
 * Opens a resolver that makes a readable event with `token` when answers are there. `family` is that of the
 * addresses that are asked for: AF_INET, AF_INET6, or AF_UNSPEC for both. 0 or a negative errno.
 */
int resolver_open(rdy_registry *registry, rdy_token token, int family, resolver **out);

/* So many lookups are under way at once; what is asked beyond waits for a thread. */
#define RESOLVER_THREADS 4

/* Asks for a name, answered later under `key`. 0 or -ENOMEM. `host` is copied. */
int resolver_ask(resolver *resolver, const char *host, uint16_t port, uintptr_t key);

/* Takes one answer. 1 when `answer` was filled in, 0 when none is there: call it until then at each event. */
int resolver_next(resolver *resolver, resolved *answer);

/*
 * Closes; questions not yet begun are dropped. A thread that is inside getaddrinfo, which cannot be
 * interrupted, is left to end by itself and frees its share then: closing never blocks. NULL is fine.
 */
void resolver_close(resolver *resolver);

#endif
