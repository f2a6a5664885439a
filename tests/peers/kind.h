#ifndef STORY_PEERS_KIND_H
#define STORY_PEERS_KIND_H

#include <stdbool.h>
#include <stddef.h>

enum peer_kind {
    PEER_GOOD,
    PEER_REFUSED,
    PEER_CLOSING_EARLY,
    PEER_RESETTING,
    PEER_UNRESPONSIVE,
    PEER_WRONG_INFO_HASH,
    PEER_WRONG_PROTOCOL,
    PEER_SILENT,
    PEER_DRIPPING,
    PEER_SILENT_AFTER_HANDSHAKE,
    PEER_CLOSING_AT_BITFIELD,
    PEER_RESETTING_AT_BITFIELD,
    PEER_INCOMPLETE,
    PEER_EMPTY,
    PEER_HAVE_NONE,
    PEER_OVERSIZED,
    PEER_PROTOCOL_ERROR,
    PEER_CHOKING,
    PEER_CHOKING_LATER,
    PEER_REJECTING,
    PEER_BAD_PIECE,
    PEER_CLOSING_AT_REQUEST,
    PEER_RESETTING_AT_REQUEST,
    PEER_DRIPPING_BLOCKS,
    PEER_SLOW_UNCHOKE,
    PEER_OUT_OF_ORDER,
    PEER_UNKNOWN_MESSAGES,
    PEER_KINDS,
};

/* What a peer does when a step of its conversation is due. */
enum deed {
    DEED_RIGHT, /* as a good peer: answers the handshake, has all pieces, unchokes at once, sends blocks */
    DEED_NOTHING,
    DEED_CLOSE,
    DEED_RESET,
    DEED_DRIP, /* as a good peer, but one byte at each tick */
    DEED_ANOTHER_HASH,
    DEED_WEB_SERVER,
    DEED_PARTIAL_BITFIELD,
    DEED_UNCHOKE_ONLY,
    DEED_HAVE_NONE,
    DEED_OVERSIZED_LENGTH,
    DEED_MALFORMED_MESSAGE,
    DEED_CHATTER, /* keep-alives and haves at each tick, but never the step */
    DEED_LATER,   /* at a later tick */
    DEED_CHOKE,
    DEED_REJECT,
    DEED_WRONG_BYTES,
    DEED_REVERSE,
};

struct behaviour {
    const char *name; /* the word for it, both on the command line and in the output */
    const char *help;
    bool needs_content;  /* what it says depends on the torrent */
    bool needs_ticks;    /* it acts by itself, as time goes by */
    bool speaks_fast;    /* BEP 6 */
    bool chats;          /* with messages in between that nobody has to know */
    enum deed handshake; /* once the asker's handshake is whole */
    enum deed bitfield;  /* at once after that */
    enum deed unchoke;   /* when the asker is interested */
    enum deed request;
};

/* How peers of that kind behave; refused, unresponsive and silent ones never come to the first step. */
const struct behaviour *behaviour_of(enum peer_kind kind);

#endif
