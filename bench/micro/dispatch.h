#ifndef RDY_BENCH_MICRO_DISPATCH_H
#define RDY_BENCH_MICRO_DISPATCH_H

/*
 * What one event costs. Stations stand in a ring, each with a socket to listen on and one that leads to the next
 * station; tokens of one byte are passed along for ever. One hop is one event: a read, a write and its share of a wait.
 */

#include <errno.h>
#include <stdint.h>
#include <sys/socket.h>

#include "bench/micro/micro.h"

struct dispatch_station {
    int in;  /* tokens arrive here */
    int out; /* and go on to the next station from here */
};

/*
 * The most tokens, and how many events a wait has to have room for where one chooses: then a wait brings all that is
 * ready, and all tokens move at one pace. Two may meet at a station only for as long as one of them waits for its turn
 * among the events at hand. The other came after those were fetched and has an event of its own, so edges too need no
 * second read.
 */
enum { DISPATCH_MOST_ACTIVE = 1024 };

/* Passes one token on, if there is one; returns their number. */
static inline unsigned dispatch_pass(const struct dispatch_station *station)
{
    char token;
    const ssize_t count = recv(station->in, &token, 1, 0);
    if (count < 0 && errno == EAGAIN)
        return 0;
    if (count != 1)
        micro_fail("recv");
    if (send(station->out, &token, 1, MSG_NOSIGNAL) != 1)
        micro_fail("send");
    return 1;
}

/* What each library has. Watches the `in` of all stations, which outlive the loop; the end of the program frees it. */
void dispatch_open(const struct dispatch_station *stations, unsigned total);

/* Runs the loop until the tokens have made `goal` hops, or a few more; returns how many. */
uint64_t dispatch_run(uint64_t goal);

#endif
