#include "apps/echo/worker.h"

#include <errno.h>

#include "apps/common/option.h"
#include "apps/echo/accept.h"
#include "apps/echo/control.h"
#include "apps/echo/drain.h"
#include "reactor/clock.h"
#include "reactor/error.h"

#define EVENTS_PER_WAIT 1024

static size_t smaller(size_t one, size_t other)
{
    return one < other ? one : other;
}

static void init_pool(echo_worker *worker)
{
    const echo_config *const config = worker->shared->config;
    worker->pool = (echo_pool){
        .exchange = {.counters = &worker->counters,
                     .scratch = worker->scratch,
                     .scratch_size = smaller(sizeof worker->scratch, config->buffer_limit),
                     .limit = config->buffer_limit},
        .registry = rdy_poll_registry(worker->poll),
        .wheel = &worker->wheel,
    };
    echo_exchange_set_time(&worker->pool.exchange, rdy_clock_now());
    rdy_timer_wheel_init(&worker->wheel, worker->pool.exchange.now_ns);
    echo_pool_init(&worker->pool, config->idle_ns);
}

int echo_worker_open(echo_worker *worker, echo_shared *shared)
{
    const rdy_poll_options options = {.backend = shared->config->backend, .spin_ns = shared->config->spin_ns};
    worker->shared = shared;
    int error = rdy_poll_open(&options, &worker->poll);
    if (error != 0)
        return error;
    init_pool(worker);
    worker->self = &shared->members[shared->member_count++];
    worker->self->counters = &worker->counters;
    error = rdy_waker_open(worker->pool.registry, TOKEN_WAKER, &worker->self->waker);
    return error != 0 ? error : rdy_events_alloc(EVENTS_PER_WAIT, &worker->events);
}

int echo_worker_listen(echo_worker *worker, rdy_address *address)
{
    const bool is_shared = worker->shared->config->workers > 1;
    const size_t number = worker->listener_count;
    const int error = echo_listener_open(&worker->listeners[number], address, is_shared,
                                         worker->pool.registry, TOKEN_LISTENERS + number);
    if (error == 0)
        worker->listener_count++;
    return error;
}

int echo_worker_take_signals(echo_worker *worker)
{
    worker->leads = true;
    const int error = echo_control_open(&worker->signals);
    if (error != 0)
        return error;
    return rdy_registry_register(worker->pool.registry, &worker->signals.source, TOKEN_SIGNALS, RDY_READABLE);
}

static void on_listener_event(echo_listener *listener)
{
    if (listener->state == LISTENER_WAITING)
        listener->state = LISTENER_READY; /* a paused one goes on when there is room, a closed one never */
}

static void obey_signals(echo_worker *worker)
{
    echo_exchange_publish(&worker->pool.exchange); /* of this turn so far, for they may ask for it */
    echo_control_obey(&worker->signals, worker->shared);
}

static void dispatch(echo_worker *worker, rdy_event event)
{
    if (event.token >= TOKEN_CLIENTS)
        echo_pool_on_event(&worker->pool, event);
    else if (event.token >= TOKEN_LISTENERS)
        on_listener_event(&worker->listeners[event.token - TOKEN_LISTENERS]);
    else if (event.token == TOKEN_SIGNALS)
        obey_signals(worker);
    else if (event.token == TOKEN_WAKER)
        echo_accept_resume(worker); /* or the phase has changed, which each turn looks at */
}

static void expire_timers(echo_worker *worker)
{
    rdy_timer *timer;
    while ((timer = rdy_timer_wheel_expire(&worker->wheel, worker->pool.exchange.now_ns)) != NULL) {
        if (timer == &worker->retry)
            echo_accept_resume(worker);
        else if (timer == &worker->drain)
            echo_drain_step(worker);
        else
            echo_pool_on_timer(&worker->pool, timer);
    }
}

static void tell_who_left(echo_worker *worker)
{
    const size_t left = echo_pool_take_left(&worker->pool);
    if (left > 0)
        echo_shared_leave(worker->shared, left);
}

static void follow_phase(echo_worker *worker)
{
    const int phase = atomic_load_explicit(&worker->shared->phase, memory_order_relaxed);
    if (phase == ECHO_STOPPING)
        echo_pool_cut(&worker->pool);
    else if (phase == ECHO_DRAINING && !worker->draining)
        echo_drain_begin(worker);
    worker->done = phase != ECHO_SERVING && rdy_slab_count(&worker->pool.connections) == 0 &&
                   (!worker->leads || worker->broken || atomic_load(&worker->shared->threads) == 0);
}

/* Nothing tells it any more of what the others do: it does not wait for their end. */
static void give_up(echo_worker *worker, int error)
{
    worker->broken = true;
    if (echo_shared_fail(worker->shared, ECHO_STOPPING))
        complain("cannot wait: %s", rdy_error_sentence(error));
}

static void wait_for_events(echo_worker *worker)
{
    const bool busy = echo_accept_is_ready(worker);
    const int64_t next_ns = rdy_timer_wheel_next(&worker->wheel);
    /* As of the end of the last wait: timers are late by a turn, never early, and it reads one clock. */
    const int64_t timeout_ns = busy ? 0 : rdy_clock_until(worker->pool.exchange.now_ns, next_ns);

    echo_counters_add(&worker->counters, COUNT_WAITS, 1);
    const int error = rdy_poll_wait(worker->poll, &worker->events, timeout_ns);
    if (error < 0 && error != -EINTR)
        give_up(worker, error);
    echo_exchange_set_time(&worker->pool.exchange, rdy_clock_now());
}

static void turn(echo_worker *worker)
{
    wait_for_events(worker);
    const rdy_event *const end = worker->events.items + worker->events.count;
    for (const rdy_event *event = worker->events.items; event < end; event++)
        dispatch(worker, *event);
    expire_timers(worker);
    follow_phase(worker);
    tell_who_left(worker);
    if (echo_accept_is_ready(worker))
        echo_accept_some(worker);
    echo_exchange_publish(&worker->pool.exchange);
}

void echo_worker_run(echo_worker *worker)
{
    while (!worker->done)
        turn(worker);
}

void echo_worker_close(echo_worker *worker)
{
    if (worker->poll == NULL)
        return;
    for (size_t i = 0; i < worker->listener_count; i++)
        echo_listener_close(&worker->listeners[i]);
    echo_pool_free(&worker->pool);
    rdy_signals_close(&worker->signals);
    rdy_waker_close(worker->self->waker);
    rdy_events_free(&worker->events);
    rdy_poll_close(worker->poll);
}
