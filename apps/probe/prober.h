#ifndef RDY_APPS_PROBE_PROBER_H
#define RDY_APPS_PROBE_PROBER_H

#include <stdbool.h>
#include <stdint.h>

#include "apps/common/peer_list.h"
#include "apps/connect/peer_connector.h"
#include "apps/probe/report/report.h"
#include "apps/probe/talk/exchange.h"

struct prober_settings {
    peer_connector_options connector;  /* all but the talk, which is the prober's */
    struct exchange_settings exchange; /* with the mode of the run */
    bool is_interrupted;               /* before it began: nobody is probed, all are told to be not done */
    bool progress;                     /* draw it on stderr, if that is a terminal */
    /* Called for each peer as it is decided, or NULL. Whether to go on: false ends the run as a signal does. */
    bool (*decided)(void *context, size_t index, const struct result *result);
    void *context;
};

/*
 * Probes all peers in one thread, until all are done or SIGINT or SIGTERM comes; when it returns, those two do
 * again what they did before. SIGQUIT, and SIGINFO where there is one, has the table of what is known until then
 * printed on stderr. Says on stderr if fewer are tried at once than was asked for.
 *
 * Returns what the program is to exit with. There is a report, which the caller gives back with
 * prober_free_report, unless `report->results` is NULL: what was wrong has then been reported.
 */
int prober_run(const peer_list *peers, const struct prober_settings *settings, struct report *report);

void prober_free_report(struct report *report);

#endif
