#ifndef RDY_APPS_ECHO_LISTENER_H
#define RDY_APPS_ECHO_LISTENER_H

#include <stdbool.h>

#include "apps/echo/socket_file.h"
#include "net/listener.h"
#include "net/tcp_listener.h"
#include "net/unix_listener.h"
#include "reactor/registry.h"

/*
 * One listening socket of one worker. Edge-triggered: an event makes it READY, and it stays so until accept
 * has nothing more.
 */
typedef enum echo_listener_state {
    LISTENER_CLOSED,
    LISTENER_WAITING,  /* for an event */
    LISTENER_READY,    /* accept now */
    LISTENER_PAUSED,   /* clients may wait, and there is no room for them */
    LISTENER_RETRYING, /* as READY; the pause is over when a client is accepted, or none waits */
} echo_listener_state;

typedef struct echo_listener {
    rdy_tcp_listener tcp; /* one of the two is open */
    rdy_unix_listener local;
    socket_file file; /* of the Unix one */
    rdy_source kept;  /* a client for whom there was no room yet */
    unsigned misses;  /* clients in a row that were gone when they were accepted */
    echo_listener_state state;
} echo_listener;

/*
 * Whether a TCP address is free: 0 or a negative errno. Sharing it among the workers would share it with
 * another server too.
 */
int echo_listener_try(const rdy_address *address);

/*
 * Binds, listens and registers. 0 or a negative errno. `address` gets the real port. `shared`: several
 * workers listen on the address.
 */
int echo_listener_open(echo_listener *listener, rdy_address *address, bool shared, rdy_registry *registry,
                       rdy_token token);

/* Accepts one client of either kind, first the one that was kept. 0 or a negative errno for rdy_accept_advise. */
int echo_listener_accept(echo_listener *listener, rdy_source *stream);

/* Takes back the client that was accepted last, for whom there is no room: it is in front of the queue. */
void echo_listener_keep(echo_listener *listener, rdy_source stream);

/* Says that clients may wait who will be accepted without another event: rdy_source_defer. */
void echo_listener_defer(echo_listener *listener);

/* Closes, also whom it keeps, and removes the file of a Unix listener. A closed one is fine. */
void echo_listener_close(echo_listener *listener);

#endif
