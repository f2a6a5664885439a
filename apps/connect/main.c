#include <signal.h>
#include <stdio.h>

#include "apps/common/exit_codes.h"
#include "apps/common/option.h"
#include "apps/common/standard_descriptors.h"
#include "apps/connect/arguments.h"
#include "apps/connect/output.h"
#include "apps/connect/peer_connector.h"
#include "apps/connect/peer_run.h"

/* What to exit with, when there are no more or enough. */
static int print_peers(peer_connector *connector, const connect_arguments *arguments)
{
    size_t connected = 0;
    int status = 0;
    peer_result result;
    while (connected < arguments->first && (status = peer_run_next(connector, RDY_NEVER, &result)) > 0) {
        rdy_tcp_stream_close(&result.stream);
        const peer_outcome *outcome = peer_connector_outcome(connector, result.index);
        connected += outcome->state == PEER_CONNECTED;
        if (!output_peer(arguments, &arguments->peers.peers[result.index], outcome))
            return EXIT_SYSTEM;
    }
    return peer_run_exit_code(connector, status > 0 ? 0 : status);
}

static int run(const connect_arguments *arguments)
{
    const int64_t started_ns = rdy_clock_now();
    peer_connector *connector;
    if (peer_run_open(&arguments->peers, &arguments->connector, &connector) < 0)
        return EXIT_SYSTEM;
    if (!arguments->quiet)
        peer_run_note_clamp(connector);
    const int exit_code = print_peers(connector, arguments);
    if (!arguments->quiet)
        output_summary(arguments, connector, rdy_clock_now() - started_ns);
    peer_connector_close(connector);
    return exit_code;
}

int main(int argc, char **argv)
{
    fill_standard_descriptors();
    option_set_program("rdy-connect");
    (void)signal(SIGPIPE, SIG_IGN);
    connect_arguments arguments;
    int exit_code;
    if (connect_arguments_parse(argc, argv, &arguments, &exit_code))
        exit_code = run(&arguments);
    connect_arguments_free(&arguments);
    return exit_code;
}
