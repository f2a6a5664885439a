#ifndef RDY_APPS_COMMON_RESOLVER_H
#define RDY_APPS_COMMON_RESOLVER_H

#include <stddef.h>
#include <stdint.h>

#include "net/address.h"
#include "reactor/registry.h"

/*
 * Looks names up without blocking the loop, to whose thread all functions belong. There are two of them, and a program
 * is linked with one:
 *
 *      resolver_cares.c    c-ares: the hosts file and DNS, on sockets that are registered with the loop's poll
 *      resolver_threads.c  getaddrinfo(3), with all that nsswitch.conf(5) names, in a few threads that wake the poll
 *
 * The addresses of both families come at once, when the slower of the two questions is answered: there is no
 * Resolution Delay (RFC 8305, section 3). A name server that answers for A but is silent for AAAA so costs a name
 * all the time that the resolver waits for it, as getaddrinfo(3) does; AF_INET does without.
 */
typedef struct resolver resolver;

typedef struct resolved {
    uintptr_t key; /* as given to resolver_ask */
    int error;     /* 0; -ENXIO for a name that is not known or has no address of the family; else what this
                  machine lacked to look it up, with -EAGAIN for a name server that does not answer */
    rdy_address *addresses; /* in the order of RFC 6724, with the port; the caller's to free(3) */
    size_t count;           /* at least 1 unless there is an error */
} resolved;

/*
 * Opens a resolver whose events come with `token`, from one source or several, and tell that there may be answers.
 * `family` is that of the addresses that are asked for: AF_INET, AF_INET6, or AF_UNSPEC for both. 0 or a negative
 * errno. The program ignores SIGPIPE (signal(7)): c-ares writes to name servers over TCP.
 */
int resolver_open(rdy_registry *registry, rdy_token token, int family, resolver **out);

/* So many lookups may be under way at once; of what is asked beyond that some may wait for others. */
size_t resolver_at_once(void);

/* Asks for a name, answered later under `key`. 0 or -ENOMEM. `host` is copied. */
int resolver_ask(resolver *resolver, const char *host, uint16_t port, uintptr_t key);

/*
 * When resolver_next has to be called even without an event: a moment of rdy_clock_now, possibly past, or RDY_NEVER.
 * Other calls change it, so ask before each wait.
 */
int64_t resolver_deadline(resolver *resolver);

/*
 * Goes on with what is ready or due, and takes one answer. 1 when `answer` was filled in, 0 when none is there: call
 * it until then at each event and at the deadline.
 */
int resolver_next(resolver *resolver, resolved *answer);

/*
 * Closes, also after the poll; what was not answered is dropped. A thread that is inside getaddrinfo(3), which cannot
 * be interrupted, is left to end by itself and frees its share then: closing never blocks. NULL is fine.
 */
void resolver_close(resolver *resolver);

#endif
