#ifndef STORY_PEERS_CONVERSATION_H
#define STORY_PEERS_CONVERSATION_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/peers/handshake.h"
#include "tests/peers/outbox.h"
#include "tests/peers/peer.h"
#include "tests/peers/talk.h"

/* One accepted connection, played as the peer's kind wants it. */
struct conversation {
    const struct peer *peer;
    int socket;
    bool is_deaf; /* what comes is thrown away */
    size_t received;
    unsigned char handshake[HANDSHAKE_SIZE]; /* the asker's */
    struct outbox outbox;
    struct talk talk; /* what comes after the handshakes */
};

/* What the socket is to be polled for. */
short conversation_events(const struct conversation *conversation);

/* To be called when the socket has such an event. Returns whether the conversation goes on. */
bool conversation_advance(struct conversation *conversation);

/* To be called every 200 ms: for what happens by itself. Returns whether the conversation goes on. */
bool conversation_tick(struct conversation *conversation);

/* Closes the socket. */
void conversation_end(struct conversation *conversation);

/* The next close of the socket sends a reset; returns false, for a conversation that ends by that. */
bool conversation_reset(const struct conversation *conversation);

/* Sends what is due now; of what drips that is nothing. False after an error. */
bool conversation_send(struct conversation *conversation);

/* Closes the sending half after what is to be sent, and hears no more. */
void conversation_hang_up(struct conversation *conversation);

/* What read(2) said: the end of the stream and every real error end a conversation. */
bool conversation_goes_on_after(ptrdiff_t size);

#endif
