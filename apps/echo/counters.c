#include "apps/echo/counters.h"

#include <inttypes.h>
#include <stdio.h>

#include "apps/common/option.h"

static const char *const names[COUNTS] = {
    [COUNT_ACCEPTED] = "accepted", [COUNT_CLOSED] = "closed",
    [COUNT_BYTES_IN] = "bytes_in", [COUNT_BYTES_OUT] = "bytes_out",
    [COUNT_READS] = "reads",       [COUNT_WRITES] = "writes",
    [COUNT_WAITS] = "waits",       [COUNT_STALLS] = "stalls",
    [COUNT_PAUSES] = "pauses",     [COUNT_LIMITED] = "limited",
    [COUNT_IDLE] = "idle",         [COUNT_FAILED] = "failed",
    [COUNT_CUT] = "cut",
};

static uint64_t value_of(echo_counters *counters, size_t which)
{
    return atomic_load_explicit(&counters->values[which], memory_order_acquire);
}

void echo_counters_sum(echo_counters *sum, echo_counters *from)
{
    /* Backwards, closed before accepted: a client that comes and goes meanwhile is never closed only. */
    for (size_t i = COUNTS; i-- > 0;)
        echo_counters_add(sum, (echo_count)i, value_of(from, i));
}

void echo_counters_print(echo_counters *counters, const char *title)
{
    /* Closed first, likewise. */
    const uint64_t closed = value_of(counters, COUNT_CLOSED);
    const uint64_t open = value_of(counters, COUNT_ACCEPTED) - closed;

    char text[768];
    size_t used = (size_t)snprintf(text, sizeof text, "%s: open=%" PRIu64, title, open);
    for (size_t i = 0; i < COUNTS; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, " %s=%" PRIu64, names[i],
                                 value_of(counters, i));
    complain("%s", text);
}
