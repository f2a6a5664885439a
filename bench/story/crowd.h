#ifndef RDY_BENCH_STORY_CROWD_H
#define RDY_BENCH_STORY_CROWD_H

/* Many clients of the story at once, on one epoll loop of its own, which is that of none of the servers. */

#include <stddef.h>
#include <stdint.h>

typedef struct crowd_options {
    uint16_t port;      /* of the server, on 127.0.0.1 */
    size_t clients;     /* all of which begin at once */
    int64_t think_ns;   /* between Y and Z */
    int64_t timeout_ns; /* from connect to the end of the stream; who takes longer gives up */
} crowd_options;

/* How a client can end. */
typedef enum crowd_outcome {
    CROWD_SUCCEEDED, /* the stream ended cleanly after Z, in time */
    CROWD_TIMED_OUT,
    CROWD_REFUSED, /* the connect was */
    CROWD_RESET,   /* or its connection broke otherwise */
    CROWD_WRONG,   /* the server sent what the protocol does not allow, or ended too early */
    CROWD_OUTCOMES,
} crowd_outcome;

typedef struct crowd_result {
    size_t ended[CROWD_OUTCOMES]; /* they add up to the clients */
    size_t highest_concurrency;   /* clients that were connected at the same time, from where they stand */
    size_t highest_served;        /* clients that had their answer and were thinking at the same time */
    size_t answer_count;          /* of the times that follow */
    int64_t *answer_ns;           /* X sent to Y received */
    int64_t *done_ns;             /* connect to the end of the stream, of those that succeeded */
    int64_t wall_ns;              /* first connect to last end */
} crowd_result;

/* Runs all clients to their end. A local fault (no descriptor, no port) ends the program. */
void crowd_run(const crowd_options *options, crowd_result *result);

void crowd_result_free(crowd_result *result);

#endif
