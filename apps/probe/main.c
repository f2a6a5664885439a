#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#ifdef __APPLE__
#include <sys/random.h> /* getentropy(2), which others have in <unistd.h> */
#endif

#include "apps/common/exit_codes.h"
#include "apps/common/option.h"
#include "apps/common/standard_output.h"
#include "apps/probe/options.h"
#include "apps/probe/prober.h"
#include "apps/probe/progress.h"
#include "apps/probe/report_json.h"
#include "apps/probe/table.h"
#include "reactor/error.h"

/* Our id: the name and version of the client (BEP 20), and random bytes for this run. */
static int make_greeting(const struct options *options, uint8_t greeting[HANDSHAKE_SIZE])
{
    static const char client[] = "-RD0001-";
    uint8_t peer_id[HANDSHAKE_ID_SIZE];
    if (getentropy(peer_id, sizeof peer_id) < 0)
        return -errno;
    memcpy(peer_id, client, sizeof client - 1);
    handshake_make(options->info_hash, peer_id, greeting);
    return 0;
}

static int probe(struct options *options, struct report *report)
{
    struct prober_settings settings = {
        .backend = options->backend,
        .handshake = options->handshake,
        .sequential = options->sequential,
        .concurrency = options->concurrency,
        .connect_timeout_ns = options->connect_timeout_ns,
        .handshake_timeout_ns = options->handshake_timeout_ns,
        .progress = progress_is_visible(),
    };
    const int error = make_greeting(options, settings.greeting);
    return error < 0 ? error : prober_run(&options->peers, &settings, report);
}

static int explain(int error)
{
    if (error == -ENOTSUP) {
        complain("the backend that was asked for is not there: see --version for those that are");
        return EXIT_USAGE;
    }
    complain("cannot probe: %s", rdy_error_sentence(error));
    return EXIT_SYSTEM;
}

static void print_report(const struct options *options, const struct report *report)
{
    if (options->json) {
        report_print_json(report, stdout);
        return;
    }
    if (options->verbose)
        table_print_peers(report, stdout);
    table_print(report, stdout);
}

static int judge(const struct report *report)
{
    if (report->interrupted)
        return EXIT_INTERRUPTED;
    for (size_t i = 0; i < report->peers->count; i++)
        if (report->results[i].outcome == OUTCOME_OK)
            return EXIT_OK;
    return EXIT_NONE_OK;
}

static int run(struct options *options)
{
    struct report report;
    const int error = probe(options, &report);
    if (error < 0)
        return explain(error);
    print_report(options, &report);
    const int code = flush_output() ? judge(&report) : EXIT_SYSTEM;
    prober_free_report(&report);
    return code;
}

int main(int argc, char **argv)
{
    option_set_program("rdy-probe");
    signal(SIGPIPE, SIG_IGN);
    struct options options;
    int code = options_read(argc, argv, &options);
    if (code == OPTIONS_GO_ON)
        code = run(&options);
    else if (!flush_output())
        code = EXIT_SYSTEM;
    options_free(&options);
    return code;
}
