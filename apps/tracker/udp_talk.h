#ifndef RDY_APPS_TRACKER_UDP_TALK_H
#define RDY_APPS_TRACKER_UDP_TALK_H

#include "apps/tracker/round.h"
#include "net/udp_socket.h"

/*
 * The talk with one address of a UDP tracker (BEP 15): it asks for a connection id, unless it has one of the last
 * minute, and announces. It asks again and again, with pauses of 1 s, 2 s, 4 s, ..., and has no deadline of its own.
 * Only packets from that address with the number of the question count; any other is overlooked.
 */
struct udp_talk {
    /* The caller's. */
    struct round *round;
    const char *path;        /* of the URL, with its query; NULL for none */
    struct association with; /* the address; of an earlier talk also the rest, else zeroed */
    void (*connected)(void *context, struct udp_talk *talk); /* there is a connection id */
    /* It is closed, and here is the reply, the callee's to free; or NULL and why there is none. */
    void (*ended)(void *context, struct udp_talk *talk, struct tracker_reply *reply, const char *problem);
    void *context;
    /* The talk's. */
    enum { TALK_CLOSED, TALK_CONNECTING, TALK_ANNOUNCING } state;
    rdy_udp_socket socket;
    struct loop_watch *watch;
    struct loop_timer resend;
    uint32_t transaction_id;
    unsigned sent;        /* questions since the last answer */
    bool has_lost_answer; /* it has ended because there was no memory for one */
};

/* Begins; from now on it must not move. 0 or a negative errno, and then it is closed. */
int udp_talk_open(struct udp_talk *talk);

/* Breaks it off, without a word to the caller. A closed or zeroed one is fine. */
void udp_talk_close(struct udp_talk *talk);

#endif
