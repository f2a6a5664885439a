#include "reactor/waker.h"

#include <errno.h>
#include <stdlib.h>

#include "reactor/core.h"

/*
 *     quiet ---- wake ----> pending, in the registry's queue ---- taken by a wait ----> quiet
 *                             | wake: nothing to do
 *
 * The exchange that makes it pending and the one that makes it quiet order what was written before the wake
 * against what is read after the event. A wake while one is pending has to write, too: by a mere load it could find
 * `pending` set while what this thread wrote before is still on its way to memory, the waiting thread could make it
 * quiet and look for that in vain, and nobody would ever tell it again.
 */
struct rdy_waker {
    struct rdy_registry *registry;
    rdy_token token;
    atomic_bool pending;
    bool queued; /* the rest is guarded by the lock of the wakes */
    struct rdy_waker *next, *previous;
};

static void enqueue(struct rdy_registry *registry, struct rdy_waker *waker)
{
    waker->queued = true;
    waker->next = NULL;
    waker->previous = registry->last_wake;
    if (waker->previous != NULL)
        waker->previous->next = waker;
    else
        registry->first_wake = waker;
    registry->last_wake = waker;
    atomic_store(&registry->wakes_pending, true);
}

static void dequeue(struct rdy_registry *registry, struct rdy_waker *waker)
{
    waker->queued = false;
    if (waker->previous != NULL)
        waker->previous->next = waker->next;
    else
        registry->first_wake = waker->next;
    if (waker->next != NULL)
        waker->next->previous = waker->previous;
    else
        registry->last_wake = waker->previous;
    if (registry->first_wake == NULL)
        atomic_store(&registry->wakes_pending, false);
}

/* The lock is not the one under which the poll is woken: the thread that wakes it may hold that one still. */
int rdy_wakers_take(struct rdy_registry *registry, rdy_event *events, int capacity)
{
    int count = 0;
    pthread_mutex_lock(&registry->wakes_lock);
    while (count < capacity && registry->first_wake != NULL) {
        struct rdy_waker *waker = registry->first_wake;
        dequeue(registry, waker);
        (void)atomic_exchange(&waker->pending, false);
        events[count++] = (rdy_event){.token = waker->token, .flags = RDY_EVENT_READABLE};
    }
    pthread_mutex_unlock(&registry->wakes_lock);
    return count;
}

int rdy_waker_open(rdy_registry *registry, rdy_token token, rdy_waker **out)
{
    if (rdy_registry_is_inherited(registry))
        return rdy_registry_refuse(registry, RDY_CALL_WAKER_OPEN, -1, -ECHILD);
    if (atomic_load(&registry->closed))
        return -EBADF;
    rdy_waker *waker = calloc(1, sizeof *waker);
    if (waker == NULL)
        return -ENOMEM;
    waker->registry = rdy_registry_clone(registry);
    waker->token = token;
    *out = waker;
    return 0;
}

static void show_wake(struct rdy_registry *registry)
{
    pthread_mutex_lock(&registry->lock);
    if (!atomic_load(&registry->closed))
        rdy_registry_rouse(registry);
    pthread_mutex_unlock(&registry->lock);
}

/*
 * The waiting thread says that it will sleep and then asks for wakes; this one queues its wake and then asks whether
 * that one sleeps: one of the two always sees the other (wait_once in poll.c).
 */
int rdy_waker_wake(rdy_waker *waker)
{
    struct rdy_registry *registry = waker->registry;
    if (rdy_registry_is_inherited(registry))
        return rdy_registry_refuse(registry, RDY_CALL_WAKER_WAKE, -1, -ECHILD);
    if (atomic_exchange(&waker->pending, true))
        return 0;
    pthread_mutex_lock(&registry->wakes_lock);
    enqueue(registry, waker);
    pthread_mutex_unlock(&registry->wakes_lock);
    if (atomic_load(&registry->asleep) || atomic_load(&registry->watched))
        show_wake(registry);
    return 0;
}

void rdy_waker_close(rdy_waker *waker)
{
    if (waker == NULL)
        return;
    struct rdy_registry *registry = waker->registry;
    if (!rdy_registry_is_inherited(registry)) {
        pthread_mutex_lock(&registry->wakes_lock);
        if (waker->queued)
            dequeue(registry, waker);
        pthread_mutex_unlock(&registry->wakes_lock);
    }
    rdy_registry_free(registry);
    free(waker);
}
