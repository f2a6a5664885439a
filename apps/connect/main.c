#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "apps/common/exit_codes.h"
#include "apps/common/milliseconds.h"
#include "apps/common/option.h"
#include "apps/common/privileges.h"
#include "apps/common/standard_descriptors.h"
#include "apps/connect/arguments.h"
#include "apps/connect/command.h"
#include "apps/connect/output.h"
#include "apps/connect/peer_connector.h"
#include "apps/connect/peer_run.h"
#include "apps/connect/relay.h"

/* The next peer that is decided: as peer_run_next, while the progress is drawn. */
static int next_peer(peer_connector *connector, struct output *output, peer_result *result)
{
    int status;
    do {
        output_draw_progress(output);
        status = peer_run_next(connector, progress_due_ns(&output->progress), result);
    } while (status == -ETIMEDOUT);
    return status;
}

/* Tells of the peers until there are no more or enough; the last status of next_peer is left in `status`. */
static void tell_peers(peer_connector *connector, struct output *output, int *status)
{
    size_t connected = 0;
    bool taken = true;
    peer_result result;
    *status = 1;
    while (taken && connected < output->answers.arguments->first &&
           (*status = next_peer(connector, output, &result)) > 0) {
        rdy_tcp_stream_close(&result.stream);
        connected += peer_connector_outcome(connector, result.index)->state == PEER_CONNECTED;
        taken = output_peer(output, result.index);
    }
    progress_clear();
}

/* What to exit with. */
static int print_peers(peer_connector *connector, struct output *output)
{
    int status;
    tell_peers(connector, output, &status);
    const int exit_code = peer_run_exit_code(connector, status > 0 ? 0 : status);
    return output_end(output, status < 0) ? exit_code : EXIT_SYSTEM;
}

/* The first stream: 1, and the rest is given up; else the status of next_peer. */
static int take_first(peer_connector *connector, struct output *output, peer_result *result)
{
    int status;
    while ((status = next_peer(connector, output, result)) > 0) {
        (void)output_peer(output, result->index);
        if (peer_connector_outcome(connector, result->index)->state == PEER_CONNECTED)
            break;
    }
    progress_clear();
    return status;
}

static void note_first(const struct output *output, const peer_result *result)
{
    const peer_outcome *outcome = answers_outcome(&output->answers, result->index);
    if (output->answers.arguments->verbose)
        complain("connected to %s in %.1f ms", output->answers.arguments->peers.peers[result->index].text,
                 milliseconds(outcome->elapsed_ns));
}

static int work(const connect_arguments *arguments, peer_result *result)
{
    if (arguments->command != NULL)
        return command_run(arguments->command, &result->stream);
    const int exit_code =
        relay_run(&result->stream, arguments->peers.peers[result->index].text, arguments->connector.backend);
    rdy_tcp_stream_close(&result->stream);
    return exit_code;
}

/* What to exit with; takes the connector over, so that nothing of it is open while the first is worked with. */
static int work_with_first(peer_connector *connector, struct output *output)
{
    peer_result result;
    const int status = take_first(connector, output, &result);
    int exit_code = EXIT_OK;
    if (status > 0)
        note_first(output, &result);
    else
        exit_code = peer_run_exit_code(connector, status);
    if (status <= 0 && !output->answers.arguments->quiet)
        output_summary(output);
    peer_connector_close(connector);
    return status > 0 ? work(output->answers.arguments, &result) : exit_code;
}

static int run_with(peer_connector *connector, struct output *output)
{
    const connect_arguments *arguments = output->answers.arguments;
    if (!arguments->quiet)
        peer_run_note_clamp(connector);
    if (arguments->format == FORMAT_NONE)
        return work_with_first(connector, output);
    const int exit_code = print_peers(connector, output);
    if (!arguments->quiet)
        output_summary(output);
    peer_connector_close(connector);
    return exit_code;
}

static int run(const connect_arguments *arguments)
{
    if (arguments->command == NULL) /* which may be sudo(8) or ping(8) */
        privileges_refuse_more();
    peer_connector *connector;
    if (peer_run_open(&arguments->peers, &arguments->connector, &connector) < 0)
        return EXIT_SYSTEM;
    struct output output;
    int exit_code = EXIT_SYSTEM;
    if (output_open(arguments, connector, &output) == 0)
        exit_code = run_with(connector, &output);
    else
        peer_connector_close(connector);
    output_free(&output);
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
