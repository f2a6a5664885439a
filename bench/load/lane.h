#ifndef RDY_BENCH_LOAD_LANE_H
#define RDY_BENCH_LOAD_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/load/latency.h"

/* What the connections of a run have in common. */
struct lane_shape {
    uint32_t size;           /* of a message, in bytes */
    uint32_t ring_mask;      /* of the times in a lane: their number, a power of two, less one */
    int64_t now_ns;          /* when the last bytes were read */
    int64_t since_ns;        /* messages released before are not measured; INT64_MAX: none is */
    struct latency *latency; /* where the others' latencies go */
};

/*
 * One connection, and how far its messages are. They are released, sent and answered in order, and counted from 0;
 * the counts may wrap. Kept small: thousands of them are visited in an order that no cache foresees.
 */
struct lane {
    int socket;      /* -1 while there is none */
    uint32_t number; /* of the connection, from which the contents follow */
    uint32_t released;
    uint32_t sent;      /* whole ones, */
    uint32_t sent_part; /* and bytes of the next */
    uint32_t answered;
    uint32_t answered_part;
    bool connected;
    bool given_up;         /* it has failed */
    uint16_t round;        /* of its traffic, the last one in which it was answered */
    int64_t released_ns[]; /* of the last ones, a ring */
};

/* One more message is to be sent, from now_ns on. */
static inline void lane_release(struct lane *lane, const struct lane_shape *shape)
{
    lane->released_ns[lane->released & shape->ring_mask] = shape->now_ns;
    lane->released++;
}

/* Writes what is released as far as the system takes it. 0 or a negative errno. */
int lane_send(struct lane *lane, const struct lane_shape *shape);

/*
 * Reads what has come, until nothing is left, checks it, adds latencies and sets now_ns. Without `to_the_end` a
 * short read is the last one: right for sockets that are told of at each arrival, unless they have been closed. The
 * number of messages whose answers are whole now, or a negative errno: -EBADMSG is a wrong byte, or one too many,
 * -ENODATA the end of the stream.
 */
int lane_receive(struct lane *lane, struct lane_shape *shape, bool to_the_end);

/* What lane_send and lane_receive, or the system, meant. */
const char *lane_failure(int error);

#endif
