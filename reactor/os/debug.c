#include "reactor/os/debug.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reactor/os/debug_report.h"
#include "reactor/os/debug_table.h"
#include "reactor/os/debug_watch.h"
#include "reactor/os/sys.h"

static struct rdy_debug_watch *watch_of(void *state)
{
    return ((struct rdy_debug_state *)state)->watch;
}

static void refused(void *state, enum rdy_call call, int fd, int error)
{
    rdy_debug_report_refused(watch_of(state)->reported, call, fd, error);
}

/* ---- opening and closing ---- */

static int open_around(const struct rdy_backend *inner, struct rdy_debug_state *state, pthread_mutex_t *lock)
{
    struct rdy_debug_watch *watch = calloc(1, sizeof *watch);
    void *inner_state = calloc(1, inner->state_size);
    int error = watch == NULL || inner_state == NULL ? -ENOMEM : inner->open(inner_state, lock);
    if (error != 0) {
        free(inner_state);
        free(watch);
        return error;
    }
    watch->inner = inner;
    watch->inner_state = inner_state;
    watch->lock = lock;
    rdy_debug_watch_begin(watch, state);
    return 0;
}

static void close_around(void *state, bool inherited)
{
    struct rdy_debug_watch *watch = watch_of(state);
    watch->inner->close(watch->inner_state, inherited);
    free(watch->inner_state);
    rdy_debug_watch_end(watch, inherited);
}

static void returned(void *state, int fd)
{
    rdy_debug_watch_return(state, fd);
}

/* ---- registering ---- */

/* So many make a wait that sleeps come back here, where they are freed, before it sleeps on. */
enum { MOST_RETIRED = 1024 };

static void retire(struct rdy_debug_watch *watch, struct rdy_debug_record *record)
{
    if (watch->waiting == 0)
        free(record);
    else if (rdy_debug_table_retire(&watch->table, record) == MOST_RETIRED)
        watch->inner->wake(watch->inner_state);
}

static int add(void *state, int fd, rdy_token token, rdy_interest interest)
{
    struct rdy_debug_watch *watch = watch_of(state);
    struct rdy_debug_record *record = NULL;
    int error = rdy_debug_table_make(&watch->table, fd, token, interest, &record);
    if (error == 0)
        error = watch->inner->add(watch->inner_state, fd, (rdy_token)record, interest);
    if (error != 0) {
        free(record);
        rdy_debug_report_refused(watch->reported, RDY_CALL_REGISTER, fd, error);
        return error;
    }
    struct rdy_debug_record *former = rdy_debug_table_put(&watch->table, record);
    if (former != NULL)
        rdy_debug_report_lost(former, -EEXIST);
    rdy_debug_table_orphan(&watch->table, former);
    return 0;
}

static int change(void *state, int fd, rdy_token token, rdy_interest interest)
{
    struct rdy_debug_watch *watch = watch_of(state);
    struct rdy_debug_record *former = rdy_debug_table_find(&watch->table, fd);
    struct rdy_debug_record *record = NULL;
    int error = rdy_debug_table_make(&watch->table, fd, token, interest, &record);
    if (error == 0)
        error = watch->inner->change(watch->inner_state, fd, (rdy_token)record, interest);
    if (error == 0) {
        record->marks = former == NULL ? 0 : former->marks & (RDY_DEBUG_TOLD | RDY_DEBUG_DEFERRED);
        retire(watch, rdy_debug_table_put(&watch->table, record));
        return 0;
    }
    free(record);
    if (former == NULL)
        rdy_debug_report_refused(watch->reported, RDY_CALL_REREGISTER, fd, error);
    else if (rdy_backend_has_lost(error) && rdy_debug_record_check(former) != 0) /* else for want of memory */
        rdy_debug_report_lost(former, error);
    if (error == -ENOENT)
        rdy_debug_table_orphan(&watch->table, rdy_debug_table_take(&watch->table, fd));
    return error;
}

static int take_off(void *state, int fd)
{
    struct rdy_debug_watch *watch = watch_of(state);
    struct rdy_debug_record *record = rdy_debug_table_take(&watch->table, fd);
    const int error = watch->inner->remove(watch->inner_state, fd);
    if (error == 0) {
        retire(watch, record);
        return 0;
    }
    if (record == NULL)
        rdy_debug_report_refused(watch->reported, RDY_CALL_DEREGISTER, fd, error);
    else if (rdy_backend_has_lost(error))
        rdy_debug_report_lost(record, error);
    rdy_debug_table_orphan(&watch->table, record); /* events may still come under it */
    return error;
}

/* ---- reading ---- */

/* Nothing was left to read. A short read leaves the end, or the error, that the event told of. */
static void settle(struct rdy_debug_record *record, bool is_short)
{
    record->marks &= ~(unsigned)RDY_DEBUG_DEFERRED;
    if (!is_short || !(record->marks & RDY_DEBUG_OWES_END))
        record->marks &= ~(unsigned)(RDY_DEBUG_OWES_READ | RDY_DEBUG_OWES_END);
}

/* After the end and after an error the program goes by what it knows, whatever events still come. */
static void put_off(struct rdy_debug_record *record)
{
    settle(record, false);
    record->marks |= RDY_DEBUG_DEFERRED;
}

static int pass_on(const struct rdy_debug_watch *watch, int fd, rdy_interest direction)
{
    return watch->inner->rearm == NULL ? 0 : watch->inner->rearm(watch->inner_state, fd, direction);
}

static int rearm(void *state, int fd, rdy_interest direction)
{
    struct rdy_debug_watch *watch = watch_of(state);
    struct rdy_debug_record *record = rdy_debug_table_find(&watch->table, fd);
    if (record != NULL && (direction & RDY_READABLE))
        settle(record, false);
    return pass_on(watch, fd, direction);
}

static int answered(void *state, int fd, rdy_interest direction, ptrdiff_t result, size_t wanted)
{
    struct rdy_debug_watch *watch = watch_of(state);
    struct rdy_debug_record *record = rdy_debug_table_find(&watch->table, fd);
    const bool is_short = result > 0 && (size_t)result < wanted;
    const bool is_last = is_short || result == -EAGAIN;
    if (record != NULL && (direction & RDY_READABLE) && is_last)
        settle(record, is_short);
    else if (record != NULL && (direction & RDY_READABLE) && result <= 0 && wanted > 0)
        put_off(record);
    return is_last ? pass_on(watch, fd, direction) : 0;
}

/* ---- waiting ---- */

static void check_descriptor(struct rdy_debug_record *record)
{
    const int error = rdy_debug_record_check(record);
    if (error != 0)
        rdy_debug_report_lost(record, error);
}

static void check_edge(struct rdy_debug_record *record)
{
    if (!(record->marks & RDY_DEBUG_OWES_READ) || (record->marks & (RDY_DEBUG_DEFERRED | RDY_DEBUG_LOST)))
        return;
    rdy_debug_report_edge(record);
}

/* A wait that does not sleep may be one of a program that has more to do. */
static void check_all(struct rdy_debug_table *table, bool sleeps)
{
    for (int fd = 0; fd < table->size; fd++) {
        struct rdy_debug_record *record = table->records[fd];
        if (record != NULL)
            check_descriptor(record);
        if (record != NULL && sleeps)
            check_edge(record);
    }
}

static void note_edge(struct rdy_debug_record *record, uint32_t flags)
{
    const bool short_read_is_last = rdy_event_is_drained((rdy_event){.flags = flags}, 1, 2);
    if ((record->interest & RDY_TRIGGERS) != RDY_EDGE || (record->interest & flags & RDY_READABLE) == 0)
        return;
    record->marks |= RDY_DEBUG_OWES_READ | (short_read_is_last ? 0U : RDY_DEBUG_OWES_END);
}

_Static_assert(RDY_EVENT_READABLE == RDY_READABLE, "a condition is a flag");

static void begin_wait(struct rdy_debug_watch *watch, bool sleeps)
{
    pthread_mutex_lock(watch->lock);
    if (watch->waiting++ > 0)
        rdy_debug_report_refused(watch->reported, RDY_CALL_WAIT, -1, -EBUSY);
    check_all(&watch->table, sleeps);
    pthread_mutex_unlock(watch->lock);
}

/* The tokens that the backend gave are records, retired ones among them, until the last wait has looked at its own. */
static void end_wait(struct rdy_debug_watch *watch, rdy_event *events, int count)
{
    pthread_mutex_lock(watch->lock);
    for (int i = 0; i < count; i++) {
        struct rdy_debug_record *record = (struct rdy_debug_record *)events[i].token;
        note_edge(record, events[i].flags);
        events[i].token = record->token;
    }
    if (--watch->waiting == 0)
        rdy_debug_table_sweep(&watch->table);
    pthread_mutex_unlock(watch->lock);
}

static int wait_around(void *state, rdy_event *events, int capacity, int64_t timeout_ns)
{
    struct rdy_debug_watch *watch = watch_of(state);
    begin_wait(watch, timeout_ns != 0);
    const int count = watch->inner->wait(watch->inner_state, events, capacity, timeout_ns);
    end_wait(watch, events, count);
    return count;
}

static void wake(void *state)
{
    struct rdy_debug_watch *watch = watch_of(state);
    watch->inner->wake(watch->inner_state);
}

static int descriptor(void *state)
{
    const struct rdy_debug_watch *watch = watch_of(state);
    return watch->inner->descriptor == NULL ? -ENOTSUP : watch->inner->descriptor(watch->inner_state);
}

/* ---- the table of each ---- */

#define AROUND(backend, is_snapshot)                                                                         \
    static int open_around_##backend(void *state, pthread_mutex_t *lock)                                     \
    {                                                                                                        \
        return open_around(&rdy_backend_##backend, state, lock);                                             \
    }                                                                                                        \
    static const struct rdy_backend around_##backend = {                                                     \
        .name = #backend,                                                                                    \
        .state_size = sizeof(struct rdy_debug_state),                                                        \
        .sleeps_on_snapshot = (is_snapshot),                                                                 \
        .open = open_around_##backend,                                                                       \
        .close = close_around,                                                                               \
        .add = add,                                                                                          \
        .change = change,                                                                                    \
        .remove = take_off,                                                                                  \
        .wait = wait_around,                                                                                 \
        .wake = wake,                                                                                        \
        .descriptor = descriptor,                                                                            \
        .rearm = rearm,                                                                                      \
        .answered = answered,                                                                                \
        .refused = refused,                                                                                  \
        .returned = returned,                                                                                \
    }

#ifdef RDY_HAVE_EPOLL
AROUND(epoll, false);
#endif
#ifdef RDY_HAVE_KQUEUE
AROUND(kqueue, false);
#endif
AROUND(select, true);

static const struct rdy_backend *const around[] = {
#ifdef RDY_HAVE_EPOLL
    &around_epoll,
#endif
#ifdef RDY_HAVE_KQUEUE
    &around_kqueue,
#endif
    &around_select,
};

const struct rdy_backend *rdy_debug_around(const struct rdy_backend *backend)
{
    const char *asked = rdy_sys_environment("RDY_DEBUG");
    if (asked == NULL || strcmp(asked, "1") != 0)
        return backend;
    for (size_t i = 0; i < sizeof around / sizeof around[0]; i++)
        if (strcmp(around[i]->name, backend->name) == 0)
            return around[i];
    return backend;
}
