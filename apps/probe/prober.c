#include "apps/probe/prober.h"

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "apps/common/descriptors.h"
#include "apps/common/option.h"
#include "apps/common/resolver.h"
#include "apps/probe/claims.h"
#include "apps/probe/line.h"
#include "apps/probe/progress.h"
#include "reactor/clock.h"
#include "reactor/poll.h"
#include "reactor/signals.h"
#include "reactor/slab.h"

/* The slab never gives these out. */
enum { TOKEN_SIGNALS, TOKEN_RESOLVER };

enum {
    EVENTS_AT_ONCE = 1024,
    STARTS_AT_ONCE = 128,       /* about a millisecond, so that answers are seen when they come */
    DESCRIPTORS_SPARE = 4,      /* for what libc may open */
    DESCRIPTORS_TO_RESOLVE = 16 /* for getaddrinfo(3) in its threads */
};

static const int64_t progress_period_ns = 100 * RDY_MILLISECOND;

struct prober {
    const struct prober_settings *settings;
    peer_list *peers;
    struct report *report;
    rdy_poll *poll;
    rdy_events events;
    rdy_signals signals;
    rdy_timer_wheel wheel;
    rdy_timer progress_timer;
    resolver *resolver; /* NULL, and nothing to claim, if the list has no names: it has no address twice */
    struct claims claims;
    struct probe_plan plan;
    struct line line;
    rdy_slab probes; /* those in flight */
    size_t limit;    /* how many may be in flight */
    size_t done;
    size_t ok;
};

static void record(struct prober *prober, size_t place, const struct result *result)
{
    prober->report->results[place] = *result;
    prober->done++;
    prober->ok += result->outcome == OUTCOME_OK;
}

/* Whether the same peer may do better when others have left. A route that is missing stays so. */
static bool is_worth_retrying(const struct prober *prober, const struct result *result)
{
    return result->outcome == OUTCOME_LOCAL_FAULT && result->error != -ENETUNREACH &&
           rdy_slab_count(&prober->probes) > 0;
}

/* A probe that is done leaves: with its outcome, or back into the line if it was not the peer's fault. */
static void leave(struct prober *prober, struct probe *probe, int64_t now_ns)
{
    const struct result result = {
        .duration_ns = now_ns - probe->begun_ns,
        .outcome = probe->outcome,
        .phase = probe->phase,
        .error = probe->error,
    };
    const size_t place = probe->place;
    probe_close(probe, &prober->plan);
    rdy_slab_remove(&prober->probes, probe->token);
    if (is_worth_retrying(prober, &result)) {
        line_put_back(&prober->line, place);
        return;
    }
    record(prober, place, &result);
    line_allow_retry(&prober->line);
}

static void advance(struct prober *prober, struct probe *probe)
{
    const int64_t now_ns = rdy_clock_now();
    probe_advance(probe, &prober->plan, now_ns);
    if (probe->done)
        leave(prober, probe, now_ns);
}

static void decide(struct prober *prober, struct probe *probe, enum outcome outcome, int error)
{
    probe->done = true;
    probe->outcome = outcome;
    probe->error = error;
    leave(prober, probe, rdy_clock_now());
}

/* Connects, unless another peer of the list stands for the same address. */
static void connect_peer(struct prober *prober, struct probe *probe)
{
    if (prober->resolver != NULL && !claims_take(&prober->claims, probe->place)) {
        decide(prober, probe, OUTCOME_DUPLICATE, 0);
        return;
    }
    const int64_t now_ns = rdy_clock_now();
    probe_connect(probe, &prober->plan, &prober->peers->peers[probe->place].address, now_ns);
    if (probe->done)
        leave(prober, probe, rdy_clock_now());
}

static void look_up(struct prober *prober, struct probe *probe)
{
    const peer *asked = &prober->peers->peers[probe->place];
    probe->phase = PROBE_RESOLVING;
    const int error = resolver_ask(prober->resolver, asked->host, asked->port, probe->token);
    if (error < 0)
        decide(prober, probe, OUTCOME_LOCAL_FAULT, error);
}

/* What getaddrinfo(3) says about the name, or about this machine. */
static enum outcome outcome_of_lookup(int error)
{
    return error == EAI_MEMORY || error == EAI_SYSTEM ? OUTCOME_LOCAL_FAULT : OUTCOME_UNKNOWN_NAME;
}

static void take_answers(struct prober *prober)
{
    resolved answer;
    while (resolver_next(prober->resolver, &answer) == 1) {
        struct probe *probe = rdy_slab_get(&prober->probes, answer.key);
        if (answer.error != 0) {
            decide(prober, probe, outcome_of_lookup(answer.error), 0);
            continue;
        }
        prober->peers->peers[probe->place].address = answer.address;
        connect_peer(prober, probe);
    }
}

static int start_next(struct prober *prober)
{
    rdy_token token;
    struct probe *probe = rdy_slab_insert(&prober->probes, &token);
    if (probe == NULL)
        return -ENOMEM;
    probe->token = token;
    probe->place = line_take(&prober->line);
    probe->begun_ns = rdy_clock_now();
    if (rdy_slab_count(&prober->probes) > prober->report->peak)
        prober->report->peak = rdy_slab_count(&prober->probes);
    if (rdy_address_family(&prober->peers->peers[probe->place].address) == AF_UNSPEC)
        look_up(prober, probe);
    else
        connect_peer(prober, probe);
    return 0;
}

static bool may_start(const struct prober *prober)
{
    const size_t in_flight = rdy_slab_count(&prober->probes);
    return in_flight < prober->limit && line_may_take(&prober->line, in_flight);
}

static int start_some(struct prober *prober)
{
    int error = 0;
    for (int i = 0; i < STARTS_AT_ONCE && error == 0 && may_start(prober); i++)
        error = start_next(prober);
    return error;
}

static void note_signals(struct prober *prober)
{
    while (rdy_signals_next(&prober->signals) > 0)
        prober->report->interrupted = true;
}

static void handle(struct prober *prober, rdy_event event)
{
    if (event.token == TOKEN_SIGNALS)
        note_signals(prober);
    else if (event.token == TOKEN_RESOLVER)
        take_answers(prober);
    else {
        struct probe *probe = rdy_slab_get(&prober->probes, event.token);
        if (probe != NULL)
            advance(prober, probe);
    }
}

static void draw_progress(struct prober *prober)
{
    progress_draw(prober->done, prober->peers->count, rdy_slab_count(&prober->probes), prober->ok);
    rdy_timer_wheel_arm(&prober->wheel, &prober->progress_timer,
                        rdy_clock_after(rdy_clock_now(), progress_period_ns));
}

static void expire(struct prober *prober)
{
    const int64_t now_ns = rdy_clock_now();
    for (rdy_timer *timer = rdy_timer_wheel_expire(&prober->wheel, now_ns); timer != NULL;
         timer = rdy_timer_wheel_expire(&prober->wheel, now_ns)) {
        if (timer == &prober->progress_timer)
            draw_progress(prober);
        else
            advance(prober, (struct probe *)(void *)timer);
    }
}

static int turn(struct prober *prober)
{
    const int error = start_some(prober);
    if (error < 0)
        return error;
    if (prober->done == prober->peers->count)
        return 0;
    const int64_t timeout_ns =
        may_start(prober) ? 0 : rdy_clock_until(rdy_clock_now(), rdy_timer_wheel_next(&prober->wheel));
    const int count = rdy_poll_wait(prober->poll, &prober->events, timeout_ns);
    if (count < 0 && count != -EINTR)
        return count;
    for (size_t i = 0; i < prober->events.count; i++)
        handle(prober, prober->events.items[i]);
    expire(prober);
    return 0;
}

static int run(struct prober *prober)
{
    const int64_t begun_ns = rdy_clock_now();
    int error = 0;
    while (error == 0 && !prober->report->interrupted && prober->done < prober->peers->count)
        error = turn(prober);
    prober->report->wall_ns = rdy_clock_now() - begun_ns;
    return error;
}

static bool has_names(const peer_list *peers)
{
    for (size_t i = 0; i < peers->count; i++)
        if (peers->peers[i].host != NULL)
            return true;
    return false;
}

static size_t choose_limit(const struct prober *prober)
{
    size_t wanted = prober->peers->count;
    if (prober->settings->concurrency != 0 && prober->settings->concurrency < wanted)
        wanted = prober->settings->concurrency;
    if (prober->settings->sequential)
        wanted = 1;
    const size_t spare = DESCRIPTORS_SPARE + (prober->resolver == NULL ? 0 : DESCRIPTORS_TO_RESOLVE);
    const size_t available = descriptors_available(spare);
    if (wanted <= available)
        return wanted;
    complain("the limit of open files allows %zu peers at once, not %zu", available, wanted);
    return available;
}

static int open_resolver(struct prober *prober)
{
    if (!has_names(prober->peers))
        return 0;
    const int error = claims_open(&prober->claims, prober->peers);
    if (error < 0)
        return error;
    return resolver_open(rdy_poll_registry(prober->poll), TOKEN_RESOLVER, &prober->resolver);
}

static int open_signals(struct prober *prober)
{
    static const int numbers[] = {SIGINT, SIGTERM};
    const int error = rdy_signals_open(numbers, sizeof numbers / sizeof numbers[0], &prober->signals);
    if (error < 0)
        return error;
    return rdy_registry_register(rdy_poll_registry(prober->poll), &prober->signals.source, TOKEN_SIGNALS,
                                 RDY_READABLE);
}

static void make_plan(struct prober *prober)
{
    const struct prober_settings *settings = prober->settings;
    rdy_timer_wheel_init(&prober->wheel, rdy_clock_now());
    rdy_slab_init(&prober->probes, sizeof(struct probe));
    prober->plan = (struct probe_plan){
        .registry = rdy_poll_registry(prober->poll),
        .wheel = &prober->wheel,
        .connect_timeout_ns = settings->connect_timeout_ns,
        .handshake_timeout_ns = settings->handshake_timeout_ns,
        .handshake = settings->handshake,
    };
    memcpy(prober->plan.greeting, settings->greeting, sizeof prober->plan.greeting);
}

static int open_all(struct prober *prober)
{
    const rdy_poll_options options = {.backend = prober->settings->backend};
    int error = rdy_poll_open(&options, &prober->poll);
    if (error == 0)
        error = rdy_events_alloc(EVENTS_AT_ONCE, &prober->events);
    if (error == 0)
        error = open_signals(prober);
    if (error == 0)
        error = open_resolver(prober);
    if (error == 0)
        error = line_open(&prober->line, prober->peers->count);
    if (error < 0)
        return error;
    make_plan(prober);
    prober->report->results = calloc(prober->peers->count, sizeof *prober->report->results);
    prober->report->backend = rdy_poll_backend(prober->poll);
    prober->limit = choose_limit(prober);
    return prober->report->results == NULL ? -ENOMEM : 0;
}

static void close_all(struct prober *prober)
{
    size_t cursor = 0;
    rdy_token token;
    for (struct probe *probe = rdy_slab_walk(&prober->probes, &cursor, &token); probe != NULL;
         probe = rdy_slab_walk(&prober->probes, &cursor, &token))
        probe_close(probe, &prober->plan);
    rdy_slab_free(&prober->probes);
    line_close(&prober->line);
    resolver_close(prober->resolver);
    claims_close(&prober->claims);
    rdy_signals_close(&prober->signals);
    rdy_events_free(&prober->events);
    rdy_poll_close(prober->poll);
}

int prober_run(peer_list *peers, const struct prober_settings *settings, struct report *report)
{
    *report = (struct report){
        .peers = peers,
        .handshake = settings->handshake,
        .sequential = settings->sequential,
    };
    struct prober prober = {.settings = settings, .peers = peers, .report = report};
    int error = open_all(&prober);
    if (error == 0 && settings->progress)
        draw_progress(&prober);
    if (error == 0)
        error = run(&prober);
    if (settings->progress)
        progress_clear();
    close_all(&prober);
    if (error < 0)
        prober_free_report(report);
    return error;
}

void prober_free_report(struct report *report)
{
    free(report->results);
    report->results = NULL;
}
