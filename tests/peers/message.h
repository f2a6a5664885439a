#ifndef STORY_PEERS_MESSAGE_H
#define STORY_PEERS_MESSAGE_H

#include <stdint.h>

#include "tests/peers/content.h"
#include "tests/peers/outbox.h"

/* The messages after the handshake: a length of four bytes, an id, a payload (BEP 3, 6 and 10). */
enum message_id {
    MESSAGE_CHOKE = 0,
    MESSAGE_UNCHOKE = 1,
    MESSAGE_INTERESTED = 2,
    MESSAGE_HAVE = 4,
    MESSAGE_BITFIELD = 5,
    MESSAGE_REQUEST = 6,
    MESSAGE_PIECE = 7,
    MESSAGE_PORT = 9,
    MESSAGE_SUGGEST = 13,
    MESSAGE_HAVE_ALL = 14,
    MESSAGE_HAVE_NONE = 15,
    MESSAGE_REJECT = 16,
    MESSAGE_ALLOWED_FAST = 17,
    MESSAGE_EXTENDED = 20,
    MESSAGE_OF_NOBODY = 200,
};

struct request {
    uint32_t piece;
    uint32_t begin;
    uint32_t length;
};

uint32_t message_number(const unsigned char bytes[4]);

void message_add(struct outbox *outbox, enum message_id id, const void *payload, size_t size);
void message_add_number(struct outbox *outbox, enum message_id id, uint32_t number);
void message_add_keep_alive(struct outbox *outbox);

/* A message of 2 GiB that ends after its length. */
void message_add_oversized_length(struct outbox *outbox);

/* What the handshake of BEP 10 says when there is nothing to say. */
void message_add_extended_handshake(struct outbox *outbox);

/* Which pieces a bitfield names. Of a torrent of one piece every other one is none. */
enum pieces { PIECES_ALL, PIECES_EVERY_OTHER, PIECES_NONE };

/* `excess` bytes longer than it should be. */
void message_add_bitfield(struct outbox *outbox, const struct content *content, enum pieces pieces,
                          size_t excess);

void message_add_reject(struct outbox *outbox, const struct request *request);

/* Every byte of the block is exclusive-ored with the mask. */
void message_add_piece(struct outbox *outbox, const struct request *request, const unsigned char *block,
                       unsigned char mask);

#endif
