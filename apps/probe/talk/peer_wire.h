#ifndef RDY_APPS_PROBE_TALK_PEER_WIRE_H
#define RDY_APPS_PROBE_TALK_PEER_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The messages that follow the handshake: a length of four bytes, an id and what belongs to it, numbers in
 * network order. Pure calculation, no socket. Nothing is allocated, and nothing kept but the head of a
 * message, whatever length it claims.
 */
enum peer_message {
    PEER_CHOKE, /* BEP 3 */
    PEER_UNCHOKE,
    PEER_INTERESTED,
    PEER_NOT_INTERESTED,
    PEER_HAVE,
    PEER_BITFIELD,
    PEER_REQUEST,
    PEER_PIECE,
    PEER_CANCEL,
    PEER_PORT,         /* BEP 5 */
    PEER_SUGGEST = 13, /* BEP 6 */
    PEER_HAVE_ALL,
    PEER_HAVE_NONE,
    PEER_REJECT,
    PEER_ALLOWED_FAST,
    PEER_EXTENDED = 20, /* BEP 10 */
};

#define PEER_WIRE_BLOCK_MAX   16384 /* bytes of a block, the most that clients ask for and answer */
#define PEER_WIRE_MESSAGE_MAX (UINT32_C(1) << 20)
#define PEER_WIRE_HEAD_MAX    17 /* the length, the id and up to three numbers */

/* Between two slices of what a peer sends. Begin with a zeroed one. */
struct peer_wire {
    uint32_t bitfield_size;           /* the bytes that a bitfield must have; 0 if that is not known */
    uint32_t left;                    /* bytes of the payload that have not come */
    uint8_t head[PEER_WIRE_HEAD_MAX]; /* of the message, as far as it has come */
    uint8_t received;                 /* bytes of it */
};

/* A message, or the next bytes of one that has a payload: of a bitfield the bits, of a piece the block. */
struct peer_part {
    uint8_t id;
    uint32_t index;  /* have, request, piece, cancel, suggest, reject, allowed fast */
    uint32_t begin;  /* request, piece, cancel, reject */
    uint32_t length; /* request, cancel, reject; of a piece its block's bytes, of a bitfield its bytes */
    uint32_t offset; /* of these bytes in the payload */
    const uint8_t *bytes;
    size_t size;
    bool is_last; /* the message ends with this part */
};

/*
 * Takes the next part from *bytes, and moves them and *size on:
 *   1          `part` was filled in; the first of a message comes as soon as its numbers are there, and may be
 *              without bytes
 *   0          all bytes were taken
 *   -EMSGSIZE  the length is more than PEER_WIRE_MESSAGE_MAX (and more than the bitfield has), or a block is
 *              longer than PEER_WIRE_BLOCK_MAX
 *   -EPROTO    the length is not one that a message of that id can have
 * After an error the peer is not to be read on. Messages with other ids, PEER_EXTENDED and PEER_PORT are skipped,
 * and so are keep-alives.
 */
int peer_wire_next(struct peer_wire *wire, const uint8_t **bytes, size_t *size, struct peer_part *part);

/* Write a message and return its size. */
size_t peer_wire_put_interested(uint8_t bytes[PEER_WIRE_HEAD_MAX]);
size_t peer_wire_put_request(uint32_t index, uint32_t begin, uint32_t length,
                             uint8_t bytes[PEER_WIRE_HEAD_MAX]);

#endif
