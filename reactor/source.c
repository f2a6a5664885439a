#include "reactor/source.h"

#include <errno.h>

#include "reactor/core.h"
#include "reactor/os/sys.h"
#include "reactor/source_io.h"
#include "reactor/source_state.h"

rdy_source rdy_source_from_fd(int fd)
{
    return (rdy_source){.fd = fd, .state = fd < 0 ? 0 : RDY_SOURCE_PLAIN};
}

int rdy_source_fd(const rdy_source *source)
{
    return rdy_source_descriptor(source);
}

bool rdy_source_is_registered(const rdy_source *source)
{
    return source->registry != NULL && !atomic_load(&source->registry->closed);
}

rdy_token rdy_source_token(const rdy_source *source)
{
    return source->token;
}

void rdy_source_remember_registry(rdy_source *source, struct rdy_registry *registry)
{
    rdy_registry_retain(registry);
    source->registry = registry;
    if (registry->backend->rearm != NULL)
        source->state = (source->state & ~(uint32_t)RDY_SOURCE_PLAIN) | RDY_SOURCE_REPORTS;
}

/* Registrations end with their poll; the debug mode then counts on their sources to come back. */
static void tell_return(const rdy_source *source)
{
    struct rdy_registry *registry = source->registry;
    if (registry->backend->returned != NULL && atomic_load(&registry->closed))
        registry->backend->returned(registry->state, source->fd);
}

void rdy_source_forget_registry(rdy_source *source)
{
    if (source->state & RDY_SOURCE_REPORTS) {
        tell_return(source);
        source->state = (source->state & ~(uint32_t)RDY_SOURCE_REPORTS) | RDY_SOURCE_PLAIN;
    }
    rdy_registry_free(source->registry);
    source->registry = NULL;
}

static void set_asked(rdy_source *source, rdy_interest asked)
{
    source->state = (source->state & ~((uint32_t)RDY_SOURCE_ASKED_MASK << RDY_SOURCE_ASKED_SHIFT)) |
                    asked << RDY_SOURCE_ASKED_SHIFT;
}

rdy_interest rdy_source_asked(const rdy_source *source)
{
    return source->state >> RDY_SOURCE_ASKED_SHIFT & RDY_SOURCE_ASKED_MASK;
}

void rdy_source_ask(rdy_source *source, rdy_token token, rdy_interest interest)
{
    source->token = token;
    set_asked(source, interest | (rdy_source_asked(source) & RDY_SHUT));
}

void rdy_source_note_shutdown(rdy_source *source, int how)
{
    const rdy_interest asked = rdy_source_asked(source);
    const rdy_interest reading = how == SHUT_WR ? 0 : RDY_SHUT_READ | RDY_READABLE;
    const rdy_interest writing = how == SHUT_RD ? 0 : RDY_SHUT_WRITE | RDY_WRITABLE;
    set_asked(source, asked | ((reading | writing) & RDY_SHUT));
    if (source->registry != NULL && (asked & (reading | writing) & RDY_CONDITIONS) != 0)
        rdy_registry_show_shutdown(source->registry, source);
}

int rdy_source_deregister(rdy_source *source)
{
    return source->registry == NULL ? -ENOENT : rdy_registry_deregister(source->registry, source);
}

/* In a child the registration is the parent's, and stays, or the kernel would not end it. */
static int take_off(rdy_source *source)
{
    if (source->registry == NULL || rdy_registry_is_inherited(source->registry))
        return 0;
    const int error = rdy_source_deregister(source);
    return source->registry == NULL ? 0 : error;
}

static int give_away(rdy_source *source)
{
    const int fd = rdy_source_fd(source);
    if (source->registry != NULL)
        rdy_source_forget_registry(source);
    *source = (rdy_source){0};
    return fd < 0 ? -EBADF : fd;
}

int rdy_source_release(rdy_source *source)
{
    const int error = take_off(source);
    return error == 0 ? give_away(source) : error;
}

void rdy_source_close(rdy_source *source)
{
    if (source == NULL)
        return;
    (void)take_off(source); /* what cannot be deregistered ends with the descriptor */
    const int fd = give_away(source);
    if (fd >= 0)
        rdy_sys_close(fd);
}

static int report_would_block(rdy_source *source, rdy_interest direction)
{
    struct rdy_registry *registry = source->registry;
    int error = -ENOENT;
    pthread_mutex_lock(&registry->lock);
    if (!atomic_load(&registry->closed))
        error = registry->backend->rearm(registry->state, source->fd, direction);
    if (error > 0)
        rdy_registry_rouse(registry);
    pthread_mutex_unlock(&registry->lock);
    return error < 0 ? error : 0;
}

int rdy_source_blocked(rdy_source *source, rdy_interest direction)
{
    if (direction == 0 || (direction & ~RDY_CONDITIONS) != 0)
        return -EINVAL;
    if (!rdy_source_is_registered(source))
        return -ENOENT;
    if (rdy_registry_is_inherited(source->registry))
        return rdy_registry_refuse(source->registry, RDY_CALL_BLOCKED, source->fd, -ECHILD);
    return source->state & RDY_SOURCE_REPORTS ? report_would_block(source, direction) : 0;
}

void rdy_source_keep_error(rdy_source *source, int error)
{
    source->state = (source->state & ((1U << RDY_SOURCE_ERROR_SHIFT) - 1)) | (uint32_t)-error
                                                                                 << RDY_SOURCE_ERROR_SHIFT;
}

int rdy_source_kept_error(const rdy_source *source)
{
    return -(int)(source->state >> RDY_SOURCE_ERROR_SHIFT);
}

void rdy_source_mark_connected(rdy_source *source)
{
    source->state |= RDY_SOURCE_CONNECTED;
}

int rdy_source_was_connected(const rdy_source *source)
{
    return (source->state & RDY_SOURCE_CONNECTED) != 0;
}
