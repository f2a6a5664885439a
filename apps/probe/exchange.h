#ifndef RDY_APPS_PROBE_EXCHANGE_H
#define RDY_APPS_PROBE_EXCHANGE_H

#include <stddef.h>
#include <stdint.h>

#include "apps/probe/handshake.h"
#include "apps/probe/mode.h"
#include "apps/probe/outcome.h"
#include "net/tcp_stream.h"

struct content;
struct metainfo;

/* More pieces than any torrent has: all of them. */
#define EXCHANGE_ALL_PIECES UINT32_MAX

/*
 * What is wanted of every peer; borrowed by all exchanges of a run. A time-out below 0 never comes.
 *
 * The peer at `index` of the list is asked for `pieces` pieces in a row, the first of which is number
 * `index * pieces` modulo their count: neighbours in the list are asked for different ones.
 */
struct exchange_settings {
    enum mode mode; /* beyond MODE_CONNECT */
    uint8_t
        greeting[HANDSHAKE_SIZE];   /* our handshake; beyond MODE_HANDSHAKE with handshake_offer_extensions */
    const struct metainfo *torrent; /* NULL if only its info-hash is known: not in MODE_REQUEST */
    uint32_t pieces;                /* how many to request from each peer, at least 1 */
    int64_t handshake_timeout_ns;   /* for the peer's handshake, from the moment it is connected */
    int64_t unchoke_timeout_ns;     /* for bitfield and unchoke together, from the end of the handshake */
    int64_t request_timeout_ns;     /* for each piece, from the unchoke or the end of the piece before */
    int64_t total_timeout_ns;       /* for all, from the peer's start: lookup and connect included */
    struct content *content;        /* where pieces are written that were right, or NULL */
};

/* The exchange of handshakes with one peer that is connected. Begin with a zeroed one. */
struct exchange {
    size_t sent;
    struct handshake theirs;
    int error;            /* of our sending, kept until the reading has told what came before it */
    enum outcome outcome; /* once exchange_advance has said that it is over */
};

/*
 * Sends ours and judges theirs as far as it can. -EAGAIN while it is not decided; 0 if all was right; else a
 * negative errno: the stream's, or -EPROTO if only the outcome tells what was wrong.
 */
int exchange_advance(struct exchange *exchange, const uint8_t ours[HANDSHAKE_SIZE], rdy_tcp_stream *stream);

#endif
