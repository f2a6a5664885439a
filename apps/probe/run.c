#include "apps/probe/run.h"

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
#include "apps/common/output_file.h"
#include "apps/probe/prober.h"
#include "apps/probe/report/peer_record.h"
#include "apps/probe/report/report_output.h"
#include "apps/probe/svg/svg.h"
#include "apps/probe/talk/content.h"
#include "apps/probe/wanted.h"
#include "apps/tracker/announce.h"
#include "reactor/error.h"
#include "reactor/poll.h"

struct run {
    struct options *options;
    struct wanted wanted;
    uint8_t peer_id[HANDSHAKE_ID_SIZE];
    struct announce *announce; /* NULL while no tracker is to be asked */
    struct content *content;   /* with --output */
    struct output_file lines;  /* with --ndjson, which is written as it happens */
};

/* Our id: the name and version of the client (BEP 20), and random bytes for this run. */
static int make_id(uint8_t peer_id[HANDSHAKE_ID_SIZE])
{
    static const char client[] = "-RD0001-";
    if (getentropy(peer_id, HANDSHAKE_ID_SIZE) < 0) {
        complain("cannot make an id: %s", rdy_error_sentence(-errno));
        return EXIT_SYSTEM;
    }
    memcpy(peer_id, client, sizeof client - 1);
    return EXIT_OK;
}

/* ---- who may have it ---- */

static int open_announce(struct run *run)
{
    const struct options *options = run->options;
    const struct announce_settings settings = {
        .info_hash = run->wanted.info_hash,
        .peer_id = run->peer_id,
        .tiers = wanted_trackers(&run->wanted),
        .urls = (const char *const *)options->trackers,
        .url_count = options->tracker_count,
        .left = run->wanted.metainfo.size,
        .numwant = options->numwant,
        .timeout_ns = options->tracker_timeout_ns,
        .family = options->input.family,
        .ca_file = options->tracker_ca,
        .backend = options->connector.backend,
        .quiet = options->quiet,
    };
    return announce_open(&settings, &run->announce) < 0 ? EXIT_SYSTEM : EXIT_OK;
}

static const char *why_nobody(const struct run *run, int answers)
{
    if (answers > 0)
        return "the trackers name no peers";
    const size_t trackers = wanted_trackers(&run->wanted)->count + run->options->tracker_count;
    return trackers > 0 ? "no tracker has answered" : "no peers, and no tracker to ask for some";
}

/* Peers that were given are probed even if no tracker answers. */
static int ask_trackers(struct run *run)
{
    peer_list *peers = &run->options->peers;
    if (!options_have_tracker(run->options))
        return EXIT_OK;
    const int code = open_announce(run);
    if (code != EXIT_OK)
        return code;
    const int answers = announce_run(run->announce, peers);
    if (answers == -ECANCELED)
        return EXIT_INTERRUPTED;
    if (answers < 0)
        return EXIT_SYSTEM;
    if (peers->count == 0)
        complain("%s", why_nobody(run, answers));
    return peers->count == 0 ? EXIT_INPUT : EXIT_OK;
}

/* ---- what came of it ---- */

static enum report_format format_of(const struct options *options)
{
    static const enum report_format formats[] = {
        [FORMAT_JSON] = REPORT_JSON,
        [FORMAT_NDJSON] = REPORT_NDJSON,
        [FORMAT_CSV] = REPORT_CSV,
    };
    if (options->format != FORMAT_TABLE)
        return formats[options->format];
    return options->verbose ? REPORT_VERBOSE_TABLE : REPORT_TABLE;
}

static bool draw(const struct report *report, const char *path)
{
    struct output_file file;
    if (output_file_open(path, OUTPUT_WHOLE, &file) < 0)
        return false;
    const int error = svg_write(report, file.file);
    if (error == 0 || error == -EIO)
        return output_file_close(&file);
    complain("%s: %s", path, rdy_error_sentence(error));
    output_file_abandon(&file);
    return false;
}

/* Whether it was taken: if not, nobody will ever see what the rest do. */
static bool print_line(void *context, size_t index, const struct result *result)
{
    struct run *run = context;
    peer_record_print_ndjson(run->options->peers.peers[index].text, result, run->lines.file);
    return output_file_flush(&run->lines); /* an error is told at the end */
}

/* Whether all of it was taken. */
static bool tell(struct run *run, const struct report *report)
{
    const struct options *options = run->options;
    if (options->format == FORMAT_NDJSON)
        peer_record_print_undecided(report, run->lines.file);
    const bool written = options->format == FORMAT_NDJSON
                             ? output_file_close(&run->lines)
                             : report_write(report, format_of(options), options->report);
    return (options->svg == NULL || draw(report, options->svg)) && written;
}

/* ---- the probing ---- */

/* What can be known to fail is not to fail when everybody has been asked. */
static int try_outputs(struct run *run)
{
    const struct options *options = run->options;
    int error = 0;
    if (options->format == FORMAT_NDJSON)
        error = output_file_open(options->report, OUTPUT_AS_COMES, &run->lines);
    else
        error = output_file_try(options->report);
    if (error == 0 && options->svg != NULL)
        error = output_file_try(options->svg);
    if (error == 0 && options->output != NULL)
        error = content_open(options->output, &run->wanted.metainfo, &run->content);
    if (error == -EEXIST)
        return EXIT_INPUT;
    return error < 0 ? EXIT_SYSTEM : EXIT_OK;
}

static uint32_t pieces_of(const struct options *options)
{
    if (options->pieces == 0)
        return 1;
    return options->pieces < EXCHANGE_ALL_PIECES ? (uint32_t)options->pieces : EXCHANGE_ALL_PIECES;
}

static struct prober_settings settings_of(struct run *run, bool is_interrupted)
{
    const struct options *options = run->options;
    struct prober_settings settings = {
        .connector = options->connector,
        .exchange =
            {
                .mode = options->mode,
                .torrent = options->torrent == NULL ? NULL : &run->wanted.metainfo,
                .pieces = pieces_of(options),
                .handshake_timeout_ns = options->handshake_timeout_ns,
                .unchoke_timeout_ns = options->unchoke_timeout_ns,
                .request_timeout_ns = options->request_timeout_ns,
                .total_timeout_ns = options->total_timeout_ns == 0 ? RDY_FOREVER : options->total_timeout_ns,
                .content = run->content,
            },
        .is_interrupted = is_interrupted,
        .progress = !options->quiet && !options->no_progress,
        .context = run,
    };
    if (settings.connector.concurrency == 0)
        settings.connector.concurrency = options->peers.count;
    if (options->format == FORMAT_NDJSON)
        settings.decided = print_line;
    handshake_make(run->wanted.info_hash, run->peer_id, settings.exchange.greeting);
    if (options->mode > MODE_HANDSHAKE)
        handshake_offer_extensions(settings.exchange.greeting);
    return settings;
}

/* Also if the trackers were interrupted: who is known by then is told to be not done. */
static int probe(struct run *run, bool is_interrupted)
{
    const struct options *options = run->options;
    const struct prober_settings settings = settings_of(run, is_interrupted);
    const struct report_shard shard = {options->input.shard, options->input.shard_count};
    struct report report;
    const int code = prober_run(&options->peers, &settings, &report);
    if (report.results == NULL)
        return code;
    report.shards = &shard;
    report.shard_count = shard.count > 0;
    const bool told = tell(run, &report);
    prober_free_report(&report);
    return told ? code : EXIT_SYSTEM;
}

int run_probe(struct options *options)
{
    struct run run = {.options = options};
    /* Who waits, for trackers or for peers, answers it; there is nothing to tell in between. */
    (void)signal(SIGQUIT, SIG_IGN);
    int code = wanted_open(options, &options->peers, &run.wanted);
    if (code == EXIT_OK)
        code = make_id(run.peer_id);
    if (code == EXIT_OK)
        code = try_outputs(&run);
    if (code == EXIT_OK)
        code = ask_trackers(&run);
    if (code == EXIT_OK || code == EXIT_INTERRUPTED)
        code = probe(&run, code == EXIT_INTERRUPTED);
    if (run.content != NULL && content_close(run.content) < 0)
        code = EXIT_SYSTEM;
    output_file_abandon(&run.lines);
    if (run.announce != NULL)
        announce_stop(run.announce);
    announce_close(run.announce);
    wanted_free(&run.wanted);
    return code;
}
