#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/event.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "reactor/os/backend.h"
#include "reactor/os/notice.h"
#include "reactor/os/registrations.h"
#include "reactor/os/sys.h"

/*
 * kqueue(2) keeps a filter for each condition, not a registration: EV_ADD of one that is there changes it
 * without a word, each filter fires by itself, and a one-shot filter leaves its neighbour armed. The table
 * makes one registration of them. Filters carry its generation, so that what was fetched before a change is
 * not taken for what comes after.
 */

/* Events fetched by one wait at most: they lie on the stack. */
enum { BATCH = 256 };

struct kqueue_state {
    int fd;
    pthread_mutex_t *lock;
    struct rdy_registrations table;
    struct rdy_notice notice; /* where EVFILT_USER is missing; else both ends are -1 */
    uint64_t batch;
};

/* Its type is intptr_t on NetBSD before 10 and a pointer elsewhere. */
typedef __typeof__(((struct kevent *)0)->udata) user_data;

/* Where it is missing, the filter goes in place of being disabled; the table's `armed` silences its neighbours. */
#ifdef EV_DISPATCH
enum { DISPATCH = EV_DISPATCH };
#else
enum { DISPATCH = EV_ONESHOT };
#endif

#ifdef NOTE_OOB
enum { FILTERS = 3 };
#else
enum { FILTERS = 2 };
#endif

static const struct {
    rdy_interest condition;
    short filter;
    unsigned note;
} filters[FILTERS] = {
    {RDY_READABLE, EVFILT_READ, 0},
    {RDY_WRITABLE, EVFILT_WRITE, 0},
#ifdef NOTE_OOB
    {RDY_PRIORITY, EVFILT_EXCEPT, NOTE_OOB},
#endif
};

static int apply(const struct kqueue_state *state, struct kevent *change)
{
    /*
     * After EINTR the change has been applied (kqueue(2)). EPIPE: the pipe's other end has gone; that is no
     * failure to register, and the other filter or the next write tells.
     */
    if (kevent(state->fd, change, 1, NULL, 0, NULL) == 0 || errno == EINTR || errno == EPIPE)
        return 0;
    return -errno;
}

static int change_filter(const struct kqueue_state *state, int fd, int which, int action, uint64_t generation)
{
    struct kevent change;
    memset(&change, 0, sizeof change);
    EV_SET(&change, (uintptr_t)fd, filters[which].filter, (unsigned short)action, filters[which].note, 0,
           (user_data)(uintptr_t)generation);
    return apply(state, &change);
}

static void delete_filters(const struct kqueue_state *state, int fd, rdy_interest interest)
{
    for (int which = 0; which < FILTERS; which++)
        if (interest & filters[which].condition)
            (void)change_filter(state, fd, which, EV_DELETE, 0); /* what was closed has lost it already */
}

/* Pipes and terminals have no urgent data and no filter for it: who asked for more gets the rest. */
static bool is_beside_the_point(rdy_interest interest, rdy_interest condition)
{
    return condition == RDY_PRIORITY && (interest & RDY_CONDITIONS) != RDY_PRIORITY;
}

/* All of them or none. */
static int add_filters(const struct kqueue_state *state, int fd, const struct rdy_registration *entry)
{
    int action = EV_ADD | EV_ENABLE;
    if (entry->interest & RDY_ONESHOT)
        action |= DISPATCH;
    else if (!(entry->interest & RDY_LEVEL))
        action |= EV_CLEAR;
    for (int which = 0; which < FILTERS; which++) {
        if (!(entry->interest & filters[which].condition))
            continue;
        int error = change_filter(state, fd, which, action, entry->generation);
        if (error != 0 && !is_beside_the_point(entry->interest, filters[which].condition)) {
            delete_filters(state, fd, entry->interest);
            return error;
        }
    }
    return 0;
}

/* An interest for which no filter would ever fire. */
static bool is_deaf(rdy_interest interest)
{
    for (int which = 0; which < FILTERS; which++)
        if (interest & filters[which].condition)
            return false;
    return true;
}

static int kqueue_add(void *opaque, int fd, rdy_token token, rdy_interest interest)
{
    struct kqueue_state *state = opaque;
    if (is_deaf(interest) || (interest & RDY_EXCLUSIVE))
        return -ENOTSUP;
    int error = rdy_registrations_add(&state->table, fd, token, interest);
    if (error != 0)
        return error;
    struct rdy_registration *entry = rdy_registrations_find(&state->table, fd);
    error = add_filters(state, fd, entry);
    if (error != 0)
        rdy_registrations_drop(&state->table, entry);
    return error;
}

/*
 * The flags of a filter that exists do not change by EV_ADD, and its edge does not come back: make it anew. With neither
 * the new filters nor the old ones it is registered no more.
 */
static int kqueue_change(void *opaque, int fd, rdy_token token, rdy_interest interest)
{
    struct kqueue_state *state = opaque;
    struct rdy_registration *entry = rdy_registrations_find(&state->table, fd);
    if (entry == NULL)
        return -ENOENT;
    if (is_deaf(interest))
        return -ENOTSUP;
    const struct rdy_registration before = *entry;
    int error = rdy_registrations_change(&state->table, fd, token, interest);
    if (error == 0 || error == -ENOENT)
        delete_filters(state, fd, before.interest);
    if (error != 0)
        return error;
    error = add_filters(state, fd, entry);
    if (error == 0)
        return 0;
    *entry = before;
    if (add_filters(state, fd, entry) == 0)
        return error;
    rdy_registrations_drop(&state->table, entry);
    return -ENOENT;
}

static int kqueue_remove(void *opaque, int fd)
{
    struct kqueue_state *state = opaque;
    const struct rdy_registration *entry = rdy_registrations_find(&state->table, fd);
    if (entry != NULL)
        delete_filters(state, fd, entry->interest);
    return rdy_registrations_remove(&state->table, fd);
}

/* EVFILT_USER: FreeBSD, macOS, NetBSD 10, DragonFly 4, OpenBSD 7.8. A pipe does for the others. */
#ifdef EVFILT_USER

static int change_user_filter(const struct kqueue_state *state, int action, unsigned note)
{
    struct kevent change;
    memset(&change, 0, sizeof change);
    EV_SET(&change, 0, EVFILT_USER, (unsigned short)action, note, 0, (user_data)0);
    return apply(state, &change);
}

static bool open_user_filter(const struct kqueue_state *state)
{
    return change_user_filter(state, EV_ADD | EV_CLEAR, 0) == 0;
}

static void trigger_user_filter(const struct kqueue_state *state)
{
    (void)change_user_filter(state, 0, NOTE_TRIGGER);
}

static bool is_user_filter(const struct kevent *event)
{
    return event->filter == EVFILT_USER;
}

#else

static bool open_user_filter(const struct kqueue_state *state)
{
    (void)state;
    return false;
}

static void trigger_user_filter(const struct kqueue_state *state)
{
    (void)state; /* never opened */
}

static bool is_user_filter(const struct kevent *event)
{
    (void)event;
    return false;
}

#endif

static int open_notice(struct kqueue_state *state)
{
    int error = rdy_notice_open(&state->notice);
    if (error != 0)
        return error;
    struct kevent change;
    memset(&change, 0, sizeof change);
    EV_SET(&change, (uintptr_t)state->notice.reader, EVFILT_READ, EV_ADD | EV_CLEAR, 0, 0, (user_data)0);
    error = apply(state, &change);
    if (error != 0)
        rdy_notice_close(&state->notice);
    return error;
}

static int kqueue_open(void *opaque, pthread_mutex_t *lock)
{
    struct kqueue_state *state = opaque;
    state->lock = lock;
    state->notice = (struct rdy_notice){.reader = -1, .writer = -1};
    state->fd = kqueue();
    if (state->fd < 0)
        return -errno;
    int error = rdy_sys_set_close_on_exec(state->fd);
    if (error == 0 && !open_user_filter(state))
        error = open_notice(state);
    if (error != 0)
        rdy_sys_close(state->fd);
    return error;
}

static void kqueue_close(void *opaque, bool inherited)
{
    struct kqueue_state *state = opaque;
    if (state->notice.reader >= 0)
        rdy_notice_close(&state->notice);
    if (!inherited) /* a kqueue does not live on in a child (kqueue(2)); the number may be somebody else's
                       there */
        rdy_sys_close(state->fd);
    rdy_registrations_free(&state->table);
}

static void kqueue_wake(void *opaque)
{
    struct kqueue_state *state = opaque;
    if (state->notice.reader >= 0)
        rdy_notice_post(state->notice.writer);
    else
        trigger_user_filter(state);
}

static int kqueue_descriptor(void *opaque)
{
    const struct kqueue_state *state = opaque;
    return state->fd;
}

static bool is_wake(const struct kqueue_state *state, const struct kevent *event)
{
    return is_user_filter(event) || (state->notice.reader >= 0 && (int)event->ident == state->notice.reader &&
                                     (uintptr_t)event->udata == 0);
}

/* libkqueue 2.7 forgets to ask for the end of a stream that also has a filter for writing. */
#ifdef __linux__
enum { UNTOLD_END = POLLRDHUP };
#else
enum { UNTOLD_END = 0 };
#endif

/* Where no filter tells of urgent data, a read that stops at its mark must not look like the last one. */
#ifdef NOTE_OOB
enum { UNTOLD_URGENT = 0 };
#else
enum { UNTOLD_URGENT = POLLPRI };
#endif

/* Bits that poll(2) has to add to what a filter for reading says. */
static int untold_by(const struct kevent *event, rdy_interest interest)
{
    const int wanted = UNTOLD_END | (interest & RDY_PRIORITY ? UNTOLD_URGENT : 0);
    struct pollfd more = {.fd = (int)event->ident, .events = (short)wanted};
    if (wanted == 0 || event->filter != EVFILT_READ || poll(&more, 1, 0) <= 0)
        return 0;
    return more.revents & wanted;
}

/* A close or an error is told by one filter and means both conditions, as far as they were asked for. */
static uint32_t flags_of(const struct kevent *event, rdy_interest interest)
{
    const int untold = untold_by(event, interest);
    const bool ended = (event->flags & EV_EOF) != 0 || (untold & UNTOLD_END) != 0;
    const bool holds_errno = event->filter == EVFILT_READ || event->filter == EVFILT_WRITE; /* `fflags` */
    const bool error = (event->flags & EV_ERROR) != 0 || (ended && holds_errno && event->fflags != 0);
    uint32_t flags = 0;
    if (event->filter == EVFILT_WRITE)
        flags = RDY_EVENT_WRITABLE | (ended ? RDY_EVENT_WRITE_CLOSED : 0);
    else if (event->filter == EVFILT_READ)
        flags = RDY_EVENT_READABLE | (ended ? RDY_EVENT_READ_CLOSED : 0) |
                (untold & UNTOLD_URGENT ? RDY_EVENT_PRIORITY : 0);
    else
        flags = RDY_EVENT_PRIORITY | RDY_EVENT_READABLE;
    if (error)
        flags |= RDY_EVENT_ERROR | (interest & (RDY_READABLE | RDY_WRITABLE));
    return flags | rdy_shut_flags(interest, flags);
}

/*
 * Adds one filter's event to the batch: a new event, or more flags for the one its registration has there.
 * Filters that are stale or belong to a one-shot that has fired are passed over. Returns how many events that
 * adds.
 */
static int merge(struct kqueue_state *state, const struct kevent *from, rdy_event *events, int count)
{
    struct rdy_registration *entry = rdy_registrations_find(&state->table, (int)from->ident);
    if (entry == NULL || (uintptr_t)entry->generation != (uintptr_t)from->udata)
        return 0;
    const uint32_t flags = flags_of(from, entry->interest);
    if (entry->batch == state->batch) {
        events[entry->slot].flags |= flags;
        return 0;
    }
    if (entry->armed == 0)
        return 0;
    if (entry->interest & RDY_ONESHOT)
        entry->armed = 0;
    entry->batch = state->batch;
    entry->slot = count;
    events[count] = (rdy_event){.token = entry->token, .flags = flags};
    return 1;
}

/* A timespec, cut to a day, which every kernel takes and after which the caller comes again. */
static struct timespec *timespec_of(int64_t timeout_ns, struct timespec *time)
{
    const int64_t longest = INT64_C(86400) * 1000000000;
    if (timeout_ns < 0)
        return NULL;
    if (timeout_ns > longest)
        timeout_ns = longest;
    time->tv_sec = (time_t)(timeout_ns / 1000000000);
    time->tv_nsec = (long)(timeout_ns % 1000000000);
    return time;
}

static int kqueue_wait(void *opaque, rdy_event *events, int capacity, int64_t timeout_ns)
{
    struct kqueue_state *state = opaque;
    struct kevent fired[BATCH];
    struct timespec time;
    const int room = capacity < BATCH ? capacity : BATCH;
    const int fetched =
        (int)rdy_sys_result(kevent(state->fd, NULL, 0, fired, room, timespec_of(timeout_ns, &time)));
    if (fetched <= 0)
        return fetched;

    int count = 0;
    pthread_mutex_lock(state->lock);
    state->batch++;
    for (int i = 0; i < fetched; i++) {
        if (!is_wake(state, &fired[i]))
            count += merge(state, &fired[i], events, count);
        else if (state->notice.reader >= 0)
            rdy_notice_drain(state->notice.reader);
    }
    pthread_mutex_unlock(state->lock);
    return count;
}

const struct rdy_backend rdy_backend_kqueue = {
    .name = "kqueue",
    .state_size = sizeof(struct kqueue_state),
    .open = kqueue_open,
    .close = kqueue_close,
    .add = kqueue_add,
    .change = kqueue_change,
    .remove = kqueue_remove,
    .wait = kqueue_wait,
    .wake = kqueue_wake,
    .descriptor = kqueue_descriptor,
};
