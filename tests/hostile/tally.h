#ifndef RDY_TESTS_HOSTILE_TALLY_H
#define RDY_TESTS_HOSTILE_TALLY_H

#include <stdint.h>
#include <stdio.h>

#include "bench/load/latency.h"

/* What became of the clients of a crowd. Each one that was connected has ended, was dismissed, left, or is lost. */
struct tally {
    uint64_t attempts;
    uint64_t connected;
    uint64_t unanswered;  /* no connection in time */
    uint64_t local;       /* no socket or port here: tried again */
    uint64_t ended;       /* read to the end */
    uint64_t ended_bytes; /* of these and of the dismissed: sent, and all of them received */
    uint64_t dismissed;   /* parked, and sent away by the server for being idle: all had come back */
    uint64_t left;        /* went on purpose; what it had received was right */
    uint64_t left_sent;
    uint64_t left_received;
    uint64_t silent;           /* of them, without a packet */
    uint64_t lost;             /* wrong bytes, or an end or an error that it did not ask for */
    struct latency round_trip; /* of those who wait for the echo of each message */
};

void tally_print(const struct tally *tally, const char *title);

#endif
