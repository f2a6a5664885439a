#include "libpq_on_rdy.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static void on_ready(struct loop_watch *watch, rdy_event event);

static void unwatch(struct libpq_on_rdy *postgres)
{
    if (postgres->watch == NULL)
        return;
    const int fd = rdy_source_fd(&postgres->watch->source);
    loop_remove(postgres->loop, postgres->watch);
    close(fd);
    postgres->watch = NULL;
}

/*
 * When the server goes away libpq closes its socket within any call that reads, and a call that sends may read: so what
 * is watched is a duplicate, whose number stays ours until the watch is gone.
 */
static int watch(struct libpq_on_rdy *postgres, rdy_interest conditions)
{
    const int fd = fcntl(PQsocket(postgres->connection), F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    const int error = loop_add(postgres->loop, fd, conditions, on_ready, postgres, &postgres->watch);
    if (error != 0)
        close(fd);
    return error;
}

/* A watch that could not be set up is tried again here. */
static void want(struct libpq_on_rdy *postgres, rdy_interest conditions)
{
    int error = 0;
    if (postgres->watch != NULL)
        loop_change(postgres->loop, postgres->watch, conditions);
    else
        error = watch(postgres, conditions);
    if (error != 0)
        loop_fail(postgres->loop, error);
}

/*
 * While it connects, libpq may close its socket and open another, for the next host or for a try without TLS, mostly of
 * the same number: so the watch ends before each step and begins anew after it.
 */
static void step(struct libpq_on_rdy *postgres)
{
    unwatch(postgres);
    const PostgresPollingStatusType next = PQconnectPoll(postgres->connection);
    postgres->connecting = next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING;
    if (next == PGRES_POLLING_OK)
        PQsetnonblocking(postgres->connection, 1);
    if (next != PGRES_POLLING_FAILED)
        want(postgres, next == PGRES_POLLING_WRITING ? RDY_WRITABLE : RDY_READABLE);
    if (!postgres->connecting)
        postgres->ready(postgres);
}

void libpq_on_rdy_flush(struct libpq_on_rdy *postgres)
{
    if (PQflush(postgres->connection) > 0)
        want(postgres, RDY_READABLE | RDY_WRITABLE);
    else if (PQstatus(postgres->connection) == CONNECTION_OK)
        want(postgres, RDY_READABLE);
    else
        unwatch(postgres); /* the last that keeps the connection open */
}

/* The server may have to be read before it reads on: PQflush(3) wants both to be looked at. */
static void on_ready(struct loop_watch *ready, rdy_event event)
{
    struct libpq_on_rdy *postgres = ready->context;
    if (postgres->connecting) {
        step(postgres);
        return;
    }
    if (rdy_event_is_readable(event))
        PQconsumeInput(postgres->connection); /* what fails here shows in the results and in PQstatus */
    libpq_on_rdy_flush(postgres);
    postgres->ready(postgres);
}

int libpq_on_rdy_open(struct loop *loop, const char *words, void (*ready)(struct libpq_on_rdy *postgres),
                      void *context, struct libpq_on_rdy *postgres)
{
    PGconn *connection = PQconnectStart(words);
    if (connection == NULL)
        return -ENOMEM;
    *postgres = (struct libpq_on_rdy){
        .loop = loop, .connection = connection, .connecting = true, .ready = ready, .context = context};
    if (PQstatus(connection) == CONNECTION_BAD) {
        postgres->connecting = false;
        ready(postgres);
        return 0;
    }
    const int error = watch(postgres, RDY_WRITABLE);
    if (error != 0)
        PQfinish(connection);
    return error;
}

void libpq_on_rdy_close(struct libpq_on_rdy *postgres)
{
    unwatch(postgres);
    PQfinish(postgres->connection);
}
