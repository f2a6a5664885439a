#ifndef RDY_APPS_PROBE_REPORT_OUTCOME_H
#define RDY_APPS_PROBE_REPORT_OUTCOME_H

#include <stdbool.h>

#include "apps/connect/peer_connector.h"
#include "apps/probe/report/phase.h"

/*
 * How the probe of a peer ended. The words (outcome_word, in brackets here) are stable: programs may read
 * them, and they are the same on every system and in every locale.
 */
enum outcome {
    OUTCOME_NOT_DONE,        /* [not done] interrupted before it was decided */
    OUTCOME_OK,              /* [ok] connected; in handshake mode the whole handshake was right */
    OUTCOME_REFUSED,         /* [refused] nobody listens there */
    OUTCOME_TIMED_OUT,       /* [timed out] a deadline came first; `phase` says which */
    OUTCOME_RESET,           /* [reset] the connection was broken off */
    OUTCOME_CLOSED_EARLY,    /* [closed early] the connection ended before the handshake was whole */
    OUTCOME_WRONG_PROTOCOL,  /* [wrong protocol] the peer's first bytes are not those of BitTorrent */
    OUTCOME_WRONG_INFO_HASH, /* [wrong info-hash] the peer answered with another torrent */
    OUTCOME_INCOMPLETE,      /* [incomplete file] the peer does not have all pieces */
    OUTCOME_CHOKED,          /* [choked] the peer did not let us request, or no longer, until the deadline */
    OUTCOME_BAD_PIECE,       /* [bad piece] what it sent has another SHA-1 than the torrent says */
    OUTCOME_OVERSIZED,       /* [oversized] a message that is longer than any may be */
    OUTCOME_PROTOCOL_ERROR,  /* [protocol error] a message that is none, or not in its place */
    OUTCOME_UNREACHABLE,     /* [unreachable] no way to the host or its network */
    OUTCOME_DENIED,          /* [denied] a firewall or a local rule forbids it */
    OUTCOME_UNKNOWN_NAME,    /* [unknown name] there is no such name */
    OUTCOME_FAILED,          /* [failed] any other error */
    OUTCOME_LOCAL_FAULT, /* [local fault] descriptors, memory, ports, a route or a name server were missing here */
    OUTCOME_DUPLICATE, /* [duplicate] its name stands for the address of another peer in the list */
    OUTCOME_COUNT,
};

/* The word, a static string. */
const char *outcome_word(enum outcome outcome);

/* The outcome of that word; false if there is none. */
bool outcome_from_word(const char *word, enum outcome *outcome);

/*
 * The word with the phase in which it came, "timed out (connect)"; the word alone where the phase says nothing: what
 * went well did so in the mode's last one. Static, or in `name`.
 */
#define OUTCOME_NAME_SIZE 32
const char *outcome_name(enum outcome outcome, enum phase phase, char name[OUTCOME_NAME_SIZE]);

/* The outcome that a negative errno stands for; 0 is OUTCOME_OK. */
enum outcome outcome_from_error(int error);

/* The outcome of a peer that the connector has tried, without what a handshake has told. */
enum outcome outcome_of_peer(const peer_outcome *found);

/* An outcome that tells nothing of the peer, which was not probed, for a reason that is ours. */
struct outcome_aside {
    enum outcome outcome;
    const char *plural; /* what a report calls their number: "local_faults" */
    const char *reason; /* for the table */
};

/* All of these, the last one followed by one without a reason. */
const struct outcome_aside *outcome_asides(void);

/* Whether it says something about the peer: it is not one of the above. */
bool outcome_is_of_peer(enum outcome outcome);

#endif
