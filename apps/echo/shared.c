#include "apps/echo/shared.h"

bool echo_shared_admit(echo_shared *shared)
{
    size_t clients = atomic_load(&shared->clients);
    do {
        if (clients >= shared->config->max_connections)
            return false;
    } while (!atomic_compare_exchange_weak(&shared->clients, &clients, clients + 1));
    return true;
}

/* The place is free before the needs are looked at, and a worker tells its need before it looks for a place.
 */
void echo_shared_return(echo_shared *shared)
{
    atomic_fetch_sub(&shared->clients, 1);
    for (size_t i = 0; i < shared->member_count; i++)
        if (atomic_load(&shared->members[i].need) == NEED_PLACE)
            (void)rdy_waker_wake(shared->members[i].waker);
}

void echo_shared_leave(echo_shared *shared, size_t clients)
{
    atomic_fetch_sub(&shared->clients, clients);
    for (size_t i = 0; i < shared->member_count; i++)
        if (atomic_load(&shared->members[i].need) != NEED_NOTHING)
            (void)rdy_waker_wake(shared->members[i].waker);
}

void echo_shared_end_thread(echo_shared *shared)
{
    atomic_fetch_sub(&shared->threads, 1);
    (void)rdy_waker_wake(shared->members[0].waker);
}

bool echo_shared_has_room(echo_shared *shared)
{
    return atomic_load(&shared->clients) < shared->config->max_connections;
}

void echo_shared_enter(echo_shared *shared, echo_phase phase)
{
    int now = atomic_load(&shared->phase);
    do {
        if (now >= (int)phase)
            return;
    } while (!atomic_compare_exchange_weak(&shared->phase, &now, (int)phase));
    for (size_t i = 0; i < shared->member_count; i++)
        (void)rdy_waker_wake(shared->members[i].waker);
}

bool echo_shared_fail(echo_shared *shared, echo_phase phase)
{
    const bool is_first = !atomic_exchange(&shared->failed, true);
    echo_shared_enter(shared, phase);
    return is_first;
}
