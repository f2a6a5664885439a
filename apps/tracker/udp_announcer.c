#include "apps/tracker/udp_announcer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/common/peer_parse.h"
#include "apps/common/resolver.h"
#include "apps/tracker/udp_talk.h"
#include "reactor/clock.h"
#include "reactor/error.h"

enum { ADDRESSES_MAX = 16 }; /* of one name */

#define OTHER_FAMILY_NS (2 * RDY_SECOND)

static const char no_memory[] = "no memory for the request";

/* One tracker that is asked. */
struct inquiry {
    struct udp_announcer *announcer;
    struct target *target;
    rdy_token token; /* also what its name is looked up under */
    char *path;
    struct loop_timer deadline;
    int64_t deadline_ns;
    struct udp_talk *talks;
    size_t talk_count;
    size_t talks_open;
    bool has_reply;
    struct tracker_reply reply; /* of all families */
    bool has_lost_answer;       /* for want of memory, as `problem` says, whatever follows */
    char problem[PROBLEM_MAX];  /* else the last one */
};

struct udp_announcer {
    struct round *round;
    rdy_slab inquiries;
    resolver *resolver;         /* NULL until a name is to be looked up */
    struct loop_watch *answers; /* of the resolver */
    struct loop_timer due;      /* when it has to go on without an event */
    char problem[PROBLEM_MAX];
};

static void free_inquiry(struct inquiry *inquiry)
{
    for (size_t i = 0; i < inquiry->talk_count; i++)
        udp_talk_close(&inquiry->talks[i]);
    loop_arm(&inquiry->announcer->round->loop, &inquiry->deadline, RDY_FOREVER);
    tracker_reply_free(&inquiry->reply);
    free(inquiry->talks);
    free(inquiry->path);
    rdy_slab_remove(&inquiry->announcer->inquiries, inquiry->token);
}

static void finish(struct inquiry *inquiry)
{
    struct round *round = inquiry->announcer->round;
    const bool is_whole = inquiry->has_reply && !inquiry->has_lost_answer;
    round->finished(round, inquiry->target, inquiry->has_reply ? &inquiry->reply : NULL,
                    is_whole ? NULL : inquiry->problem);
    free_inquiry(inquiry);
}

static void set_problem(struct inquiry *inquiry, const char *problem)
{
    if (!inquiry->has_lost_answer)
        snprintf(inquiry->problem, sizeof inquiry->problem, "%s", problem);
}

static void note_problem(struct inquiry *inquiry, const rdy_address *address, const char *problem)
{
    char place[RDY_ADDRESS_TEXT_MAX];
    char text[PROBLEM_MAX];
    rdy_address_print(address, place, sizeof place);
    snprintf(text, sizeof text, "%s: %s", place, problem);
    set_problem(inquiry, inquiry->talk_count == 1 ? problem : text);
}

static int64_t larger(int64_t one, int64_t other)
{
    return one > other ? one : other;
}

/* Takes the addresses over, behind those of the other family; frees `more`. */
static int add_reply(struct tracker_reply *sum, struct tracker_reply *more)
{
    const size_t count = sum->address_count + more->address_count;
    rdy_address *addresses = realloc(sum->addresses, (count + 1) * sizeof *addresses);
    if (addresses == NULL)
        return -ENOMEM;
    sum->addresses = addresses;
    for (size_t i = 0; i < more->address_count; i++)
        addresses[sum->address_count++] = more->addresses[i];
    sum->complete = larger(sum->complete, more->complete);
    sum->incomplete = larger(sum->incomplete, more->incomplete);
    sum->skipped += more->skipped;
    return 0;
}

/* From now on it may have us on its list. One of a family that is connected to anew takes the place of the old one. */
static void remember(struct target *target, const struct association *with)
{
    const int family = rdy_address_family(&with->address);
    size_t place = 0;
    while (place < target->association_count &&
           rdy_address_family(&target->associations[place].address) != family)
        place++;
    target->associations[place] = *with;
    target->association_count += place == target->association_count;
    target->may_name_us = true;
}

static void forget(struct target *target, const rdy_address *address)
{
    const int family = rdy_address_family(address);
    size_t kept = 0;
    for (size_t i = 0; i < target->association_count; i++)
        if (rdy_address_family(&target->associations[i].address) != family)
            target->associations[kept++] = target->associations[i];
    target->association_count = kept;
    target->may_name_us = kept > 0;
}

/* The tracker has answered and knows us: this machine is at fault, and what others say does not hide that. */
static void lose_answer(struct inquiry *inquiry, const struct udp_talk *talk)
{
    note_problem(inquiry, &talk->with.address, "no memory for its answer");
    inquiry->has_lost_answer = true;
}

static void take_reply(struct inquiry *inquiry, const struct udp_talk *talk, struct tracker_reply *reply)
{
    struct round *round = inquiry->announcer->round;
    const int error = add_reply(&inquiry->reply, reply);
    tracker_reply_free(reply);
    if (error < 0) {
        lose_answer(inquiry, talk);
        return;
    }
    if (!inquiry->has_reply && round->answering != NULL)
        round->answering(round, inquiry->target);
    inquiry->has_reply = true;
}

/* What fails once it has begun is a refusal. */
static void take_problem(struct inquiry *inquiry, const struct udp_talk *talk, const char *problem)
{
    if (inquiry->announcer->round->event == EVENT_STARTED)
        forget(inquiry->target, &talk->with.address);
    note_problem(inquiry, &talk->with.address, problem);
}

/* Bounded by the deadline that it has. */
static void give_the_others(struct inquiry *inquiry, int64_t delay_ns)
{
    const int64_t left_ns = inquiry->deadline_ns - rdy_clock_now();
    const int64_t bounded = left_ns < delay_ns ? left_ns : delay_ns;
    loop_arm(&inquiry->announcer->round->loop, &inquiry->deadline, bounded < 0 ? 0 : bounded);
}

static void on_ended(void *context, struct udp_talk *talk, struct tracker_reply *reply, const char *problem)
{
    struct inquiry *inquiry = context;
    if (reply != NULL)
        take_reply(inquiry, talk, reply);
    else if (talk->has_lost_answer)
        lose_answer(inquiry, talk);
    else
        take_problem(inquiry, talk, problem);
    if (--inquiry->talks_open == 0)
        finish(inquiry);
    else if (inquiry->has_reply)
        give_the_others(inquiry, OTHER_FAMILY_NS);
}

/* It is announced to now. One of a family is enough. */
static void on_connected(void *context, struct udp_talk *talk)
{
    struct inquiry *inquiry = context;
    const int family = rdy_address_family(&talk->with.address);
    if (inquiry->announcer->round->event == EVENT_STARTED)
        remember(inquiry->target, &talk->with);
    for (size_t i = 0; i < inquiry->talk_count; i++) {
        struct udp_talk *other = &inquiry->talks[i];
        if (other == talk || other->state == TALK_CLOSED ||
            rdy_address_family(&other->with.address) != family)
            continue;
        udp_talk_close(other);
        inquiry->talks_open--;
    }
}

static void on_deadline(void *context)
{
    struct inquiry *inquiry = context;
    set_problem(inquiry, "no answer in time");
    finish(inquiry);
}

static void open_talk(struct inquiry *inquiry, const struct association *with)
{
    struct round *round = inquiry->announcer->round;
    const int family = rdy_address_family(&with->address);
    if (round->family != AF_UNSPEC && round->family != family)
        return;
    struct udp_talk *talk = &inquiry->talks[inquiry->talk_count++];
    *talk = (struct udp_talk){
        .round = round,
        .path = inquiry->path,
        .with = *with,
        .connected = on_connected,
        .ended = on_ended,
        .context = inquiry,
    };
    const int error = udp_talk_open(talk);
    if (error < 0)
        note_problem(inquiry, &with->address, rdy_error_sentence(error));
    else
        inquiry->talks_open++;
}

/* Whether there is anybody to wait for. */
static bool open_talks(struct inquiry *inquiry, const struct association *associations, size_t count)
{
    inquiry->talks = calloc(count, sizeof *inquiry->talks);
    if (inquiry->talks == NULL) {
        set_problem(inquiry, no_memory);
        return false;
    }
    set_problem(inquiry, "it has no address of the family that was asked for");
    for (size_t i = 0; i < count; i++)
        open_talk(inquiry, &associations[i]);
    return inquiry->talks_open > 0;
}

static void take_addresses(struct inquiry *inquiry, const resolved *answer)
{
    struct association associations[ADDRESSES_MAX] = {0};
    const size_t count = answer->count < ADDRESSES_MAX ? answer->count : ADDRESSES_MAX;
    for (size_t i = 0; i < count; i++)
        associations[i].address = answer->addresses[i];
    if (answer->error < 0)
        set_problem(inquiry, answer->error == -ENXIO ? "unknown name" : rdy_error_sentence(answer->error));
    if (answer->error < 0 || !open_talks(inquiry, associations, count))
        finish(inquiry);
}

static void schedule_names(struct udp_announcer *announcer)
{
    const int64_t delay_ns = rdy_clock_until(rdy_clock_now(), resolver_deadline(announcer->resolver));
    loop_arm(&announcer->round->loop, &announcer->due, delay_ns);
}

static void take_names(void *context)
{
    struct udp_announcer *announcer = context;
    resolved answer;
    while (resolver_next(announcer->resolver, &answer) > 0) {
        struct inquiry *inquiry = rdy_slab_get(&announcer->inquiries, answer.key);
        if (inquiry != NULL) /* else its time is up */
            take_addresses(inquiry, &answer);
        free(answer.addresses);
    }
    schedule_names(announcer);
}

static void on_names(struct loop_watch *watch, rdy_event event)
{
    (void)event;
    take_names(watch->context);
}

static bool look_up(struct inquiry *inquiry, const char *host, uint16_t port)
{
    struct udp_announcer *announcer = inquiry->announcer;
    int error = 0;
    if (announcer->resolver == NULL)
        error = resolver_open(rdy_poll_registry(announcer->round->loop.poll), announcer->answers->token,
                              announcer->round->family, &announcer->resolver);
    if (error == 0)
        error = resolver_ask(announcer->resolver, host, port, inquiry->token);
    if (error == 0)
        schedule_names(announcer);
    set_problem(inquiry, rdy_error_sentence(error));
    return error == 0;
}

/*
 * "host:port" of the URL, the caller's to free; what follows it, but for the fragment, becomes the path. NULL without
 * memory.
 */
static char *split_url(struct inquiry *inquiry)
{
    const char *authority = inquiry->target->url + strlen("udp://");
    const size_t length = strcspn(authority, "/?#");
    const char *path = authority + length;
    const size_t path_length = strcspn(path, "#");
    if (path_length > 0 && strcmp(path, "/") != 0) {
        inquiry->path = strndup(path, path_length);
        if (inquiry->path == NULL)
            return NULL;
    }
    return strndup(authority, length);
}

static void tell_bad_url(struct inquiry *inquiry, int error)
{
    const bool is_of_text = error == -EINVAL || error == -ERANGE;
    set_problem(inquiry, is_of_text ? "expected udp://HOST:PORT" : rdy_error_sentence(error));
}

/* Whether it has begun; else `problem` says why not. */
static bool begin(struct inquiry *inquiry)
{
    const struct target *target = inquiry->target;
    peer entry = {0};
    char *authority = split_url(inquiry);
    int error = authority == NULL ? -ENOMEM : peer_parse(authority, 0, &entry);
    bool has_begun = false;
    if (error < 0)
        tell_bad_url(inquiry, error);
    else if (target->association_count > 0)
        has_begun = open_talks(inquiry, target->associations, target->association_count);
    else if (entry.host == NULL)
        has_begun = open_talks(inquiry, &(struct association){.address = entry.address}, 1);
    else
        has_begun = look_up(inquiry, entry.host, entry.port);
    free(entry.host);
    free(authority);
    return has_begun;
}

int udp_announcer_open(struct round *round, struct udp_announcer **out)
{
    struct udp_announcer *announcer = calloc(1, sizeof *announcer);
    if (announcer == NULL)
        return -ENOMEM;
    announcer->round = round;
    announcer->due = (struct loop_timer){.expired = take_names, .context = announcer};
    rdy_slab_init(&announcer->inquiries, sizeof(struct inquiry));
    /* For its token: the descriptors under that are the resolver's. */
    const int error = loop_add(&round->loop, -1, 0, on_names, announcer, &announcer->answers);
    if (error < 0)
        free(announcer);
    else
        *out = announcer;
    return error;
}

const char *udp_announcer_start(struct udp_announcer *announcer, struct target *target)
{
    rdy_token token;
    struct inquiry *inquiry = rdy_slab_insert(&announcer->inquiries, &token);
    if (inquiry == NULL)
        return no_memory;
    const int64_t timeout_ns = announcer->round->timeout_ns;
    *inquiry = (struct inquiry){
        .announcer = announcer,
        .target = target,
        .token = token,
        .deadline = {.expired = on_deadline, .context = inquiry},
        .deadline_ns = rdy_clock_after(rdy_clock_now(), timeout_ns),
        .reply = tracker_reply_empty(),
    };
    loop_arm(&announcer->round->loop, &inquiry->deadline, timeout_ns);
    if (begin(inquiry))
        return NULL;
    memcpy(announcer->problem, inquiry->problem, sizeof announcer->problem);
    free_inquiry(inquiry);
    return announcer->problem;
}

bool udp_announcer_cancel(struct udp_announcer *announcer, const struct target *target)
{
    rdy_token token;
    struct inquiry *inquiry;
    for (size_t cursor = 0; (inquiry = rdy_slab_walk(&announcer->inquiries, &cursor, &token)) != NULL;)
        if (inquiry->target == target) {
            free_inquiry(inquiry);
            return true;
        }
    return false;
}

void udp_announcer_close(struct udp_announcer *announcer)
{
    rdy_token token;
    struct inquiry *inquiry;
    if (announcer == NULL)
        return;
    for (size_t cursor = 0; (inquiry = rdy_slab_walk(&announcer->inquiries, &cursor, &token)) != NULL;)
        free_inquiry(inquiry);
    resolver_close(announcer->resolver);
    loop_arm(&announcer->round->loop, &announcer->due, RDY_FOREVER);
    loop_remove(&announcer->round->loop, announcer->answers);
    rdy_slab_free(&announcer->inquiries);
    free(announcer);
}
