#ifndef RDY_REACTOR_CORE_H
#define RDY_REACTOR_CORE_H

/* Private: what registry.c, poll.c, waker.c and source.c share. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reactor/event.h"
#include "reactor/os/backend.h"
#include "reactor/os/process.h"
#include "reactor/registry.h"

/*
 * The object behind a poll, its registry and the clones of that. It lives as long as anybody holds a
 * reference: the poll, a clone, a waker, a registered source. The backend inside closes with the poll.
 */
struct rdy_registry {
    const struct rdy_backend *backend;
    void *state;                /* the backend's; closed once `closed` is set */
    unsigned long process_mark; /* of the process that opened the poll */
    atomic_size_t references;
    atomic_bool closed;        /* written under the lock */
    atomic_uint handovers;     /* see rdy_registry_hand_over */
    atomic_bool asleep;        /* the waiting thread sleeps, or is about to, and nobody has woken it yet */
    atomic_bool watched;       /* somebody may sleep on the poll's descriptor: each wake has to show there */
    atomic_bool wakes_pending; /* `first_wake` is not NULL; written under `wakes_lock` */
    struct rdy_waker *first_wake, *last_wake; /* a queue, the oldest first */
    pthread_mutex_t wakes_lock;               /* guards the queue, and is held for nothing else */
    pthread_mutex_t lock;                     /* held around all calls of the backend but wait */
};

/* One reference, of an open backend whose state the registry now owns. NULL when memory is short. */
struct rdy_registry *rdy_registry_new(const struct rdy_backend *backend);

void rdy_registry_retain(struct rdy_registry *registry);

/*
 * What a thread wrote before it registered a source is seen by the thread that gets an event of it. The kernel
 * orders them so; these two say it to the compiler.
 */
static inline void rdy_registry_hand_over(struct rdy_registry *registry)
{
    atomic_fetch_add_explicit(&registry->handovers, 1, memory_order_release);
}

static inline void rdy_registry_take_over(struct rdy_registry *registry)
{
    (void)atomic_load_explicit(&registry->handovers, memory_order_acquire);
}

/* Whether this process is a child of the one that opened the poll (fork(2)). */
static inline bool rdy_registry_is_inherited(const struct rdy_registry *registry)
{
    return registry->process_mark != rdy_process_mark();
}

/* Lets the debug mode know that a call on descriptor `fd` (-1 for none) is refused; returns the error. */
int rdy_registry_refuse(struct rdy_registry *registry, enum rdy_call call, int fd, int error);

/*
 * Tells the backend what the library has shut down of a source that is registered here. That arms it anew, so a
 * oneshot, which may have fired, has to wait until it is reregistered, and what is exclusive never shows it. A source
 * that the backend does not know any more is registered no more.
 */
void rdy_registry_show_shutdown(struct rdy_registry *registry, rdy_source *source);

/* Wakes the waiting thread if it sleeps, and who watches the poll. The lock is held and the registry is open. */
void rdy_registry_rouse(struct rdy_registry *registry);

/* Whether wakes are pending. */
static inline bool rdy_registry_has_wakes(struct rdy_registry *registry)
{
    return atomic_load(&registry->wakes_pending);
}

/* Takes pending wakes, the oldest first, as at most `capacity` events; returns their number. */
int rdy_wakers_take(struct rdy_registry *registry, rdy_event *events, int capacity);

#endif
