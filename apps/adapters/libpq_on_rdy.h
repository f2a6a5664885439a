#ifndef LIBPQ_ON_RDY_H
#define LIBPQ_ON_RDY_H

/* A connection of libpq on a loop. */

#include <libpq-fe.h>

#include "loop.h"

struct libpq_on_rdy {
    struct loop *loop;
    PGconn *connection;
    struct loop_watch *watch;
    bool connecting;
    void (*ready)(struct libpq_on_rdy *postgres);
    void *context;
};

/*
 * Begins to connect, with the words of PQconnectStart(3): give `hostaddr`, for libpq waits for names; and keep
 * `connect_timeout` by a timer of your own, for libpq leaves that to who polls. `ready` is called when the connection
 * stands or has failed (PQstatus says which; words that are wrong fail at once, from within), and later whenever
 * something has arrived: take results while PQisBusy says no. If the socket cannot be watched then, loop_turn says why.
 * The adapter must not move. 0, or a negative errno after which nothing is open.
 */
int libpq_on_rdy_open(struct loop *loop, const char *words, void (*ready)(struct libpq_on_rdy *postgres),
                      void *context, struct libpq_on_rdy *postgres);

/*
 * To be called after each PQsend..., also one that failed: sends now what the kernel takes and the rest when it takes
 * more.
 */
void libpq_on_rdy_flush(struct libpq_on_rdy *postgres);

/* Not from within `ready`. */
void libpq_on_rdy_close(struct libpq_on_rdy *postgres);

#endif
