#ifndef RDY_TESTS_HOSTILE_CROWD_H
#define RDY_TESTS_HOSTILE_CROWD_H

/* Clients of one role, on a thread and a poll of their own. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "reactor/events.h"
#include "reactor/poll.h"
#include "reactor/waker.h"
#include "tests/hostile/peer.h"

struct crowd {
    struct scene scene;
    struct tally tally;
    struct peer *peers;
    uint32_t count;
    uint64_t lives; /* that may still begin */
    uint32_t alive;
    rdy_poll *poll;
    rdy_events events;
    rdy_waker *waker;
    rdy_timer start; /* another try at what there was no socket or port for */
    rdy_timer patience;
    atomic_bool stop;
    bool gave_up;
    pthread_t thread;
};

/*
 * Starts `count` clients that live one life after another, `lives` in all (0: until they are stopped). They are numbered
 * from `first` on. 0, or a negative errno; the crowd must not move.
 */
int crowd_start(struct crowd *crowd, const rdy_address *server, uint64_t seed, enum role role, uint32_t first,
                uint32_t count, uint64_t lives);

/* Asks them to finish, waits, and frees all but the tally. Who has not finished within a minute is lost. */
void crowd_finish(struct crowd *crowd);

#endif
