#include "apps/connect/peer_run.h"

#include <errno.h>
#include <signal.h>

#include "apps/common/exit_codes.h"
#include "apps/common/option.h"
#include "reactor/error.h"

int peer_run_open(const peer_list *peers, const peer_connector_options *options, peer_connector **out)
{
    static const int stop_signals[] = {SIGINT, SIGTERM};
    peer_connector_options all = *options;
    all.stop_signals = stop_signals;
    all.stop_signal_count = sizeof stop_signals / sizeof stop_signals[0];
    const int error = peer_connector_open(peers->peers, peers->count, &all, out);
    if (error < 0)
        complain("cannot start: %s", rdy_error_sentence(error));
    return error;
}

void peer_run_note_clamp(const peer_connector *connector)
{
    const size_t most = peer_connector_concurrency(connector);
    if (peer_connector_is_clamped(connector))
        complain("at most %zu peer%s at once: this process may not open more descriptors (ulimit -n)", most,
                 most == 1 ? "" : "s");
}

int peer_run_next(peer_connector *connector, int64_t moment_ns, peer_result *result)
{
    for (;;) {
        const int status = peer_connector_next_until(connector, moment_ns, result);
        if (status == -EINTR)
            continue; /* we were stopped and continued by job control (signal(7)) */
        if (status >= 0 || status == -ETIMEDOUT || status == -EAGAIN || status == -ECANCELED)
            return status;
        if (peer_connector_give_up(connector, status) == 0)
            return status; /* not for want of room */
    }
}

int peer_run_exit_code(const peer_connector *connector, int status)
{
    if (status == -ECANCELED)
        return EXIT_INTERRUPTED;
    if (status < 0) {
        complain("%s", rdy_error_sentence(status));
        return EXIT_SYSTEM;
    }
    size_t local_faults = 0;
    size_t others = 0;
    const peer_outcome *outcome;
    for (size_t i = 0; (outcome = peer_connector_outcome(connector, i)) != NULL; i++) {
        if (outcome->state == PEER_CONNECTED)
            return EXIT_OK;
        local_faults += outcome->failure == RDY_FAILURE_LOCAL;
        others += outcome->failure != RDY_FAILURE_LOCAL && !peer_outcome_is_duplicate(outcome);
    }
    return local_faults > 0 && others == 0 ? EXIT_SYSTEM : EXIT_NONE_OK;
}
