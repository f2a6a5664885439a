#include "loop.h"

#include <errno.h>

#include <reactor/clock.h>

enum { CAPACITY = 256 };

int loop_open(rdy_interest trigger, const char *backend, struct loop *loop)
{
    const rdy_poll_options options = {.backend = backend};
    *loop = (struct loop){.trigger = trigger, .rearms = true};
    int error = rdy_events_alloc(CAPACITY, &loop->events);
    if (error == 0)
        error = rdy_poll_open(&options, &loop->poll);
    if (error != 0)
        rdy_events_free(&loop->events);
    rdy_slab_init(&loop->watches, sizeof(struct loop_watch));
    rdy_timer_wheel_init(&loop->wheel, rdy_clock_now());
    return error;
}

void loop_close(struct loop *loop)
{
    rdy_poll_close(loop->poll);
    rdy_slab_free(&loop->watches);
    rdy_events_free(&loop->events);
}

static int apply(struct loop *loop, struct loop_watch *watch)
{
    rdy_registry *registry = rdy_poll_registry(loop->poll);
    const rdy_interest interest = watch->conditions | loop->trigger;
    watch->armed = true;
    if (!rdy_source_is_registered(&watch->source))
        return watch->conditions == 0
                   ? 0
                   : rdy_registry_register(registry, &watch->source, watch->token, interest);
    if (watch->conditions == 0)
        return rdy_registry_deregister(registry, &watch->source);
    return rdy_registry_reregister(registry, &watch->source, watch->token, interest);
}

void loop_fail(struct loop *loop, int error)
{
    if (loop->error == 0)
        loop->error = error;
}

static void apply_or_remember(struct loop *loop, struct loop_watch *watch)
{
    const int error = apply(loop, watch);
    if (error != 0)
        loop_fail(loop, error);
}

int loop_add(struct loop *loop, int fd, rdy_interest conditions,
             void (*ready)(struct loop_watch *watch, rdy_event event), void *context,
             struct loop_watch **watch)
{
    rdy_token token;
    struct loop_watch *added = rdy_slab_insert(&loop->watches, &token);
    if (added == NULL)
        return -ENOMEM;
    *added = (struct loop_watch){.source = rdy_source_from_fd(fd),
                                 .token = token,
                                 .conditions = conditions,
                                 .ready = ready,
                                 .context = context};
    const int error = apply(loop, added);
    if (error != 0)
        rdy_slab_remove(&loop->watches, token);
    else
        *watch = added;
    return error;
}

void loop_change(struct loop *loop, struct loop_watch *watch, rdy_interest conditions)
{
    if (watch->conditions == conditions)
        return;
    watch->conditions = conditions;
    apply_or_remember(loop, watch);
}

void loop_remove(struct loop *loop, struct loop_watch *watch)
{
    if (watch == NULL)
        return;
    rdy_source_deregister(
        &watch->source); /* fails when there were no conditions or the library has closed it */
    rdy_slab_remove(&loop->watches, watch->token);
}

bool loop_has(const struct loop *loop, rdy_token token)
{
    return rdy_slab_get(&loop->watches, token) != NULL;
}

void loop_arm(struct loop *loop, struct loop_timer *timer, int64_t delay_ns)
{
    rdy_timer_wheel_arm(&loop->wheel, &timer->timer, rdy_clock_after(rdy_clock_now(), delay_ns));
}

/*
 * An edge is told once, and only who has read until EAGAIN may wait for the next. Libraries stop where they like: the
 * same interest again has what is still there reported again.
 */
static void dispatch(struct loop *loop, rdy_event event)
{
    struct loop_watch *watch = rdy_slab_get(&loop->watches, event.token);
    if (watch == NULL) {
        loop->stale++;
        return;
    }
    watch->armed = loop->trigger == RDY_LEVEL;
    watch->ready(watch, event);
    watch = rdy_slab_get(&loop->watches, event.token); /* it may have removed itself */
    if (watch != NULL && !watch->armed && loop->rearms)
        apply_or_remember(loop, watch);
}

static int expire(struct loop *loop)
{
    const int64_t now = rdy_clock_now();
    int count = 0;
    for (rdy_timer *due; (due = rdy_timer_wheel_expire(&loop->wheel, now)) != NULL; count++) {
        struct loop_timer *timer = (struct loop_timer *)due; /* its first member */
        timer->expired(timer->context);
    }
    return count;
}

int loop_turn(struct loop *loop, int64_t timeout_ns)
{
    const int64_t now = rdy_clock_now();
    const int64_t end = rdy_clock_after(now, timeout_ns), next = rdy_timer_wheel_next(&loop->wheel);
    int count = rdy_poll_wait(loop->poll, &loop->events, rdy_clock_until(now, next < end ? next : end));
    if (count == -EINTR)
        count = 0;
    for (size_t i = 0; i < loop->events.count; i++)
        dispatch(loop, loop->events.items[i]);
    if (count >= 0)
        count += expire(loop);
    return loop->error != 0 ? loop->error : count;
}
