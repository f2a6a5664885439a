#ifndef STORY_PEERS_KIND_H
#define STORY_PEERS_KIND_H

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
    PEER_KINDS,
};

/* The word for it, both on the command line and in the output. */
const char *peer_kind_name(enum peer_kind kind);

#endif
