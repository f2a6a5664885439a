#ifndef STORY_PEERS_TALK_H
#define STORY_PEERS_TALK_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/peers/message.h"
#include "tests/peers/peer.h"

struct conversation;

enum {
    LONGEST_HEARD = 4 + 13, /* a request */
    MOST_REQUESTS = 64,
};

/* The part of a conversation after the handshakes. A zeroed one has not begun. */
struct talk {
    unsigned char message[LONGEST_HEARD]; /* the begin of the one that is coming in, and its length */
    size_t received;                      /* of that, with what was thrown away of a longer one */
    struct request requests[MOST_REQUESTS];
    size_t request_count;
    unsigned ticks;
    bool has_fast; /* both sides know BEP 6 */
    bool has_extensions;
    bool is_interested;
    bool is_unchoked;
};

/* Which reserved bits such a peer sets: seeds differ in that. */
bool talk_offers_fast(const struct peer *peer);
bool talk_offers_extensions(const struct peer *peer);

/* Adds what follows the peer's handshake. */
void talk_begin(struct conversation *conversation);

/* Whether more may be read: what is not stays with the system, which then stops the asker. */
bool talk_has_room(const struct talk *talk);

/* Reads what has come and acts on it. These return whether the conversation goes on. */
bool talk_receive(struct conversation *conversation);
bool talk_answer(struct conversation *conversation); /* requests, while what was said before is sent */
bool talk_tick(struct conversation *conversation);

#endif
