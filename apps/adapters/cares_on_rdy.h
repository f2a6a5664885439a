#ifndef CARES_ON_RDY_H
#define CARES_ON_RDY_H

/* c-ares' look-ups of names on a loop. */

#include <ares.h>

#include "loop.h"

struct cares_on_rdy {
    struct loop *loop;
    ares_channel channel;
    struct loop_timer timer;
    struct cares_socket *sockets; /* a short list: c-ares has no more than two a server */
};

/*
 * Opens a channel with these options (ares_init_options(3)); the callback for sockets is the adapter's, which must not
 * move. Name servers on another port than 53 are set by ares_set_servers_ports_csv(3): ares_set_servers_csv(3)
 * overlooks the ports. ares_library_init(3) is the program's, and to ignore SIGPIPE. An ARES_ status.
 */
int cares_on_rdy_open(struct loop *loop, const struct ares_options *options, int mask,
                      struct cares_on_rdy *cares);

/* To be called after queries were begun: sets the timer for their repetition. */
void cares_on_rdy_schedule(struct cares_on_rdy *cares);

/* Not from within a callback of a query: ares_cancel(3) is what may be called there. */
void cares_on_rdy_close(struct cares_on_rdy *cares);

#endif
