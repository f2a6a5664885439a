#include "bench/servers/pending.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct bench_pending {
    size_t start, end, capacity;
    char bytes[];
};

size_t bench_pending_size(const struct bench_pending *pending)
{
    return pending == NULL ? 0 : pending->end - pending->start;
}

/* Twice what is needed: bytes are moved once for as many that are added. */
static struct bench_pending *grown(const struct bench_pending *old, size_t size)
{
    const size_t kept = bench_pending_size(old);
    const size_t capacity = 2 * (kept + size);
    struct bench_pending *pending = malloc(sizeof *pending + capacity);
    if (pending == NULL)
        return NULL;
    *pending = (struct bench_pending){.end = kept, .capacity = capacity};
    if (kept > 0)
        memcpy(pending->bytes, old->bytes + old->start, kept);
    return pending;
}

bool bench_pending_add(struct bench_pending **pending, const void *bytes, size_t size)
{
    struct bench_pending *all = *pending;
    if (all == NULL || all->capacity - all->end < size) {
        all = grown(*pending, size);
        if (all == NULL)
            return false;
        free(*pending);
        *pending = all;
    }
    memcpy(all->bytes + all->end, bytes, size);
    all->end += size;
    return true;
}

const char *bench_pending_bytes(const struct bench_pending *pending)
{
    return pending->bytes + pending->start;
}

void bench_pending_consume(struct bench_pending **pending, size_t size)
{
    (*pending)->start += size;
    if ((*pending)->start < (*pending)->end)
        return;
    free(*pending);
    *pending = NULL;
}

bool bench_pending_send(struct bench_pending **pending, int socket)
{
    while (*pending != NULL) {
        const size_t size = bench_pending_size(*pending);
        const ssize_t sent = send(socket, bench_pending_bytes(*pending), size, MSG_NOSIGNAL);
        if (sent < 0)
            return errno == EAGAIN;
        bench_pending_consume(pending, (size_t)sent);
    }
    return true;
}
