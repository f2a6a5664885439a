#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>

#include "reactor/os/backend.h"
#include "reactor/os/notice.h"
#include "reactor/os/poll_flags.h"
#include "reactor/os/registrations.h"
#include "reactor/os/sys.h"

/*
 * select(2) knows neither edges nor tokens nor more than one call. A registration keeps its armed conditions:
 *
 *     armed ---- select finds it ready ----> reported:  EDGE      that condition is disarmed
 *       ^                                               ONESHOT   all are
 *       |                                               LEVEL     none is
 *       +--- would block (its own direction), or reregister (all)
 *
 * A wait sleeps on a snapshot of what was armed; who arms more meanwhile wakes it, and it comes back with a
 * new one.
 */

enum { READ, WRITE, EXCEPT, SETS };

static const rdy_interest condition_of[SETS] = {RDY_READABLE, RDY_WRITABLE, RDY_PRIORITY};

/*
 * Sets of any size: an array of fd_set has the layout of one large set, for FD_SETSIZE is a multiple of every
 * word that systems use. The kernels named below look only at the first argument of select(2) for its size.
 */
struct sets {
    fd_set *set[SETS];
    size_t blocks; /* fd_sets in each */
};

#if defined(__linux__) || defined(__APPLE__) || defined(__FreeBSD__) || defined(__NetBSD__) ||               \
    defined(__OpenBSD__) || defined(__DragonFly__)
static const size_t most_blocks = SIZE_MAX / sizeof(fd_set) / SETS;
#else
static const size_t most_blocks = 1;
#endif

struct select_state {
    pthread_mutex_t *lock;
    struct rdy_notice notice;
    struct rdy_registrations table;
    struct sets sets;  /* of the wait that is under way: nobody else touches them */
    struct sets spare; /* larger ones for the next wait, made when a high descriptor was added */
    int next;          /* where the next look at the results begins, so that nobody starves */
};

static int make_sets(size_t blocks, struct sets *sets)
{
    fd_set *room = calloc(blocks * SETS, sizeof *room);
    if (room == NULL)
        return -ENOMEM;
    for (size_t kind = 0; kind < SETS; kind++)
        sets->set[kind] = room + kind * blocks;
    sets->blocks = blocks;
    return 0;
}

static void free_sets(struct sets *sets)
{
    free(sets->set[0]);
    *sets = (struct sets){0};
}

/* Sees to it that the next wait has room for the descriptor, so that it need not allocate. */
static int reserve(struct select_state *state, int fd)
{
    const size_t blocks = (size_t)fd / FD_SETSIZE + 1;
    if (blocks > most_blocks)
        return -EMFILE;
    if (blocks <= state->sets.blocks || blocks <= state->spare.blocks)
        return 0;
    struct sets larger;
    int error = make_sets(blocks, &larger);
    if (error != 0)
        return error;
    free_sets(&state->spare);
    state->spare = larger;
    return 0;
}

static void adopt_spare(struct select_state *state)
{
    if (state->spare.blocks <= state->sets.blocks)
        return;
    free_sets(&state->sets);
    state->sets = state->spare;
    state->spare = (struct sets){0};
}

static void put(struct sets *sets, int kind, int fd)
{
    FD_SET((unsigned)fd % FD_SETSIZE, &sets->set[kind][fd / FD_SETSIZE]);
}

static bool has(const struct sets *sets, int kind, int fd)
{
    return FD_ISSET((unsigned)fd % FD_SETSIZE, &sets->set[kind][fd / FD_SETSIZE]);
}

static int select_open(void *opaque, pthread_mutex_t *lock)
{
    struct select_state *state = opaque;
    state->lock = lock;
    int error = rdy_notice_open(&state->notice);
    if (error != 0)
        return error;
    error = reserve(state, state->notice.reader);
    if (error != 0)
        rdy_notice_close(&state->notice);
    return error;
}

static void select_close(void *opaque, bool inherited)
{
    struct select_state *state = opaque;
    (void)inherited; /* all of it is this process's own */
    rdy_notice_close(&state->notice);
    rdy_registrations_free(&state->table);
    free_sets(&state->sets);
    free_sets(&state->spare);
}

static int select_add(void *opaque, int fd, rdy_token token, rdy_interest interest)
{
    struct select_state *state = opaque;
    if (interest & RDY_EXCLUSIVE)
        return -ENOTSUP;
    int error = reserve(state, fd);
    return error != 0 ? error : rdy_registrations_add(&state->table, fd, token, interest);
}

static int select_change(void *opaque, int fd, rdy_token token, rdy_interest interest)
{
    struct select_state *state = opaque;
    return rdy_registrations_change(&state->table, fd, token, interest);
}

static int select_remove(void *opaque, int fd)
{
    struct select_state *state = opaque;
    return rdy_registrations_remove(&state->table, fd);
}

/* What can never become unready by itself: the directions that were shut down. */
static rdy_interest ended(rdy_interest interest)
{
    return (interest & RDY_SHUT_READ ? RDY_READABLE : 0) | (interest & RDY_SHUT_WRITE ? RDY_WRITABLE : 0);
}

static int select_rearm(void *opaque, int fd, rdy_interest direction)
{
    struct select_state *state = opaque;
    struct rdy_registration *entry = rdy_registrations_find(&state->table, fd);
    if (entry == NULL)
        return -ENOENT;
    if (entry->interest & RDY_ONESHOT)
        return 0;
    const rdy_interest before = entry->armed;
    entry->armed |= direction & entry->interest & ~ended(entry->interest);
    return entry->armed != before;
}

static void select_wake(void *opaque)
{
    struct select_state *state = opaque;
    rdy_notice_post(state->notice.writer);
}

static void put_armed(struct sets *sets, int fd, rdy_interest armed)
{
    for (int kind = 0; kind < SETS; kind++)
        if (armed & condition_of[kind])
            put(sets, kind, fd);
}

/* Fills the sets with what is armed and returns select's first argument. */
static int take_snapshot(struct select_state *state)
{
    const struct rdy_registrations *table = &state->table;
    adopt_spare(state);
    memset(state->sets.set[0], 0, state->sets.blocks * SETS * sizeof(fd_set));
    put(&state->sets, READ, state->notice.reader);
    for (int fd = 0; fd < table->end; fd++)
        put_armed(&state->sets, fd, table->entries[fd].armed);
    return table->end > state->notice.reader ? table->end : state->notice.reader + 1;
}

/* A timeval, rounded up; cut to a day, which every kernel takes and after which the caller comes again. */
static struct timeval *timeval_of(int64_t timeout_ns, struct timeval *time)
{
    const int64_t longest = INT64_C(86400) * 1000000;
    if (timeout_ns < 0)
        return NULL;
    int64_t microseconds = timeout_ns / 1000 + (timeout_ns % 1000 != 0);
    if (microseconds > longest)
        microseconds = longest;
    time->tv_sec = (time_t)(microseconds / 1000000);
    time->tv_usec = (suseconds_t)(microseconds % 1000000);
    return time;
}

/*
 * A descriptor was closed behind our back: like epoll, say nothing more of it. Its registration stays, so
 * that deregister can tell. Or it was removed and closed as select began, and there is nothing to do. -EBADF
 * if it is our own.
 */
static int silence_closed(struct select_state *state)
{
    for (int fd = 0; fd < state->table.end; fd++)
        if (state->table.entries[fd].armed != 0 && !rdy_sys_is_open(fd))
            state->table.entries[fd].armed = 0;
    return rdy_sys_is_open(state->notice.reader) ? 0 : -EBADF;
}

/* Bits of poll(2) that a registration did not ask for. */
static uint32_t unasked_bits(rdy_interest interest)
{
    uint32_t bits = 0;
    if (!(interest & RDY_READABLE))
        bits |= POLLIN | POLLRDHUP;
    if (!(interest & RDY_WRITABLE))
        bits |= POLLOUT;
    if (!(interest & RDY_PRIORITY))
        bits |= POLLPRI;
    return bits;
}

/*
 * select says ready and no more; poll(2), which takes nothing away, tells a close from data. Where it knows
 * nothing (POLLNVAL for terminals on some macOS), what select has seen must do.
 */
static uint32_t flags_of(int fd, rdy_interest interest, rdy_interest seen)
{
    struct pollfd more = {.fd = fd, .events = (short)(POLLIN | POLLOUT | POLLPRI | POLLRDHUP)};
    if (poll(&more, 1, 0) <= 0 || (more.revents & POLLNVAL) != 0)
        return seen;
    uint32_t flags = rdy_flags_from_poll((uint32_t)more.revents & ~unasked_bits(interest));
    if (!(interest & (RDY_READABLE | RDY_PRIORITY)))
        flags &= ~RDY_EVENT_READABLE;
    if (!(interest & RDY_WRITABLE))
        flags &= ~RDY_EVENT_WRITABLE;
    return flags | seen; /* somebody else may have changed it since */
}

static void disarm(struct rdy_registration *entry, rdy_interest reported)
{
    if (entry->interest & RDY_ONESHOT)
        entry->armed = 0;
    else if (!(entry->interest & RDY_LEVEL))
        entry->armed &= ~reported;
}

/*
 * The conditions that the snapshot found ready and that are still armed. What was closed behind our back while
 * select slept is "ready" too, and what is another file's by now may well be: both are silenced.
 */
static rdy_interest seen_of(const struct sets *sets, int fd, struct rdy_registration *entry)
{
    rdy_interest seen = 0;
    for (int kind = 0; kind < SETS; kind++)
        if ((entry->armed & condition_of[kind]) && has(sets, kind, fd))
            seen |= condition_of[kind];
    if (seen == 0 || !rdy_backend_has_lost(rdy_registrations_check(entry, fd)))
        return seen;
    entry->armed = 0;
    return 0;
}

/* Registrations made while select slept have a generation above `newest`: the results are not theirs. */
static int collect(struct select_state *state, int end, uint64_t newest, rdy_event *events, int capacity)
{
    int count = 0;
    if (end > state->table.end)
        end = state->table.end;
    for (int looked = 0; looked < end && count < capacity; looked++) {
        const int fd = state->next < end ? state->next : 0;
        state->next = fd + 1;
        struct rdy_registration *entry = &state->table.entries[fd];
        const rdy_interest seen = entry->generation > newest ? 0 : seen_of(&state->sets, fd, entry);
        if (seen == 0)
            continue;
        const uint32_t flags = flags_of(fd, entry->interest, seen);
        disarm(entry, seen | (flags & RDY_CONDITIONS));
        events[count++] =
            (rdy_event){.token = entry->token, .flags = flags | rdy_shut_flags(entry->interest, flags)};
    }
    return count;
}

/* Takes a snapshot and sleeps on it. */
static int sleep_once(struct select_state *state, int64_t timeout_ns, int *end, uint64_t *newest)
{
    struct timeval time;
    pthread_mutex_lock(state->lock);
    *end = take_snapshot(state);
    *newest = state->table.generation;
    pthread_mutex_unlock(state->lock);

    fd_set **set = state->sets.set;
    return (int)rdy_sys_result(
        select(*end, set[READ], set[WRITE], set[EXCEPT], timeval_of(timeout_ns, &time)));
}

static int select_wait(void *opaque, rdy_event *events, int capacity, int64_t timeout_ns)
{
    struct select_state *state = opaque;
    int end;
    uint64_t newest;
    int count = sleep_once(state, timeout_ns, &end, &newest);
    while (count == -EBADF) { /* it has not slept, and looked at nobody */
        pthread_mutex_lock(state->lock);
        const int error = silence_closed(state);
        pthread_mutex_unlock(state->lock);
        if (error != 0)
            return error;
        count = sleep_once(state, timeout_ns, &end, &newest);
    }
    if (count <= 0)
        return count;

    pthread_mutex_lock(state->lock);
    if (has(&state->sets, READ, state->notice.reader))
        rdy_notice_drain(state->notice.reader);
    count = collect(state, end, newest, events, capacity);
    pthread_mutex_unlock(state->lock);
    return count;
}

const struct rdy_backend rdy_backend_select = {
    .name = "select",
    .state_size = sizeof(struct select_state),
    .sleeps_on_snapshot = true,
    .open = select_open,
    .close = select_close,
    .add = select_add,
    .change = select_change,
    .remove = select_remove,
    .wait = select_wait,
    .wake = select_wake,
    .rearm = select_rearm,
};
