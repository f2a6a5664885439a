#ifndef RDY_APPS_PROBE_TALK_EXCHANGE_PHASE_H
#define RDY_APPS_PROBE_TALK_EXCHANGE_PHASE_H

#include "apps/probe/talk/exchange.h"

/* Private to the exchange: from phase to phase, and to the end. */

/* Goes on to the next phase. */
void exchange_enter(struct exchange *exchange, enum phase phase, int64_t now_ns);

/* Ends it. Returns `error`, which is what exchange_advance is to return. */
int exchange_decide(struct exchange *exchange, enum outcome outcome, int error);

#endif
