#include "reactor/poll.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "reactor/clock.h"
#include "reactor/core.h"
#include "reactor/hints.h"
#include "reactor/os/debug.h"
#include "reactor/os/sys.h"
#include "reactor/spin.h"

struct rdy_poll {
    struct rdy_registry *registry;
    struct rdy_spin spin;
    bool wakes_first; /* whose turn it is when wakes and other events compete for room */
    bool woken;       /* the last look found wakes */
    int glances;      /* see glance */
    int glances_in_a_row;
};

/* ---- choosing and opening ---- */

static int open_backend(const struct rdy_backend *backend, struct rdy_registry **out)
{
    struct rdy_registry *registry = rdy_registry_new(rdy_debug_around(backend));
    if (registry == NULL)
        return -ENOMEM;
    int error = registry->backend->open(registry->state, &registry->lock);
    if (error != 0)
        rdy_registry_free(registry);
    else
        *out = registry;
    return error;
}

static int open_named(const char *name, struct rdy_registry **out)
{
    for (const struct rdy_backend *const *backend = rdy_backend_list; *backend != NULL; backend++)
        if (strcmp((*backend)->name, name) == 0)
            return open_backend(*backend, out);
    return -ENOTSUP;
}

/* What a kernel or a sandbox that does not have the mechanism says; a lack of descriptors is no reason to do worse. */
static bool is_missing(int error)
{
    return error == -ENOSYS || error == -ENOTSUP || error == -EPERM || error == -EINVAL;
}

static int open_best(struct rdy_registry **out)
{
    int error = -ENOTSUP;
    for (const struct rdy_backend *const *backend = rdy_backend_list; *backend != NULL && is_missing(error);
         backend++)
        error = open_backend(*backend, out);
    return error;
}

int rdy_poll_open(const rdy_poll_options *options, rdy_poll **out)
{
    static const rdy_poll_options defaults;
    if (options == NULL)
        options = &defaults;
    if (options->spin_ns < 0)
        return -EINVAL;
    const char *name = options->backend != NULL ? options->backend : rdy_sys_environment("RDY_BACKEND");
    rdy_poll *poll = calloc(1, sizeof *poll);
    if (poll == NULL)
        return -ENOMEM;
    int error = name != NULL ? open_named(name, &poll->registry) : open_best(&poll->registry);
    if (error != 0) {
        free(poll);
        return error;
    }
    poll->spin.limit_ns = options->spin_ns < RDY_SECOND ? options->spin_ns : RDY_SECOND;
    *out = poll;
    return 0;
}

void rdy_poll_close(rdy_poll *poll)
{
    if (poll == NULL)
        return;
    struct rdy_registry *registry = poll->registry;
    const bool inherited = rdy_registry_is_inherited(registry);
    if (!inherited) /* in a child the lock may be held for ever by a thread of the parent */
        pthread_mutex_lock(&registry->lock);
    atomic_store(&registry->closed, true);
    registry->backend->close(registry->state, inherited);
    if (!inherited)
        pthread_mutex_unlock(&registry->lock);
    rdy_registry_free(registry);
    free(poll);
}

rdy_registry *rdy_poll_registry(rdy_poll *poll)
{
    return poll->registry;
}

/* A wake that is pending already, or left for want of room, has to show on the descriptor too. */
RDY_OUT_OF_LINE static void show_wakes(struct rdy_registry *registry)
{
    pthread_mutex_lock(&registry->lock);
    if (rdy_registry_has_wakes(registry))
        registry->backend->wake(registry->state);
    pthread_mutex_unlock(&registry->lock);
}

int rdy_poll_fd(rdy_poll *poll)
{
    struct rdy_registry *registry = poll->registry;
    if (rdy_registry_is_inherited(registry))
        return -ECHILD;
    if (registry->backend->descriptor == NULL)
        return -ENOTSUP;
    const int fd = registry->backend->descriptor(registry->state);
    if (fd >= 0) {
        atomic_store(&registry->watched, true);
        show_wakes(registry);
    }
    return fd;
}

const char *rdy_poll_backend(const rdy_poll *poll)
{
    return poll->registry->backend->name;
}

static const char *backend_names[8];

static void collect_names(void)
{
    for (size_t i = 0; rdy_backend_list[i] != NULL; i++)
        backend_names[i] = rdy_backend_list[i]->name;
}

const char *const *rdy_backends(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, collect_names);
    return backend_names;
}

/* ---- waiting ---- */

/*
 * Wakes are pending: it only looks. Which of the two kinds of events comes first, where there is no room for both, is
 * turned about each time.
 */
RDY_OUT_OF_LINE static int look_beside_wakes(rdy_poll *poll, rdy_events *events)
{
    struct rdy_registry *registry = poll->registry;
    const int capacity = (int)events->capacity;
    poll->wakes_first = !poll->wakes_first;
    poll->woken = true;
    const int count = poll->wakes_first ? rdy_wakers_take(registry, events->items, capacity) : 0;
    if (count == capacity)
        return count;
    const int fetched = registry->backend->wait(registry->state, events->items + count, capacity - count, 0);
    return fetched > 0 || count == 0 ? count + fetched : count;
}

/* Adds the wakes that there is room for. No failure hides one. */
RDY_OUT_OF_LINE static int add_wakes(rdy_poll *poll, rdy_events *events, int count)
{
    if (count < 0)
        count = 0;
    poll->woken = true;
    return count + rdy_wakers_take(poll->registry, events->items + count, (int)events->capacity - count);
}

/*
 * One look or one sleep. A thread that wakes this one first says so (`wakes_pending`) and then asks whether it
 * sleeps; this one first says that it will sleep and then asks for wakes: one of the two always sees the
 * other.
 */
static inline int wait_once(rdy_poll *poll, rdy_events *events, int64_t timeout_ns)
{
    struct rdy_registry *registry = poll->registry;
    int count;

    if (timeout_ns != 0)
        atomic_store(&registry->asleep, true);
    if (rdy_registry_has_wakes(registry))
        count = look_beside_wakes(poll, events);
    else
        count = registry->backend->wait(registry->state, events->items, (int)events->capacity, timeout_ns);
    rdy_registry_take_over(registry);
    atomic_store_explicit(&registry->asleep, false, memory_order_relaxed);
    return rdy_registry_has_wakes(registry) ? add_wakes(poll, events, count) : count;
}

/*
 * How often the wakes, which are in memory, are looked at between two looks of the kernel, and how many times in a row
 * that may be all that a wait looks at. A glance that finds nothing is followed by half of one: who wakes from the same
 * processor can do it only once this thread yields. The kernel's events wait for a glance, which takes a microsecond at
 * the most.
 */
enum { GLANCES = 1024, GLANCES_IN_A_ROW = 16 };

static bool glance(rdy_poll *poll)
{
    if (poll->glances_in_a_row == GLANCES_IN_A_ROW)
        return false;
    for (int i = 0; i < poll->glances; i++)
        if (rdy_registry_has_wakes(poll->registry)) {
            poll->glances = i > 0 ? GLANCES : poll->glances;
            poll->glances_in_a_row++;
            return true;
        }
    poll->glances /= 2;
    return false;
}

/* A wake that comes while this thread looks costs neither of the two a system call. */
static int glance_or_look(rdy_poll *poll, rdy_events *events)
{
    if (glance(poll))
        return rdy_wakers_take(poll->registry, events->items, (int)events->capacity);
    poll->glances_in_a_row = 0;
    poll->woken = false;
    const int count = wait_once(poll, events, 0);
    if (count > 0)
        poll->glances = poll->woken ? GLANCES : 0;
    return count;
}

/* Looks until something is there or the window or the time-out ends. Between two looks the processor is yielded. */
static int look(rdy_poll *poll, rdy_events *events, int64_t timeout_ns, int64_t *now_ns)
{
    const bool finite = timeout_ns >= 0 && timeout_ns < poll->spin.window_ns;
    const int64_t end = rdy_clock_after(*now_ns, finite ? timeout_ns : poll->spin.window_ns);
    for (;;) {
        sched_yield();
        *now_ns = rdy_clock_now();
        if (*now_ns >= end)
            return 0;
        const int count = glance_or_look(poll, events);
        if (count != 0)
            return count;
    }
}

/* The clock is first read when there is nothing to do. */
static int look_then_sleep(rdy_poll *poll, rdy_events *events, int64_t timeout_ns)
{
    const bool looks = poll->spin.window_ns > 0;
    int count = looks ? glance_or_look(poll, events) : 0;
    const int64_t begin = count == 0 ? rdy_clock_now() : 0;
    int64_t now = begin;
    if (count == 0 && looks)
        count = look(poll, events, timeout_ns, &now);
    if (count > 0)
        rdy_spin_found(&poll->spin);
    if (count != 0)
        return count;
    if (timeout_ns > 0)
        timeout_ns = timeout_ns > now - begin ? timeout_ns - (now - begin) : 0;
    count = wait_once(poll, events, timeout_ns);
    rdy_spin_slept(&poll->spin, now - begin, rdy_clock_now() - begin, count > 0);
    return count;
}

RDY_OUT_OF_LINE static int wait_with_deadline(rdy_poll *poll, rdy_events *events, int64_t timeout_ns)
{
    const int64_t deadline = timeout_ns > 0 ? rdy_clock_after(rdy_clock_now(), timeout_ns) : RDY_NEVER;
    int count;
    do { /* again when woken from inside, or clamped by the backend: what is left of the time-out */
        count = poll->spin.limit_ns > 0 ? look_then_sleep(poll, events, timeout_ns)
                                        : wait_once(poll, events, timeout_ns);
        if (count == 0 && timeout_ns > 0)
            timeout_ns = rdy_clock_until(rdy_clock_now(), deadline);
    } while (count == 0 && timeout_ns != 0);
    return count;
}

int rdy_poll_wait(rdy_poll *poll, rdy_events *events, int64_t timeout_ns)
{
    if (events->capacity == 0)
        return -EINVAL;
    events->count = 0;
    if (rdy_registry_is_inherited(poll->registry))
        return rdy_registry_refuse(poll->registry, RDY_CALL_WAIT, -1, -ECHILD);

    const bool is_plain = timeout_ns == 0 || (timeout_ns < 0 && poll->spin.limit_ns == 0);
    int count = is_plain ? wait_once(poll, events, timeout_ns) : 0;
    if (count == 0 && timeout_ns != 0)
        count = wait_with_deadline(poll, events, timeout_ns);
    if (count > 0)
        events->count = (size_t)count;
    if (atomic_load_explicit(&poll->registry->watched, memory_order_relaxed))
        show_wakes(poll->registry);
    return count;
}
