#ifndef RDY_APPS_PROBE_TALK_EXCHANGE_H
#define RDY_APPS_PROBE_TALK_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/probe/report/mode.h"
#include "apps/probe/report/outcome.h"
#include "apps/probe/report/phase.h"
#include "apps/probe/talk/handshake.h"
#include "apps/probe/talk/peer_wire.h"
#include "apps/probe/talk/piece_request.h"
#include "net/buffer.h"
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
    /* Our handshake; beyond MODE_HANDSHAKE with handshake_offer_extensions. */
    uint8_t greeting[HANDSHAKE_SIZE];
    const struct metainfo *torrent; /* NULL if only its info-hash is known: not in MODE_REQUEST */
    uint32_t pieces;                /* how many to request from each peer, at least 1 */
    int64_t handshake_timeout_ns;   /* for the peer's handshake, from the moment it is connected */
    int64_t unchoke_timeout_ns;     /* for bitfield and unchoke together, from the end of the handshake */
    int64_t request_timeout_ns;     /* for each piece, from the unchoke or the end of the piece before */
    int64_t total_timeout_ns;       /* for all, lookup, connects and earlier tries included */
    struct content *content;        /* where pieces are written that were right, or NULL */
};

/*
 * The talk with one peer that is connected, through the phases from PHASE_HANDSHAKE on, as far as the mode goes:
 *
 *      handshake    both sides at once (BEP 3), with the bits of BEP 6 and BEP 10
 *      bitfield     the peer's bitfield, HaveAll or HaveNone; any other message of BEP 3 first says that it has
 *                   nothing. All pieces are wanted; what it may get later (HAVE) is not waited for. Without a
 *                   torrent a bitfield is complete if its bits are ones, but for up to seven at its end, which
 *                   may be spare: of peers that lack only those it is not known.
 *      unchoke      we are interested
 *      request      the blocks of the pieces, checked by their SHA-1
 *
 * It is decided once, by what came first; bytes that came before a reset or the end are judged before it.
 */
struct exchange {
    const struct exchange_settings *settings;
    int64_t total_deadline_ns;
    int64_t deadline_ns;           /* of the phase */
    int64_t phase_started_ns;      /* of rdy_clock_now */
    int64_t spent_ns[PHASE_COUNT]; /* in the phases that are over */
    uint64_t bytes;                /* of the pieces that were right */
    uint32_t pieces;               /* that were right */
    size_t index;
    enum phase phase;     /* in which it is, or was decided */
    enum outcome outcome; /* OUTCOME_NOT_DONE until it is decided */
    int error;            /* of our sending, kept until the reading has told what came before it */
    bool is_choked;       /* the peer lets us request nothing */
    bool has_gaps;        /* a bit of its bitfield was 0 */
    bool is_in_block;     /* the numbers of the block that is coming were judged */
    rdy_buffer unsent;
    struct handshake theirs;
    struct peer_wire wire;
    struct piece_request request;
};

/* Bytes that exchange_advance reads at once, into memory that the peers of a thread share. */
#define EXCHANGE_ROOM 20480

/*
 * Begins it with the peer at `index` of the list, whose time for all counts from `started_ns` and that is connected
 * at `now_ns`, both of rdy_clock_now. To be ended with exchange_end. 0 on success, -ENOMEM.
 */
int exchange_begin(struct exchange *exchange, const struct exchange_settings *settings, size_t index,
                   int64_t started_ns, int64_t now_ns);

/*
 * As peer_talk.advance: writes and reads as far as it can, and judges. -EAGAIN while it is not decided, with the
 * next deadline in `deadline_ns`; 0 if all was right; else a negative errno: the stream's, -ETIMEDOUT, or
 * -EPROTO if only the outcome tells what was wrong.
 */
int exchange_advance(struct exchange *exchange, rdy_tcp_stream *stream, uint8_t room[EXCHANGE_ROOM],
                     int64_t *deadline_ns);

/* The part of it that judges `size` bytes which came at `now_ns`; what it answers is left in `unsent`. */
int exchange_feed(struct exchange *exchange, const uint8_t *bytes, size_t size, int64_t now_ns);

/* Gives back what it holds; what it has found stays. NULL, zeroed and ended ones are fine. */
void exchange_end(struct exchange *exchange);

#endif
