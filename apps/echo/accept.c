#include "apps/echo/accept.h"

#include "apps/common/option.h"
#include "reactor/clock.h"
#include "reactor/error.h"

#define ACCEPTS_PER_TURN 256
#define RETRY_AFTER_NS   (100 * RDY_MILLISECOND)

bool echo_accept_is_ready(const echo_worker *worker)
{
    for (size_t i = 0; i < worker->listener_count; i++)
        if (worker->listeners[i].state == LISTENER_READY)
            return true;
    return false;
}

void echo_accept_resume(echo_worker *worker)
{
    rdy_timer_wheel_cancel(&worker->wheel, &worker->retry);
    atomic_store(&worker->self->need, NEED_NOTHING);
    for (size_t i = 0; i < worker->listener_count; i++)
        if (worker->listeners[i].state == LISTENER_PAUSED)
            worker->listeners[i].state = LISTENER_READY;
}

static void pause_accepting(echo_worker *worker, echo_listener *listener, echo_need need)
{
    listener->state = LISTENER_PAUSED;
    atomic_store(&worker->self->need, (int)need);
}

static void wait_for_place(echo_worker *worker, echo_listener *listener)
{
    echo_counters_add(&worker->counters, COUNT_LIMITED, 1);
    pause_accepting(worker, listener, NEED_PLACE);
    if (echo_shared_has_room(worker->shared))
        listener->state = LISTENER_READY; /* somebody left before they could see that we wait */
}

static void wait_for_system(echo_worker *worker, echo_listener *listener)
{
    echo_counters_add(&worker->counters, COUNT_PAUSES, 1);
    pause_accepting(worker, listener, NEED_SYSTEM);
    rdy_timer_wheel_arm(&worker->wheel, &worker->retry,
                        rdy_clock_after(worker->pool.exchange.now_ns, RETRY_AFTER_NS));
}

static void give_up(echo_worker *worker, echo_listener *listener, int error)
{
    complain("cannot accept: %s", rdy_error_sentence(error));
    echo_listener_close(listener);
    echo_shared_fail(worker->shared, ECHO_DRAINING);
}

static void follow_advice(echo_worker *worker, echo_listener *listener, int error)
{
    switch (rdy_accept_advise(error)) {
    case RDY_ACCEPT_AGAIN:
        break; /* that client is gone; the next one may wait behind it */
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

static void accept_one(echo_worker *worker, echo_listener *listener)
{
    if (!echo_shared_admit(worker->shared)) {
        wait_for_place(worker, listener);
        return;
    }
    rdy_source stream;
    const int error = echo_listener_accept(listener, &stream);
    if (error != 0)
        follow_advice(worker, listener, error);
    const bool refused = error == 0 && echo_pool_add(&worker->pool, stream) != 0;
    if (refused)
        wait_for_system(worker, listener); /* no memory, or the kernel takes no more registrations */
    if (error != 0 || refused)
        echo_shared_return(worker->shared);
}

static void accept_up_to(echo_worker *worker, echo_listener *listener, int most)
{
    for (int i = 0; i < most && listener->state == LISTENER_READY; i++)
        accept_one(worker, listener);
}

void echo_accept_some(echo_worker *worker)
{
    for (size_t i = 0; i < worker->listener_count; i++)
        accept_up_to(worker, &worker->listeners[i], ACCEPTS_PER_TURN);
}

void echo_accept_last(echo_worker *worker)
{
    /* A queue can hold no more than this; what still comes is late, and its senders may never end. */
    const int longest_queue = 4096;
    for (size_t i = 0; i < worker->listener_count; i++) {
        if (worker->listeners[i].state != LISTENER_CLOSED)
            worker->listeners[i].state = LISTENER_READY;
        accept_up_to(worker, &worker->listeners[i], longest_queue);
        echo_listener_close(&worker->listeners[i]);
    }
    echo_accept_resume(worker);
}
