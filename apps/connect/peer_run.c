#include "apps/connect/peer_run.h"

#include <errno.h>
#include <signal.h>

#include "apps/common/exit_codes.h"
#include "apps/common/option.h"
#include "reactor/error.h"

/* For about a second in all. */
enum { RESTS = 5 };

int peer_run_open(const peer_list *peers, const peer_connector_options *options, peer_connector **out)
{
    static const int stop_signals[] = {SIGINT, SIGTERM};
    peer_connector_options all = *options;
    all.rests = RESTS;
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

/* Of a lookup EAGAIN says that no server gave an answer that counts. */
static const char *sentence_of(const peer_outcome *outcome)
{
    const bool is_of_lookup = outcome->attempts == 0 && outcome->error == -EAGAIN;
    return is_of_lookup ? "no name server answers" : rdy_error_sentence(outcome->error);
}

int peer_run_exit_code(const peer_connector *connector, int status)
{
    if (status == -ECANCELED)
        return EXIT_INTERRUPTED;
    if (status < 0) {
        complain("cannot wait: %s", rdy_error_sentence(status));
        return EXIT_SYSTEM;
    }
    const peer_outcome *fault = NULL;
    size_t others = 0;
    const peer_outcome *outcome;
    for (size_t i = 0; (outcome = peer_connector_outcome(connector, i)) != NULL; i++) {
        if (outcome->state == PEER_CONNECTED)
            return EXIT_OK;
        if (fault == NULL && outcome->failure == RDY_FAILURE_LOCAL)
            fault = outcome;
        others += outcome->failure != RDY_FAILURE_LOCAL && !peer_outcome_is_duplicate(outcome);
    }
    if (fault == NULL || others > 0)
        return EXIT_NONE_OK;
    complain("no peer could be tried: %s", sentence_of(fault));
    return EXIT_SYSTEM;
}
