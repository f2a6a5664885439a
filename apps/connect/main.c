#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "apps/common/exit_codes.h"
#include "apps/common/option.h"
#include "apps/connect/arguments.h"
#include "apps/connect/output.h"
#include "apps/connect/peer_connector.h"
#include "reactor/error.h"

static void note_clamp(const peer_connector *connector)
{
    if (peer_connector_is_clamped(connector))
        complain("at most %zu peers at once: this process may not open more descriptors (ulimit -n)",
                 peer_connector_concurrency(connector));
}

static int end_code(int status)
{
    if (status == 0)
        return EXIT_OK;
    if (status == -ECANCELED)
        return EXIT_INTERRUPTED;
    complain("%s", rdy_error_sentence(status));
    return EXIT_SYSTEM;
}

/* EXIT_OK when there are no more or enough, else what to exit with. */
static int print_peers(peer_connector *connector, const connect_arguments *arguments, size_t *connected)
{
    while (*connected < arguments->first) {
        peer_result result;
        const int status = peer_connector_next(connector, &result);
        if (status == -EINTR)
            continue; /* we were stopped and continued by job control (signal(7)) */
        if (status <= 0)
            return end_code(status);
        rdy_tcp_stream_close(&result.stream);
        const peer_outcome *outcome = peer_connector_outcome(connector, result.index);
        *connected += outcome->state == PEER_CONNECTED;
        if (!output_peer(arguments, &arguments->peers.peers[result.index], outcome))
            return EXIT_SYSTEM;
    }
    return EXIT_OK;
}

static int run(connect_arguments *arguments)
{
    static const int stop_signals[] = {SIGINT};
    arguments->connector.stop_signals = stop_signals;
    arguments->connector.stop_signal_count = 1;
    const int64_t started_ns = rdy_clock_now();
    peer_connector *connector;
    const int error = peer_connector_open(arguments->peers.peers, arguments->peers.count,
                                          &arguments->connector, &connector);
    if (error < 0) {
        complain("cannot start: %s", rdy_error_sentence(error));
        return EXIT_SYSTEM;
    }
    if (!arguments->quiet)
        note_clamp(connector);
    size_t connected = 0;
    const int exit_code = print_peers(connector, arguments, &connected);
    if (!arguments->quiet)
        output_summary(arguments, connector, rdy_clock_now() - started_ns);
    peer_connector_close(connector);
    return exit_code == EXIT_OK && connected == 0 ? EXIT_NONE_OK : exit_code;
}

int main(int argc, char **argv)
{
    option_set_program("rdy-connect");
    connect_arguments arguments;
    int exit_code;
    if (connect_arguments_parse(argc, argv, &arguments, &exit_code))
        exit_code = run(&arguments);
    connect_arguments_free(&arguments);
    return exit_code;
}
