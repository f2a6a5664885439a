#ifndef RDY_BENCH_LOAD_TRAFFIC_H
#define RDY_BENCH_LOAD_TRAFFIC_H

#include <stdint.h>

#include "bench/load/lane.h"

enum { TRAFFIC_BATCH = 1024 }; /* events a wait */

struct epoll_event;
struct traffic;

/* What is done with the lanes: they stay connected, or are connected anew for each message. */
struct traffic_kind {
    /* Releases up to `count` messages on an idle lane. */
    void (*start)(struct traffic *traffic, struct lane *lane, uint64_t count);
    /* Answers may have come; each releases the next message, as `left` allows. */
    void (*serve)(struct traffic *traffic, struct lane *lane, uint32_t events);
};

/*
 * Lanes, one thread and edge-triggered epoll. A lane that fails, or whose answer is wrong, is closed, counted and
 * left alone; the first is also reported on stderr.
 */
struct traffic {
    const struct traffic_kind *kind;
    struct lane_shape shape;
    uint16_t port;
    uint32_t count;     /* of lanes */
    uint64_t left;      /* so many messages may still be released */
    uint64_t in_flight; /* so many are released and not answered */
    uint64_t answered;
    uint16_t round;   /* which traffic_run_through has begun, from 1 on */
    uint32_t awaited; /* so many lanes have not been answered in it */
    uint64_t failed;
    uint64_t wrong;
    int epoll;
    size_t lane_size;
    uint8_t *lanes;
};

/* Lanes for `depth` messages in flight each. `latency` takes nothing until the shape says since when. 0 or -errno. */
int traffic_open(struct traffic *traffic, const struct traffic_kind *kind, uint16_t port, uint32_t count,
                 uint32_t depth, uint32_t size, struct latency *latency);
void traffic_close(struct traffic *traffic);

static inline struct lane *traffic_lane(const struct traffic *traffic, uint32_t index)
{
    return (struct lane *)(void *)(traffic->lanes + index * traffic->lane_size);
}

/* Starts up to `each` messages on each idle lane, while `left` allows it. */
void traffic_start(struct traffic *traffic, uint64_t each);

/*
 * One wait and what has come in it, `most` events of it: whether there was something to wait for, and time left. At
 * most TRAFFIC_BATCH.
 */
bool traffic_turn(struct traffic *traffic, int most, int64_t until_ns);

/* Goes on until nothing is in flight, or until that time. */
void traffic_run(struct traffic *traffic, int64_t until_ns);

/* Goes on until `enough_ns`, and then until each lane has been answered since; not beyond `until_ns`. */
void traffic_run_through(struct traffic *traffic, int64_t enough_ns, int64_t until_ns);

/* As traffic_run, but releases nothing more; a lane that still waits for an answer at that time has failed. */
void traffic_finish(struct traffic *traffic, int64_t until_ns);

/* For the kinds. */

/* As epoll_wait(2), at most until that time. */
int traffic_wait(struct traffic *traffic, struct epoll_event *events, int most, int64_t left_ns);

/* Releases at most so many: written by the caller. */
void traffic_release(struct traffic *traffic, struct lane *lane, uint64_t count);

/* Tells epoll of the socket of a lane. 0 or -errno. */
int traffic_watch(struct traffic *traffic, struct lane *lane, uint32_t events);

/* Reads what has come to a lane: whether it goes on. *answers is how many are whole now. */
bool traffic_receive(struct traffic *traffic, struct lane *lane, uint32_t events, uint32_t *answers);

/* Writes what is released. */
void traffic_send(struct traffic *traffic, struct lane *lane);

void traffic_fail(struct traffic *traffic, struct lane *lane, int error);

#endif
