#ifndef STORY_PEERS_CONVERSATION_H
#define STORY_PEERS_CONVERSATION_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/peers/handshake.h"
#include "tests/peers/peer.h"

/* One accepted connection, played as the peer's kind wants it. */
struct conversation {
    const struct peer *peer;
    int socket;
    size_t received;
    size_t dripped;
    unsigned char handshake[HANDSHAKE_SIZE]; /* the asker's; a dripping peer's own once it has been asked */
};

/* To be called when the socket is readable. Both return whether the conversation goes on; the caller closes.
 */
bool conversation_receive(struct conversation *conversation);

/* Sends a dripping peer's next byte; nothing if there is none to send. */
bool conversation_drip(struct conversation *conversation);

#endif
