#include "apps/tracker/announce.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "apps/common/option.h"
#include "apps/torrent/tracker_tiers.h"
#include "apps/tracker/found_peers.h"
#include "apps/tracker/http_announcer.h"
#include "apps/tracker/round.h"
#include "apps/tracker/tracker_note.h"
#include "apps/tracker/udp_announcer.h"
#include "reactor/error.h"
#include "reactor/signals.h"

struct announce {
    struct announce_settings settings;
    struct chance chance;
    struct own_port own;
    uint32_t key;
    struct tracker_tiers tiers; /* in our order */
    struct target *targets;     /* those of the tiers, then those given by hand */
    size_t count;
};

/* Trackers that are asked one after another, until one answers. */
struct chain {
    size_t next;
    size_t end;
};

struct run {
    struct round round; /* the first, so that its callback finds the run */
    struct announce *announce;
    struct http_announcer *http;
    struct udp_announcer *udp;
    rdy_signals signals;
    struct loop_watch *signals_watch;
    bool is_interrupted;
    size_t asked; /* under way */
    peer_list *peers;
    struct chain *chains; /* the tiers, then each tracker given by hand */
    int answered;
    int error;
};

static void on_signal(struct loop_watch *watch, rdy_event event)
{
    struct run *run = watch->context;
    int number;
    (void)event;
    while ((number = rdy_signals_next(&run->signals)) >= 0)
        if (number == SIGINT || number == SIGTERM)
            run->is_interrupted = true;
        else
            complain("trackers: %d answered, %zu asked and not yet heard of", run->answered, run->asked);
}

static int watch_signals(struct run *run)
{
    static const int numbers[] = {
        SIGINT, SIGTERM, SIGQUIT,
#ifdef SIGINFO
        SIGINFO, /* Ctrl-T on the BSDs and macOS */
#endif
    };
    const int error = rdy_signals_open(numbers, sizeof numbers / sizeof numbers[0], &run->signals);
    if (error < 0)
        return error;
    return loop_add(&run->round.loop, rdy_source_fd(&run->signals.source), RDY_READABLE, on_signal, run,
                    &run->signals_watch);
}

static int open_run(struct run *run)
{
    int error = loop_open(RDY_LEVEL, run->announce->settings.backend, &run->round.loop);
    if (error < 0)
        return error;
    error = watch_signals(run);
    if (error == 0)
        error = http_announcer_open(&run->round, &run->http);
    if (error == 0)
        error = udp_announcer_open(&run->round, &run->udp);
    return error;
}

static void close_run(struct run *run)
{
    udp_announcer_close(run->udp);
    http_announcer_close(run->http);
    loop_remove(&run->round.loop, run->signals_watch);
    rdy_signals_close(&run->signals);
    loop_close(&run->round.loop);
}

static void turn_until_done(struct run *run)
{
    while (run->asked > 0 && !run->is_interrupted && run->error == 0) {
        const int count = loop_turn(&run->round.loop, RDY_FOREVER);
        if (count < 0)
            run->error = count;
    }
}

static struct round make_round(struct announce *announce, enum announce_event event)
{
    const struct announce_settings *settings = &announce->settings;
    return (struct round){
        .chance = &announce->chance,
        .own = &announce->own,
        .event = event,
        .info_hash = settings->info_hash,
        .peer_id = settings->peer_id,
        .left = settings->left == 0 ? 1 : settings->left,
        .numwant = event == EVENT_STARTED ? (uint32_t)settings->numwant : 0,
        .key = announce->key,
        .family = settings->family,
        .timeout_ns = settings->timeout_ns,
        .ca_file = settings->ca_file,
    };
}

static bool has_scheme(const char *url, const char *scheme)
{
    return strncasecmp(url, scheme, strlen(scheme)) == 0;
}

/* NULL, or why the tracker cannot be asked. */
static const char *start(struct run *run, struct target *target)
{
    if (has_scheme(target->url, "udp://"))
        return udp_announcer_start(run->udp, target);
    if (has_scheme(target->url, "http://") || has_scheme(target->url, "https://"))
        return http_announcer_start(run->http, target);
    return "expected a URL of http, https or udp";
}

static void start_next(struct run *run, struct chain *chain)
{
    while (chain->next < chain->end) {
        struct target *target = &run->announce->targets[chain->next++];
        const char *problem = start(run, target);
        run->asked += problem == NULL;
        if (problem == NULL)
            return;
        tracker_note(target->url, problem);
    }
}

static struct chain *chain_of(const struct run *run, const struct target *target)
{
    const size_t index = (size_t)(target - run->announce->targets);
    const size_t tiered = run->announce->tiers.count;
    return &run->chains[index < tiered ? 0 : 1 + index - tiered];
}

static int take_reply(struct run *run, struct target *target, const struct tracker_reply *reply)
{
    struct found_peers found;
    run->answered++;
    target->has_answered = true;
    if (reply->tracker_id != NULL && target->tracker_id == NULL &&
        (target->tracker_id = strdup(reply->tracker_id)) == NULL)
        return -ENOMEM;
    const int error = found_peers_add(reply, &run->announce->own, run->round.family, run->peers, &found);
    if (error == 0 && (!run->announce->settings.quiet || reply->warning != NULL))
        found_peers_tell(&found, reply, target->url);
    return error;
}

static void on_started(struct round *round, struct target *target, const struct tracker_reply *reply,
                       const char *problem)
{
    struct run *run = (struct run *)round;
    run->asked--;
    if (reply != NULL) {
        const int error = take_reply(run, target, reply);
        run->error = run->error == 0 ? error : run->error;
        return;
    }
    tracker_note(target->url, problem);
    start_next(run, chain_of(run, target));
}

static void on_stopped(struct round *round, struct target *target, const struct tracker_reply *reply,
                       const char *problem)
{
    (void)target;
    (void)reply;
    (void)problem; /* nobody waits for more than that it was sent */
    ((struct run *)round)->asked--;
}

static void start_all(struct run *run)
{
    const struct announce *announce = run->announce;
    const size_t tiered = announce->tiers.count;
    run->chains[0] = (struct chain){.next = 0, .end = tiered};
    for (size_t i = tiered; i < announce->count; i++)
        run->chains[1 + i - tiered] = (struct chain){.next = i, .end = i + 1};
    for (size_t i = 0; i <= announce->count - tiered; i++)
        start_next(run, &run->chains[i]);
}

static int result_of(const struct run *run)
{
    if (run->error < 0) {
        complain("cannot ask trackers: %s", rdy_error_sentence(run->error));
        return run->error;
    }
    return run->is_interrupted ? -ECANCELED : run->answered;
}

int announce_run(struct announce *announce, peer_list *peers)
{
    struct run run = {
        .round = make_round(announce, EVENT_STARTED),
        .announce = announce,
        .peers = peers,
        .chains = calloc(announce->count + 1, sizeof(struct chain)),
    };
    run.round.finished = on_started;
    run.error = run.chains == NULL ? -ENOMEM : open_run(&run);
    if (run.error == 0)
        start_all(&run);
    turn_until_done(&run);
    const int result = result_of(&run);
    close_run(&run);
    free(run.chains);
    return result;
}

static bool has_answers(const struct announce *announce)
{
    for (size_t i = 0; i < announce->count; i++)
        if (announce->targets[i].has_answered)
            return true;
    return false;
}

void announce_stop(struct announce *announce)
{
    struct run run = {.round = make_round(announce, EVENT_STOPPED), .announce = announce};
    if (!has_answers(announce))
        return;
    run.round.finished = on_stopped;
    if (run.round.timeout_ns > ANNOUNCE_STOP_TIMEOUT)
        run.round.timeout_ns = ANNOUNCE_STOP_TIMEOUT;
    run.error = open_run(&run);
    for (size_t i = 0; i < announce->count && run.error == 0; i++)
        if (announce->targets[i].has_answered)
            run.asked += start(&run, &announce->targets[i]) == NULL;
    turn_until_done(&run);
    close_run(&run);
}

static int copy_tiers(struct announce *announce)
{
    const struct tracker_tiers *tiers = announce->settings.tiers;
    const int error = tiers == NULL ? 0 : tracker_tiers_append(&announce->tiers, tiers);
    if (error == 0)
        tracker_tiers_shuffle(&announce->tiers, chance_next, &announce->chance);
    return error;
}

static int make_targets(struct announce *announce)
{
    const struct announce_settings *settings = &announce->settings;
    const size_t tiered = announce->tiers.count;
    announce->count = tiered + settings->url_count;
    announce->targets = calloc(announce->count + 1, sizeof *announce->targets);
    if (announce->targets == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < tiered; i++)
        announce->targets[i].url = announce->tiers.trackers[i].url;
    for (size_t i = 0; i < settings->url_count; i++)
        announce->targets[tiered + i].url = settings->urls[i];
    return 0;
}

static void fill_in_defaults(struct announce_settings *settings)
{
    if (settings->numwant == 0)
        settings->numwant = ANNOUNCE_NUMWANT;
    if (settings->numwant > INT32_MAX)
        settings->numwant = INT32_MAX; /* of BEP 15 */
    if (settings->timeout_ns == 0)
        settings->timeout_ns = ANNOUNCE_TIMEOUT;
}

static int open_announce(struct announce *announce)
{
    fill_in_defaults(&announce->settings);
    int error = chance_open(&announce->chance);
    if (error == 0)
        error = own_port_open(&announce->own);
    if (error == 0)
        error = copy_tiers(announce);
    if (error == 0)
        error = make_targets(announce);
    if (error == 0)
        announce->key = chance_next(&announce->chance);
    return error;
}

int announce_open(const struct announce_settings *settings, struct announce **out)
{
    struct announce *opened = calloc(1, sizeof *opened);
    int error = -ENOMEM;
    if (opened != NULL) {
        opened->settings = *settings;
        error = open_announce(opened);
    }
    if (error == 0) {
        *out = opened;
        return 0;
    }
    complain("cannot ask trackers: %s", rdy_error_sentence(error));
    announce_close(opened);
    return error;
}

void announce_close(struct announce *announce)
{
    if (announce == NULL)
        return;
    for (size_t i = 0; announce->targets != NULL && i < announce->count; i++)
        free(announce->targets[i].tracker_id);
    free(announce->targets);
    tracker_tiers_free(&announce->tiers);
    own_port_close(&announce->own);
    free(announce);
}
