#include "tests/faults/engine.h"

#include <stdatomic.h>

static const char *const names[FAULT_CALLS] = {
#define FAULT_NAME(type, name, ...) [FAULT_##name] = #name,
    FAULT_PLAIN_CALLS(FAULT_NAME) FAULT_RETURNING_CALLS(FAULT_NAME) FAULT_MOVING_CALLS(FAULT_NAME)
        FAULT_OWN_CALLS(FAULT_NAME)[FAULT_epoll_pwait2] = "epoll_pwait2",
    [FAULT_pwritev2] = "pwritev2",
    [FAULT_epoll_ctl_del] = "epoll_ctl_del",
    [FAULT_kqueue] = "kqueue",
    [FAULT_kevent] = "kevent",
    [FAULT_kevent_change] = "kevent_change",
};

static struct fault planned;
static atomic_bool is_planned; /* written behind `planned` */
static atomic_ulong counts[FAULT_CALLS];
static atomic_ulong fired;
static atomic_int forbidden[FAULT_CALLS]; /* an errno */
static void (*told)(void);

void fault_tell(void (*tell)(void))
{
    told = tell;
}

void fault_begin(const struct fault *fault)
{
    fault_end();
    for (int call = 0; call < FAULT_CALLS; call++)
        atomic_store(&counts[call], 0);
    atomic_store(&fired, 0);
    if (fault == NULL)
        return;
    planned = *fault;
    atomic_store(&is_planned, true);
}

void fault_end(void)
{
    atomic_store(&is_planned, false);
}

void fault_forbid(enum fault_call call, int error)
{
    atomic_store(&forbidden[call], error);
}

unsigned long fault_fired(void)
{
    return atomic_load(&fired);
}

unsigned long fault_count(enum fault_call call)
{
    return atomic_load(&counts[call]);
}

const char *fault_call_name(enum fault_call call)
{
    return names[call];
}

enum fault_call fault_call_find(const char *name)
{
    int call = 0;
    while (call < FAULT_CALLS && strcmp(names[call], name) != 0)
        call++;
    return (enum fault_call)call;
}

static bool is_due(enum fault_call call, unsigned long count)
{
    if (!atomic_load(&is_planned) || planned.call != call)
        return false;
    return planned.lasts ? count >= planned.nth : count == planned.nth;
}

struct fault_verdict fault_judge(enum fault_call call)
{
    const int always = atomic_load(&forbidden[call]);
    if (always != 0)
        return (struct fault_verdict){.error = always};
    const unsigned long count = atomic_fetch_add(&counts[call], 1) + 1;
    if (!is_due(call, count))
        return (struct fault_verdict){.is_made = true};
    if (atomic_fetch_add(&fired, 1) == 0 && told != NULL)
        told();
    if (planned.error == 0)
        return (struct fault_verdict){.is_made = true, .is_short = true, .most = planned.most};
    return (struct fault_verdict){.error = planned.error, .is_made = planned.is_done};
}
