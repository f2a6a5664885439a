#include "apps/probe/talk/piece_request.h"

#include <string.h>

#include "apps/probe/talk/content.h"

struct block {
    uint32_t nth; /* piece of the request */
    uint32_t begin;
};

static uint32_t piece_at(const struct piece_request *request, uint32_t nth)
{
    return (uint32_t)(((uint64_t)request->first + nth) % request->torrent->piece_count);
}

static uint32_t piece_size(const struct piece_request *request, uint32_t nth)
{
    return metainfo_piece_size(request->torrent, piece_at(request, nth));
}

static uint32_t block_size(const struct piece_request *request, struct block block)
{
    const uint32_t left = piece_size(request, block.nth) - block.begin;
    return left < PEER_WIRE_BLOCK_MAX ? left : PEER_WIRE_BLOCK_MAX;
}

static struct block block_after(const struct piece_request *request, struct block block)
{
    const uint32_t size = block_size(request, block);
    if (block.begin + size == piece_size(request, block.nth))
        return (struct block){.nth = block.nth + 1};
    return (struct block){.nth = block.nth, .begin = block.begin + size};
}

static struct block next_block(const struct piece_request *request)
{
    return (struct block){.nth = request->nth, .begin = request->begin};
}

static int begin_piece(struct piece_request *request)
{
    if (request->content != NULL)
        request->kept = content_reserve(request->content, piece_at(request, request->nth));
    return sha1_begin(&request->sha1);
}

int piece_request_begin(struct piece_request *request, const struct metainfo *torrent,
                        struct content *content, uint32_t first, uint32_t count)
{
    *request = (struct piece_request){
        .torrent = torrent,
        .content = content,
        .first = first,
        .count = count,
    };
    return begin_piece(request);
}

static size_t put(const struct piece_request *request, struct block block, uint8_t *bytes)
{
    return peer_wire_put_request(piece_at(request, block.nth), block.begin, block_size(request, block),
                                 bytes);
}

size_t piece_request_ask(struct piece_request *request, uint8_t bytes[PIECE_REQUEST_BATCH])
{
    const unsigned again = request->due | (request->early & 1U);
    size_t size = 0;
    struct block block = next_block(request);
    for (unsigned i = 0; i < request->asked; i++, block = block_after(request, block))
        if ((again >> i & 1U) != 0)
            size += put(request, block, bytes + size);
    request->due = 0;
    request->early &= (uint16_t)~1U;
    if (request->asked > PIECE_REQUEST_WINDOW / 2)
        return size; /* a batch at a time */
    for (; request->asked < PIECE_REQUEST_WINDOW && block.nth < request->count; request->asked++) {
        size += put(request, block, bytes + size);
        block = block_after(request, block);
    }
    return size;
}

/* Its place behind the next block, or -1 if the peer does not owe it. */
static int find(const struct piece_request *request, uint32_t index, uint32_t begin, uint32_t length)
{
    struct block block = next_block(request);
    const unsigned answered = request->early | request->rejected | (unsigned)request->due;
    for (int i = 0; i < request->asked; i++, block = block_after(request, block))
        if (piece_at(request, block.nth) == index && block.begin == begin)
            return block_size(request, block) == length && (answered >> i & 1U) == 0 ? i : -1;
    return -1;
}

bool piece_request_expects(struct piece_request *request, const struct peer_part *part)
{
    const int place = find(request, part->index, part->begin, part->length);
    request->is_taking = place == 0;
    if (place > 0)
        request->early |= (uint16_t)(1U << place);
    return place >= 0 || request->has_voided;
}

static void end_keeping(struct piece_request *request)
{
    if (request->content != NULL)
        content_release(request->content, piece_at(request, request->nth), request->kept);
    request->kept = NULL;
}

static enum piece_verdict end_piece(struct piece_request *request)
{
    const uint32_t piece = piece_at(request, request->nth);
    uint8_t digest[SHA1_SIZE];
    if (sha1_end(&request->sha1, digest) < 0)
        return PIECE_FAULT;
    if (memcmp(digest, request->torrent->piece_hashes[piece], SHA1_SIZE) != 0)
        return PIECE_WRONG;
    if (request->kept != NULL)
        content_write(request->content, piece, request->kept);
    end_keeping(request);
    request->begin = 0;
    request->nth++;
    if (piece_request_is_done(request))
        return PIECE_RIGHT;
    return begin_piece(request) < 0 ? PIECE_FAULT : PIECE_RIGHT;
}

enum piece_verdict piece_request_take(struct piece_request *request, const struct peer_part *part)
{
    if (!request->is_taking)
        return PIECE_UNFINISHED;
    sha1_add(&request->sha1, part->bytes, part->size);
    if (request->kept != NULL)
        memcpy(request->kept + request->begin + part->offset, part->bytes, part->size);
    if (!part->is_last)
        return PIECE_UNFINISHED;
    request->begin += part->length;
    request->asked--;
    request->early >>= 1;
    request->rejected >>= 1;
    request->due >>= 1;
    return request->begin == piece_size(request, request->nth) ? end_piece(request) : PIECE_UNFINISHED;
}

bool piece_request_is_done(const struct piece_request *request)
{
    return request->nth == request->count;
}

bool piece_request_reject(struct piece_request *request, const struct peer_part *part)
{
    const int place = find(request, part->index, part->begin, part->length);
    if (place >= 0)
        request->rejected |= (uint16_t)(1U << place);
    return place >= 0;
}

void piece_request_void(struct piece_request *request)
{
    request->has_voided |= request->asked > 0;
    request->asked = 0;
    request->early = 0;
    request->rejected = 0;
    request->due = 0;
}

void piece_request_resume(struct piece_request *request)
{
    request->due |= request->rejected;
    request->rejected = 0;
}

bool piece_request_is_rejected(const struct piece_request *request)
{
    return request->rejected != 0;
}

void piece_request_end(struct piece_request *request)
{
    if (request == NULL)
        return;
    end_keeping(request);
    sha1_free(&request->sha1);
}
