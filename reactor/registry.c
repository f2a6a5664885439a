#include "reactor/registry.h"

#include <errno.h>
#include <stdlib.h>

#include "reactor/core.h"
#include "reactor/source_io.h"

/* Some systems allocate them (pthread_mutex_init(3p)). */
static bool init_locks(struct rdy_registry *registry)
{
    if (pthread_mutex_init(&registry->wakes_lock, NULL) != 0)
        return false;
    if (pthread_mutex_init(&registry->lock, NULL) == 0)
        return true;
    pthread_mutex_destroy(&registry->wakes_lock);
    return false;
}

struct rdy_registry *rdy_registry_new(const struct rdy_backend *backend)
{
    const size_t alignment = _Alignof(max_align_t);
    const size_t offset = (sizeof(struct rdy_registry) + alignment - 1) / alignment * alignment;
    struct rdy_registry *registry = calloc(1, offset + backend->state_size);
    if (registry == NULL)
        return NULL;
    if (!init_locks(registry)) {
        free(registry);
        return NULL;
    }
    registry->backend = backend;
    registry->state = (unsigned char *)registry + offset;
    registry->process_mark = rdy_process_mark();
    atomic_init(&registry->references, 1);
    return registry;
}

void rdy_registry_retain(struct rdy_registry *registry)
{
    atomic_fetch_add_explicit(&registry->references, 1, memory_order_relaxed);
}

rdy_registry *rdy_registry_clone(rdy_registry *registry)
{
    rdy_registry_retain(registry);
    return registry;
}

void rdy_registry_free(rdy_registry *registry)
{
    if (registry == NULL || atomic_fetch_sub_explicit(&registry->references, 1, memory_order_acq_rel) != 1)
        return;
    pthread_mutex_destroy(&registry->wakes_lock);
    pthread_mutex_destroy(&registry->lock);
    free(registry);
}

int rdy_registry_refuse(struct rdy_registry *registry, enum rdy_call call, int fd, int error)
{
    if (registry->backend->refused == NULL)
        return error;
    const bool inherited = rdy_registry_is_inherited(registry);
    if (!inherited) /* in a child the lock may be held for ever by a thread of the parent */
        pthread_mutex_lock(&registry->lock);
    if (!atomic_load(&registry->closed))
        registry->backend->refused(registry->state, call, fd, error);
    if (!inherited)
        pthread_mutex_unlock(&registry->lock);
    return error;
}

void rdy_registry_rouse(struct rdy_registry *registry)
{
    if (atomic_exchange(&registry->asleep, false) || atomic_load(&registry->watched))
        registry->backend->wake(registry->state);
}

static void show_change(struct rdy_registry *registry)
{
    if (registry->backend->sleeps_on_snapshot)
        rdy_registry_rouse(registry);
}

static bool is_valid(rdy_interest interest)
{
    if ((interest & RDY_EXCLUSIVE) && (interest & (RDY_ONESHOT | RDY_PRIORITY)) != 0)
        return false;
    return (interest & RDY_CONDITIONS) != 0 &&
           (interest & ~(RDY_CONDITIONS | RDY_TRIGGERS | RDY_EXCLUSIVE)) == 0 &&
           (interest & RDY_TRIGGERS) != RDY_TRIGGERS;
}

/* What every call has to know before it may touch the backend. */
static int check_usable(const struct rdy_registry *registry)
{
    return rdy_registry_is_inherited(registry) ? -ECHILD : 0;
}

/* -EEXIST for a source of another poll that is open; a source of a closed poll is free. */
static int check_owner(const struct rdy_registry *registry, rdy_source *source)
{
    if (!rdy_source_is_registered(source))
        rdy_source_forget_registry(source);
    return source->registry != NULL && source->registry != registry ? -EEXIST : 0;
}

static int check(const struct rdy_registry *registry, rdy_source *source)
{
    int error = check_usable(registry);
    if (error == 0)
        error = check_owner(registry, source);
    return error;
}

static int refuse(struct rdy_registry *registry, enum rdy_call call, const rdy_source *source, int error)
{
    return rdy_registry_refuse(registry, call, rdy_source_fd(source), error);
}

static int add(struct rdy_registry *registry, const rdy_source *source)
{
    int error = -EBADF;
    pthread_mutex_lock(&registry->lock);
    rdy_registry_hand_over(registry);
    if (!atomic_load(&registry->closed))
        error = registry->backend->add(registry->state, source->fd, source->token, rdy_source_asked(source));
    if (error == 0)
        show_change(registry);
    pthread_mutex_unlock(&registry->lock);
    return error;
}

static int change(struct rdy_registry *registry, const rdy_source *source)
{
    int error = -EBADF;
    pthread_mutex_lock(&registry->lock);
    rdy_registry_hand_over(registry);
    if (!atomic_load(&registry->closed))
        error =
            registry->backend->change(registry->state, source->fd, source->token, rdy_source_asked(source));
    if (error == 0)
        show_change(registry);
    pthread_mutex_unlock(&registry->lock);
    return error;
}

static int take_off(struct rdy_registry *registry, int fd)
{
    int error = -ENOENT;
    pthread_mutex_lock(&registry->lock);
    if (!atomic_load(&registry->closed)) {
        error = registry->backend->remove(registry->state, fd);
        show_change(registry);
    }
    pthread_mutex_unlock(&registry->lock);
    return error;
}

int rdy_registry_register(rdy_registry *registry, rdy_source *source, rdy_token token, rdy_interest interest)
{
    if (!is_valid(interest))
        return refuse(registry, RDY_CALL_REGISTER, source, -EINVAL);
    int error = check(registry, source);
    if (error != 0)
        return refuse(registry, RDY_CALL_REGISTER, source, error);
    if (source->registry != NULL)
        return refuse(registry, RDY_CALL_REGISTER, source, -EEXIST);
    if (rdy_source_fd(source) < 0)
        return refuse(registry, RDY_CALL_REGISTER, source, -EBADF);
    const rdy_source before = *source;
    rdy_source_remember_registry(source, registry); /* before: then the source is the waiting thread's */
    rdy_source_ask(source, token, interest);
    error = add(registry, source);
    if (error != 0) {
        rdy_source_forget_registry(source);
        *source = before;
    }
    return error;
}

int rdy_registry_reregister(rdy_registry *registry, rdy_source *source, rdy_token token,
                            rdy_interest interest)
{
    if (!is_valid(interest))
        return refuse(registry, RDY_CALL_REREGISTER, source, -EINVAL);
    int error = check(registry, source);
    if (error != 0)
        return refuse(registry, RDY_CALL_REREGISTER, source, error);
    if (source->registry == NULL)
        return refuse(registry, RDY_CALL_REREGISTER, source, -ENOENT);
    if ((interest | rdy_source_asked(source)) & RDY_EXCLUSIVE)
        return refuse(registry, RDY_CALL_REREGISTER, source, -EINVAL);
    const rdy_source before = *source;
    rdy_source_ask(source, token, interest);
    error = change(registry, source);
    if (error != 0)
        *source = before;
    if (error == -ENOENT) /* its descriptor is another file's by now, or the kernel let go of it (kqueue.c) */
        rdy_source_forget_registry(source);
    return error;
}

void rdy_registry_show_shutdown(struct rdy_registry *registry, rdy_source *source)
{
    const rdy_interest unchangeable = RDY_ONESHOT | RDY_EXCLUSIVE;
    if (!rdy_registry_is_inherited(registry) && !(rdy_source_asked(source) & unchangeable) &&
        change(registry, source) == -ENOENT)
        rdy_source_forget_registry(source);
}

int rdy_registry_deregister(rdy_registry *registry, rdy_source *source)
{
    const bool was_here = source->registry == registry;
    int error = check(registry, source);
    if (error != 0)
        return refuse(registry, RDY_CALL_DEREGISTER, source, error);
    if (was_here && source->registry == NULL)
        return -ENOENT; /* the poll is closed, and the registry went with the reference of its last source */
    if (source->registry == NULL)
        return refuse(registry, RDY_CALL_DEREGISTER, source, -ENOENT);
    error = take_off(registry, source->fd);
    if (error == 0 || rdy_backend_has_lost(error))
        rdy_source_forget_registry(source);
    return error;
}
