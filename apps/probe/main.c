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
#include "apps/common/standard_descriptors.h"
#include "apps/common/standard_output.h"
#include "apps/probe/merge.h"
#include "apps/probe/options.h"
#include "apps/probe/prober.h"
#include "apps/probe/report_output.h"
#include "reactor/error.h"
#include "reactor/poll.h"

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

static enum report_format format_of(const struct options *options)
{
    if (options->json)
        return REPORT_JSON;
    return options->verbose ? REPORT_VERBOSE_TABLE : REPORT_TABLE;
}

static int probe_and_print(const struct options *options, const struct prober_settings *settings)
{
    struct report report;
    const int code = prober_run(&options->peers, settings, &report);
    if (report.results == NULL)
        return code;
    const bool written = report_write(&report, format_of(options), NULL);
    prober_free_report(&report);
    return written ? code : EXIT_SYSTEM;
}

static int run(const struct options *options)
{
    struct prober_settings settings = {
        .connector =
            {
                .backend = options->backend,
                .sequential = options->sequential,
                .family = options->family,
                .concurrency = options->concurrency == 0 ? options->peers.count : options->concurrency,
                .timeout_ns = options->connect_timeout_ns,
            },
        .exchange =
            {
                .mode = options->mode,
                .handshake_timeout_ns = options->handshake_timeout_ns,
                .total_timeout_ns = RDY_FOREVER,
            },
        .progress = true,
    };
    const int error = make_greeting(options, settings.exchange.greeting);
    if (error == 0)
        return probe_and_print(options, &settings);
    complain("cannot make an id: %s", rdy_error_sentence(error));
    return EXIT_SYSTEM;
}

int main(int argc, char **argv)
{
    fill_standard_descriptors();
    option_set_program("rdy-probe");
    (void)signal(SIGPIPE, SIG_IGN);
    if (argc > 1 && strcmp(argv[1], "merge") == 0)
        return merge_main(argc - 1, argv + 1);
    struct options options;
    int code = options_read(argc, argv, &options);
    if (code == OPTIONS_GO_ON)
        code = run(&options);
    else if (!flush_output())
        code = EXIT_SYSTEM;
    options_free(&options);
    return code;
}
