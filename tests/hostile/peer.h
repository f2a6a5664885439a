#ifndef RDY_TESTS_HOSTILE_PEER_H
#define RDY_TESTS_HOSTILE_PEER_H

/*
 * One client that lives its plans. Edge-triggered; each turn does all that can be done.
 *
 *     OUT --> CONNECTING --> TALKING --> HOLDING --> DRAINING --> OUT     shut down, reads to the end
 *                                           +-----------------------> OUT     left on purpose
 */

#include <stdbool.h>
#include <stdint.h>

#include "net/tcp_stream.h"
#include "reactor/registry.h"
#include "reactor/timer_wheel.h"
#include "tests/hostile/plan.h"
#include "tests/hostile/tally.h"

enum peer_state { PEER_OUT, PEER_CONNECTING, PEER_TALKING, PEER_HOLDING, PEER_DRAINING };

struct peer {
    rdy_tcp_stream stream;
    rdy_timer timer; /* the end of patience, gap or hold */
    uint32_t number;
    uint32_t life;
    enum peer_state state;
    bool refused; /* the kernel took no more bytes */
    struct plan plan;
    uint64_t sent;
    uint64_t received;
    int64_t asked_ns; /* when the message that is on its way was sent */
};

/* What the peers of one thread share. */
struct scene {
    const rdy_address *server;
    uint64_t seed;
    enum role role;
    rdy_registry *registry;
    rdy_timer_wheel wheel;
    int64_t now_ns;
    struct tally *tally;
    bool ending;
    unsigned char bytes[64 * 1024]; /* written or read just now */
};

/* Begins its next life. -errno: there is no socket or port for it now. */
int peer_begin(struct peer *peer, struct scene *scene);

/* Something happened, or the peer asked for a turn. */
void peer_advance(struct peer *peer, struct scene *scene);
void peer_on_timer(struct peer *peer, struct scene *scene);

/* The run ends: it sends no more, holds no longer and takes its leave as planned. */
void peer_stop(struct peer *peer, struct scene *scene);

/* Counts as lost, and says why on stderr. */
void peer_lose(struct peer *peer, struct scene *scene, const char *why);

#endif
