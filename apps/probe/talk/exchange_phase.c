#include "apps/probe/talk/exchange_phase.h"

#include "reactor/clock.h"

int exchange_decide(struct exchange *exchange, enum outcome outcome, int error)
{
    exchange->outcome = outcome;
    return error;
}

void exchange_enter(struct exchange *exchange, enum phase phase, int64_t now_ns)
{
    const struct exchange_settings *settings = exchange->settings;
    exchange->spent_ns[exchange->phase] = now_ns - exchange->phase_started_ns;
    exchange->phase_started_ns = now_ns;
    exchange->phase = phase;
    if (phase == PHASE_BITFIELD)
        exchange->deadline_ns = rdy_clock_after(now_ns, settings->unchoke_timeout_ns);
    else if (phase == PHASE_REQUEST)
        exchange->deadline_ns = rdy_clock_after(now_ns, settings->request_timeout_ns);
}
