#ifndef RDY_APPS_PROBE_TALK_PIECE_REQUEST_H
#define RDY_APPS_PROBE_TALK_PIECE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/probe/talk/peer_wire.h"
#include "apps/torrent/metainfo.h"
#include "apps/torrent/sha1.h"

struct content;

/*
 * Which blocks one peer is asked for, and what becomes of them. No socket.
 *
 * Up to PIECE_REQUEST_WINDOW blocks are under way, in their order and across the ends of pieces, so that none has to
 * wait for a round trip. What comes in order goes into the SHA-1 at once, and nothing is kept. A block that comes
 * before its turn, as it may, is dropped and asked for again when its turn has come.
 */
#define PIECE_REQUEST_WINDOW 16
#define PIECE_REQUEST_BATCH  ((size_t)PIECE_REQUEST_WINDOW * PEER_WIRE_HEAD_MAX)

/* Begin with a zeroed one. */
struct piece_request {
    const struct metainfo *torrent;
    struct content *content;
    struct sha1 sha1;
    uint8_t *kept;  /* the bytes of the piece, if the content wants it */
    uint32_t first; /* piece */
    uint32_t count; /* pieces, from that one on; behind the last one comes the first of the torrent */
    uint32_t nth;   /* of them is coming */
    uint32_t begin; /* in it is the next block's */
    uint8_t asked; /* blocks, from the next one on, have been asked for; of them, bit 0 being the next one: */
    uint16_t early;    /* came before their turn */
    uint16_t rejected; /* the peer does not want to send now */
    uint16_t due;      /* were rejected and may be asked for again */
    bool is_taking;    /* the block that is coming is the next one */
    bool has_voided;   /* a choke has undone requests: their blocks may come nevertheless */
};

/*
 * Begins with `count` pieces of the torrent, at least 1 and at most all, from `first` on. `content` may be NULL. To
 * be ended with piece_request_end. 0 on success, else as sha1_begin.
 */
int piece_request_begin(struct piece_request *request, const struct metainfo *torrent,
                        struct content *content, uint32_t first, uint32_t count);

/* Writes requests for the blocks whose turn it is, a batch at a time. Returns their size, which may be 0. */
size_t piece_request_ask(struct piece_request *request, uint8_t bytes[PIECE_REQUEST_BATCH]);

/* A block begins to come: whether it was to be expected. Asked once, of the first part of a PEER_PIECE. */
bool piece_request_expects(struct piece_request *request, const struct peer_part *part);

enum piece_verdict {
    PIECE_UNFINISHED,
    PIECE_RIGHT,
    PIECE_WRONG,
    PIECE_FAULT, /* SHA-1 or memory failed here */
};

/* Takes the parts of that block, the first one too. PIECE_RIGHT when a piece is whole, also for the last one. */
enum piece_verdict piece_request_take(struct piece_request *request, const struct peer_part *part);

/* Whether all pieces were right. */
bool piece_request_is_done(const struct piece_request *request);

/* PEER_REJECT: whether that was to be expected. The block is due again after an unchoke. */
bool piece_request_reject(struct piece_request *request, const struct peer_part *part);

/* The peer has undone all requests, by a choke (BEP 3). */
void piece_request_void(struct piece_request *request);

/* The peer lets us request again. */
void piece_request_resume(struct piece_request *request);

/* Whether it waits for blocks that the peer has rejected. */
bool piece_request_is_rejected(const struct piece_request *request);

/* Gives back what it holds. NULL and zeroed ones are fine. */
void piece_request_end(struct piece_request *request);

#endif
