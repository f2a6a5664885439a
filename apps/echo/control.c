#include "apps/echo/control.h"

#include <signal.h>
#include <stdio.h>

int echo_control_open(rdy_signals *signals)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGUSR1};
    return rdy_signals_open(numbers, sizeof numbers / sizeof *numbers, signals);
}

void echo_control_print_counters(echo_shared *shared)
{
    echo_counters total = {0};
    for (size_t i = 0; i < shared->member_count; i++) {
        char title[32];
        (void)snprintf(title, sizeof title, "worker %zu", i);
        echo_counters_print(shared->members[i].counters, title);
        echo_counters_sum(&total, shared->members[i].counters);
    }
    echo_counters_print(&total, "total");
}

/* The first SIGTERM or SIGINT drains, the second stops. */
static void end(echo_shared *shared)
{
    const bool again = atomic_load(&shared->phase) != ECHO_SERVING;
    echo_shared_enter(shared, again ? ECHO_STOPPING : ECHO_DRAINING);
}

void echo_control_obey(rdy_signals *signals, echo_shared *shared)
{
    int number;
    while ((number = rdy_signals_next(signals)) > 0) {
        if (number == SIGUSR1)
            echo_control_print_counters(shared);
        else
            end(shared);
    }
}
