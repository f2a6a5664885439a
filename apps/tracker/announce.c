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
    size_t tiered;              /* how many are of the tiers */
    size_t count;
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
    size_t next;               /* of the tiers to be asked */
    struct loop_timer overdue; /* it is asked beside the last one, which is silent */
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
    loop_arm(&run->round.loop, &run->overdue, RDY_FOREVER);
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

/* Whether it is under way; if not, it has been told why. */
static bool ask(struct run *run, struct target *target)
{
    const char *problem = start(run, target);
    if (problem != NULL)
        tracker_note(target->url, problem);
    run->asked += problem == NULL;
    return problem == NULL;
}

static void ask_next(void *context)
{
    struct run *run = context;
    bool is_under_way = false;
    while (run->next < run->announce->tiered && !is_under_way)
        is_under_way = ask(run, &run->announce->targets[run->next++]);
    const bool has_more = is_under_way && run->next < run->announce->tiered;
    loop_arm(&run->round.loop, &run->overdue, has_more ? ANNOUNCE_OVERDUE : RDY_FOREVER);
}

static bool is_tiered(const struct run *run, const struct target *target)
{
    return (size_t)(target - run->announce->targets) < run->announce->tiered;
}

static bool is_last_asked(const struct run *run, const struct target *target)
{
    return target + 1 == run->announce->targets + run->next;
}

/* If it is one of the tiers: those that were asked before it and behind it are not waited for, and no other is asked. */
static void on_answering(struct round *round, struct target *answered)
{
    struct run *run = (struct run *)round;
    if (!is_tiered(run, answered))
        return;
    for (size_t i = 0; i < run->next; i++) {
        const struct target *target = &run->announce->targets[i];
        if (target != answered)
            run->asked -= udp_announcer_cancel(run->udp, target) || http_announcer_cancel(run->http, target);
    }
    loop_arm(&run->round.loop, &run->overdue, RDY_FOREVER);
}

static int take_reply(struct run *run, struct target *target, const struct tracker_reply *reply)
{
    struct found_peers found;
    run->answered++;
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
    if (problem != NULL)
        tracker_note(target->url, problem);
    if (reply != NULL) {
        const int error = take_reply(run, target, reply);
        run->error = run->error == 0 ? error : run->error;
        on_answering(round, target);
        return;
    }
    if (is_tiered(run, target) && is_last_asked(run, target))
        ask_next(run);
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
    ask_next(run);
    for (size_t i = announce->tiered; i < announce->count; i++)
        ask(run, &announce->targets[i]);
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
    };
    run.round.finished = on_started;
    run.round.answering = on_answering;
    run.overdue = (struct loop_timer){.expired = ask_next, .context = &run};
    run.error = open_run(&run);
    if (run.error == 0)
        start_all(&run);
    turn_until_done(&run);
    const int result = result_of(&run);
    close_run(&run);
    return result;
}

static bool is_named(const struct announce *announce)
{
    for (size_t i = 0; i < announce->count; i++)
        if (announce->targets[i].may_name_us)
            return true;
    return false;
}

void announce_stop(struct announce *announce)
{
    struct run run = {.round = make_round(announce, EVENT_STOPPED), .announce = announce};
    if (!is_named(announce))
        return;
    run.round.finished = on_stopped;
    if (run.round.timeout_ns > ANNOUNCE_STOP_TIMEOUT)
        run.round.timeout_ns = ANNOUNCE_STOP_TIMEOUT;
    run.error = open_run(&run);
    for (size_t i = 0; i < announce->count && run.error == 0; i++)
        if (announce->targets[i].may_name_us)
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

/* Unless it is among the first `count` of those given by hand: each is asked once. */
static void add_target(struct announce *announce, const char *url, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(announce->settings.urls[i], url) == 0)
            return;
    announce->targets[announce->count++].url = url;
}

static int make_targets(struct announce *announce)
{
    const struct announce_settings *settings = &announce->settings;
    const size_t most = announce->tiers.count + settings->url_count;
    announce->targets = calloc(most + 1, sizeof *announce->targets);
    if (announce->targets == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < announce->tiers.count; i++)
        add_target(announce, announce->tiers.trackers[i].url, settings->url_count);
    announce->tiered = announce->count;
    for (size_t i = 0; i < settings->url_count; i++)
        add_target(announce, settings->urls[i], i);
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
