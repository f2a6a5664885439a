#include "apps/echo/accept.h"

#include <errno.h>

#include "apps/common/option.h"
#include "reactor/clock.h"
#include "reactor/error.h"

#define ACCEPTS_PER_TURN 256
#define RETRY_AFTER_NS   (100 * RDY_MILLISECOND)

static bool can_accept(const echo_listener *listener)
{
    return listener->state == LISTENER_READY || listener->state == LISTENER_RETRYING;
}

bool echo_accept_is_ready(const echo_worker *worker)
{
    for (size_t i = 0; i < worker->listener_count; i++)
        if (can_accept(&worker->listeners[i]))
            return true;
    return false;
}

static void resume(echo_listener *listener)
{
    if (listener->state == LISTENER_PAUSED)
        listener->state = LISTENER_RETRYING;
}

void echo_accept_resume(echo_worker *worker)
{
    rdy_timer_wheel_cancel(&worker->wheel, &worker->retry);
    atomic_store(&worker->self->need, NEED_NOTHING);
    for (size_t i = 0; i < worker->listener_count; i++)
        resume(&worker->listeners[i]);
}

static void pause_accepting(echo_worker *worker, echo_listener *listener, echo_need need, echo_count why)
{
    if (listener->state != LISTENER_RETRYING)
        echo_counters_add(&worker->counters, why, 1);
    listener->state = LISTENER_PAUSED;
    echo_listener_defer(listener);
    atomic_store(&worker->self->need, (int)need);
}

static void wait_for_place(echo_worker *worker, echo_listener *listener)
{
    pause_accepting(worker, listener, NEED_PLACE, COUNT_LIMITED);
    if (echo_shared_has_room(worker->shared))
        listener->state = LISTENER_RETRYING; /* somebody left before they could see that we wait */
}

static void wait_for_system(echo_worker *worker, echo_listener *listener)
{
    pause_accepting(worker, listener, NEED_SYSTEM, COUNT_PAUSES);
    rdy_timer_wheel_arm(&worker->wheel, &worker->retry,
                        rdy_clock_after(worker->pool.exchange.now_ns, RETRY_AFTER_NS));
}

static void give_up(echo_worker *worker, echo_listener *listener, int error)
{
    complain("cannot accept: %s", rdy_error_sentence(error));
    echo_listener_close(listener);
    (void)echo_shared_fail(worker->shared, ECHO_DRAINING);
}

static void follow_advice(echo_worker *worker, echo_listener *listener, int error)
{
    switch (rdy_accept_advise(error)) {
    case RDY_ACCEPT_AGAIN: /* that client is gone; the next one may wait behind it, but there is an end to that */
        if (++listener->misses % ACCEPTS_PER_TURN == 0 && !worker->draining)
            wait_for_system(worker, listener);
        break;
    case RDY_ACCEPT_WAIT:
        listener->state = LISTENER_WAITING;
        break;
    case RDY_ACCEPT_PAUSE:
        wait_for_system(worker, listener);
        break;
    case RDY_ACCEPT_BROKEN:
        give_up(worker, listener, error);
        break;
    }
}

/* No memory, or the kernel takes no more registrations: the client waits as those in the queue do. */
static void keep(echo_worker *worker, echo_listener *listener, rdy_source stream, int error)
{
    if (error == -EMFILE) /* its number is above what select takes here, and stays so */
        rdy_source_close(&stream);
    else
        echo_listener_keep(listener, stream);
    wait_for_system(worker, listener);
}

/* Whether there was one and it is a client now. */
static bool take_one(echo_worker *worker, echo_listener *listener)
{
    rdy_source stream;
    int error = echo_listener_accept(listener, &stream);
    if (error != 0) {
        follow_advice(worker, listener, error);
        return false;
    }
    listener->misses = 0;
    error = echo_pool_add(&worker->pool, stream);
    if (error != 0)
        keep(worker, listener, stream, error);
    return error == 0;
}

static void accept_one(echo_worker *worker, echo_listener *listener)
{
    if (!echo_shared_admit(worker->shared)) {
        wait_for_place(worker, listener);
        return;
    }
    if (take_one(worker, listener))
        listener->state = LISTENER_READY;
    else
        echo_shared_return(worker->shared);
}

static void accept_up_to(echo_worker *worker, echo_listener *listener, int most)
{
    for (int i = 0; i < most && can_accept(listener); i++)
        accept_one(worker, listener);
}

void echo_accept_some(echo_worker *worker)
{
    for (size_t i = 0; i < worker->listener_count; i++)
        accept_up_to(worker, &worker->listeners[i], ACCEPTS_PER_TURN);
}

void echo_accept_last(echo_worker *worker)
{
    /*
     * The backlog of the library and the one that Linux lets in above it: a queue holds no more. What still comes is
     * late, and its senders may never end.
     */
    const int longest_queue = 4096 + 1;
    for (size_t i = 0; i < worker->listener_count; i++) {
        echo_listener *const listener = &worker->listeners[i];
        if (listener->state == LISTENER_WAITING)
            listener->state = LISTENER_READY;
        resume(listener);
        accept_up_to(worker, listener, longest_queue);
        echo_listener_close(listener);
    }
    echo_accept_resume(worker);
}
