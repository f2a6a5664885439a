#ifndef RDY_BENCH_SERVERS_PENDING_H
#define RDY_BENCH_SERVERS_PENDING_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/servers/listening.h"

/*
 * The bytes that the kernel would not take yet, for the servers whose library has no such thing. A client's is NULL
 * while there are none: it takes memory only then, and costs a busy server nothing.
 */
struct bench_pending;

size_t bench_pending_size(const struct bench_pending *pending);

/* Whether no more may be read from the client. */
static inline bool bench_pending_is_full(const struct bench_pending *pending)
{
    return pending != NULL && bench_pending_size(pending) >= BENCH_OUTPUT_LIMIT;
}

/* Adds bytes at the end. False when there is no memory. */
bool bench_pending_add(struct bench_pending **pending, const void *bytes, size_t size);

/* The first of its bytes. They stay where they are until some are added. */
const char *bench_pending_bytes(const struct bench_pending *pending);

/* Takes so many bytes away that were sent; NULL is left when that were all. */
void bench_pending_consume(struct bench_pending **pending, size_t size);

/* Sends until all is sent, which leaves NULL, or the kernel takes no more. False when the connection is broken. */
bool bench_pending_send(struct bench_pending **pending, int socket);

#endif
