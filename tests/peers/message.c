#include "tests/peers/message.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>

#include "tests/peers/fail.h"

uint32_t message_number(const unsigned char bytes[4])
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void add_number(struct outbox *outbox, uint32_t number)
{
    const uint32_t big_endian = htonl(number);
    outbox_add(outbox, &big_endian, sizeof(big_endian));
}

static void add_head(struct outbox *outbox, enum message_id id, size_t payload_size)
{
    const unsigned char byte = (unsigned char)id;
    add_number(outbox, (uint32_t)payload_size + 1);
    outbox_add(outbox, &byte, 1);
}

void message_add(struct outbox *outbox, enum message_id id, const void *payload, size_t size)
{
    add_head(outbox, id, size);
    if (size > 0)
        outbox_add(outbox, payload, size);
}

void message_add_number(struct outbox *outbox, enum message_id id, uint32_t number)
{
    add_head(outbox, id, 4);
    add_number(outbox, number);
}

void message_add_keep_alive(struct outbox *outbox)
{
    add_number(outbox, 0);
}

void message_add_oversized_length(struct outbox *outbox)
{
    add_number(outbox, 0x7fffffff);
}

void message_add_extended_handshake(struct outbox *outbox)
{
    static const char payload[] = "\0d1:md11:ut_metadatai1eee";
    message_add(outbox, MESSAGE_EXTENDED, payload, sizeof(payload) - 1);
}

static bool names(enum pieces pieces, size_t piece)
{
    return pieces == PIECES_ALL || (pieces == PIECES_EVERY_OTHER && piece % 2 == 1);
}

void message_add_bitfield(struct outbox *outbox, const struct content *content, enum pieces pieces,
                          size_t excess)
{
    const size_t size = (content->piece_count + 7) / 8 + excess;
    unsigned char *bits = calloc(size, 1);
    if (bits == NULL)
        fail("memory");
    for (size_t piece = 0; piece < content->piece_count; piece++)
        if (names(pieces, piece))
            bits[piece / 8] |= (unsigned char)(0x80 >> piece % 8);
    message_add(outbox, MESSAGE_BITFIELD, bits, size);
    free(bits);
}

void message_add_reject(struct outbox *outbox, const struct request *request)
{
    add_head(outbox, MESSAGE_REJECT, 12);
    add_number(outbox, request->piece);
    add_number(outbox, request->begin);
    add_number(outbox, request->length);
}

void message_add_piece(struct outbox *outbox, const struct request *request, const unsigned char *block,
                       unsigned char mask)
{
    add_head(outbox, MESSAGE_PIECE, 8 + request->length);
    add_number(outbox, request->piece);
    add_number(outbox, request->begin);
    outbox_add(outbox, block, request->length);
    for (size_t i = outbox->size - request->length; i < outbox->size; i++)
        outbox->bytes[i] ^= mask;
}
