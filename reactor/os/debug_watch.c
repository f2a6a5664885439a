#include "reactor/os/debug_watch.h"

#include <stdlib.h>

#include "reactor/os/debug_report.h"
#include "reactor/os/process.h"

static struct {
    pthread_mutex_t lock; /* taken last */
    struct rdy_debug_watch *first;
} watches = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void lock_watches(void)
{
    pthread_mutex_lock(&watches.lock);
}

static void unlock_watches(void)
{
    pthread_mutex_unlock(&watches.lock);
}

/* ---- sources that never come back ---- */

static void report_missing(const struct rdy_debug_table *table)
{
    for (int fd = 0; fd < table->size; fd++)
        if (table->records[fd] != NULL)
            rdy_debug_report_never_returned(table->records[fd]);
}

/* After all functions of atexit(3) and, by its number, after the program's destructors: they may close sources. */
__attribute__((destructor(101))) static void look_at_exit(void)
{
    lock_watches();
    for (const struct rdy_debug_watch *watch = watches.first; watch != NULL; watch = watch->next)
        if (watch->closed && watch->process_mark == rdy_process_mark())
            report_missing(&watch->table);
    unlock_watches();
}

/* ---- beginning and ending ---- */

/* A child of fork(2) may open polls of its own: the lock must be free there. */
static void prepare(void)
{
    (void)pthread_atfork(lock_watches, unlock_watches, unlock_watches);
}

void rdy_debug_watch_begin(struct rdy_debug_watch *watch, struct rdy_debug_state *owner)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, prepare);
    watch->process_mark = rdy_process_mark();
    watch->owner = owner;
    owner->watch = watch;
    lock_watches();
    watch->next = watches.first;
    watches.first = watch;
    unlock_watches();
}

/* The lock of all watches is held. */
static void free_if_done(struct rdy_debug_watch *watch)
{
    if (!watch->closed || watch->table.count > 0)
        return;
    struct rdy_debug_watch **link = &watches.first;
    while (*link != watch)
        link = &(*link)->next;
    *link = watch->next;
    watch->owner->watch = NULL;
    rdy_debug_table_free(&watch->table);
    free(watch);
}

/* In a child the table may be as a thread of the parent left it half changed: it is left alone. */
void rdy_debug_watch_end(struct rdy_debug_watch *watch, bool inherited)
{
    lock_watches();
    if (inherited) {
        watch->owner->watch = NULL;
    } else {
        watch->closed = true;
        free_if_done(watch);
    }
    unlock_watches();
}

void rdy_debug_watch_return(struct rdy_debug_state *owner, int fd)
{
    lock_watches();
    struct rdy_debug_watch *watch = owner->watch;
    if (watch != NULL) {
        free(rdy_debug_table_take(&watch->table, fd));
        free_if_done(watch);
    }
    unlock_watches();
}
