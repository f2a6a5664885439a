#include "apps/probe/talk/exchange_message.h"

#include <errno.h>

#include "apps/probe/talk/exchange_phase.h"
#include "apps/torrent/metainfo.h"
#include "reactor/clock.h"

/* A peer that lets us request but does not read is asked for no more while this much waits. */
#define UNSENT_MAX PIECE_REQUEST_BATCH

static int protocol_error(struct exchange *exchange)
{
    return exchange_decide(exchange, OUTCOME_PROTOCOL_ERROR, -EPROTO);
}

static int send_soon(struct exchange *exchange, const void *bytes, size_t size)
{
    const int error = rdy_buffer_append(&exchange->unsent, bytes, size);
    return error == 0 ? -EAGAIN : exchange_decide(exchange, outcome_from_error(error), error);
}

/* ---- what the peer has ---- */

void exchange_greeted(struct exchange *exchange, int64_t now_ns)
{
    const struct metainfo *torrent = exchange->settings->torrent;
    if (torrent != NULL)
        exchange->wire.bitfield_size = torrent->piece_count / 8 + (torrent->piece_count % 8 != 0);
    exchange->is_choked = true;
    exchange_enter(exchange, PHASE_BITFIELD, now_ns);
}

/*
 * Both in one write: a second small one would wait for the ACK of the first (RFC 896). Clients do without the extended
 * handshake, but BEP 10 wants it of whoever has set the bit: that we understand no extended message.
 */
static int say_interested(struct exchange *exchange)
{
    static const char extended_handshake[] = "\0\0\0\x09\x14\0d1:mdee";
    uint8_t interested[PEER_WIRE_HEAD_MAX];
    if (exchange->theirs.has_extended) {
        const int status = send_soon(exchange, extended_handshake, sizeof extended_handshake - 1);
        if (status != -EAGAIN)
            return status;
    }
    return send_soon(exchange, interested, peer_wire_put_interested(interested));
}

static int has_all(struct exchange *exchange, int64_t now_ns)
{
    if (exchange->settings->mode == MODE_BITFIELD)
        return exchange_decide(exchange, OUTCOME_OK, 0);
    exchange_enter(exchange, PHASE_UNCHOKE, now_ns);
    return say_interested(exchange);
}

static int lacks_some(struct exchange *exchange)
{
    return exchange_decide(exchange, OUTCOME_INCOMPLETE, -EPROTO);
}

/* Whether a byte is ones and behind them zeros, at least one one. */
static bool is_run_of_ones(uint8_t byte)
{
    const unsigned zeros = ~(unsigned)byte & 0xFF;
    return (zeros & (zeros + 1)) == 0 && byte != 0;
}

/* The last byte of a bitfield: its spare bits have to be zero (BEP 3). Without a torrent it has any number. */
static int take_last_bits(struct exchange *exchange, uint8_t byte, int64_t now_ns)
{
    const struct metainfo *torrent = exchange->settings->torrent;
    const uint32_t used = torrent == NULL || torrent->piece_count % 8 == 0 ? 8 : torrent->piece_count % 8;
    const uint8_t ones = (uint8_t)(0xFF00U >> used);
    if ((byte & ~ones) != 0)
        return protocol_error(exchange);
    const bool is_full = torrent == NULL ? is_run_of_ones(byte) : byte == ones;
    return is_full && !exchange->has_gaps ? has_all(exchange, now_ns) : lacks_some(exchange);
}

static int take_bitfield(struct exchange *exchange, const struct peer_part *part, int64_t now_ns)
{
    const size_t whole =
        part->is_last ? part->size - 1 : part->size; /* a last part has bytes: no bitfield is empty */
    for (size_t i = 0; i < whole; i++)
        exchange->has_gaps |= part->bytes[i] != 0xFF;
    return part->is_last ? take_last_bits(exchange, part->bytes[whole], now_ns) : -EAGAIN;
}

/* The first message tells what the peer has, unless it is of an extension. */
static int take_first(struct exchange *exchange, const struct peer_part *part, int64_t now_ns)
{
    switch (part->id) {
    case PEER_BITFIELD:
        return take_bitfield(exchange, part, now_ns);
    case PEER_HAVE_ALL:
        return exchange->theirs.has_fast ? has_all(exchange, now_ns) : -EAGAIN;
    case PEER_HAVE_NONE:
        return exchange->theirs.has_fast ? lacks_some(exchange) : -EAGAIN;
    case PEER_REJECT:
        return exchange->theirs.has_fast ? protocol_error(exchange) : -EAGAIN;
    case PEER_SUGGEST:
    case PEER_ALLOWED_FAST:
        return -EAGAIN;
    case PEER_PIECE:
        return protocol_error(exchange);
    default:
        return lacks_some(exchange);
    }
}

/* ---- what it sends ---- */

int exchange_ask(struct exchange *exchange)
{
    uint8_t bytes[PIECE_REQUEST_BATCH];
    if (exchange->phase != PHASE_REQUEST || exchange->is_choked || exchange->unsent.count > UNSENT_MAX)
        return -EAGAIN;
    const size_t size = piece_request_ask(&exchange->request, bytes);
    return size == 0 ? -EAGAIN : send_soon(exchange, bytes, size);
}

static int begin_requests(struct exchange *exchange, int64_t now_ns)
{
    const struct exchange_settings *settings = exchange->settings;
    const uint32_t all = settings->torrent->piece_count;
    const uint32_t count = settings->pieces < all ? settings->pieces : all;
    const uint32_t first = (uint32_t)(exchange->index % all * (uint64_t)count % all);
    exchange_enter(exchange, PHASE_REQUEST, now_ns);
    const int error =
        piece_request_begin(&exchange->request, settings->torrent, settings->content, first, count);
    return error == 0 ? -EAGAIN : exchange_decide(exchange, OUTCOME_LOCAL_FAULT, error);
}

static int end_piece(struct exchange *exchange, uint32_t piece, int64_t now_ns)
{
    const struct exchange_settings *settings = exchange->settings;
    exchange->pieces++;
    exchange->bytes += metainfo_piece_size(settings->torrent, piece);
    exchange->deadline_ns = rdy_clock_after(now_ns, settings->request_timeout_ns);
    return piece_request_is_done(&exchange->request) ? exchange_decide(exchange, OUTCOME_OK, 0) : -EAGAIN;
}

static int take_block(struct exchange *exchange, const struct peer_part *part, int64_t now_ns)
{
    if (exchange->phase != PHASE_REQUEST ||
        (part->offset == 0 && !exchange->is_in_block && !piece_request_expects(&exchange->request, part)))
        return protocol_error(exchange);
    exchange->is_in_block = !part->is_last;
    switch (piece_request_take(&exchange->request, part)) {
    case PIECE_RIGHT:
        return end_piece(exchange, part->index, now_ns);
    case PIECE_WRONG:
        return exchange_decide(exchange, OUTCOME_BAD_PIECE, -EPROTO);
    case PIECE_FAULT:
        return exchange_decide(exchange, OUTCOME_LOCAL_FAULT, -ENOMEM);
    case PIECE_UNFINISHED:
        break;
    }
    return -EAGAIN;
}

static int take_choke(struct exchange *exchange)
{
    exchange->is_choked = true;
    if (exchange->phase == PHASE_REQUEST &&
        !exchange->theirs.has_fast) /* else it rejects what it will not send */
        piece_request_void(&exchange->request);
    return -EAGAIN;
}

static int take_unchoke(struct exchange *exchange, int64_t now_ns)
{
    exchange->is_choked = false;
    if (exchange->phase == PHASE_UNCHOKE)
        return begin_requests(exchange, now_ns);
    piece_request_resume(&exchange->request);
    return -EAGAIN;
}

static int take_reject(struct exchange *exchange, const struct peer_part *part)
{
    if (!exchange->theirs.has_fast)
        return -EAGAIN;
    if (exchange->phase != PHASE_REQUEST || !piece_request_reject(&exchange->request, part))
        return protocol_error(exchange);
    return -EAGAIN;
}

static int take_later(struct exchange *exchange, const struct peer_part *part, int64_t now_ns)
{
    switch (part->id) {
    case PEER_CHOKE:
        return take_choke(exchange);
    case PEER_UNCHOKE:
        return take_unchoke(exchange, now_ns);
    case PEER_HAVE:
        return part->index < exchange->settings->torrent->piece_count ? -EAGAIN : protocol_error(exchange);
    case PEER_BITFIELD:
        return protocol_error(exchange); /* it has its place behind the handshake (BEP 3) */
    case PEER_HAVE_ALL:
    case PEER_HAVE_NONE:
        return exchange->theirs.has_fast ? protocol_error(exchange) : -EAGAIN;
    case PEER_PIECE:
        return take_block(exchange, part, now_ns);
    case PEER_REJECT:
        return take_reject(exchange, part);
    default:
        return -EAGAIN; /* what it wants of us, and hints */
    }
}

int exchange_take(struct exchange *exchange, const struct peer_part *part, int64_t now_ns)
{
    if (exchange->phase == PHASE_BITFIELD)
        return take_first(exchange, part, now_ns);
    return take_later(exchange, part, now_ns);
}
