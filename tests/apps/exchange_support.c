#include "tests/apps/exchange_support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "reactor/clock.h"

uint8_t torrent_bytes[TORRENT_SIZE];
struct metainfo torrent;
struct exchange_settings settings;
struct exchange exchange;
uint8_t said[1 << 20];
size_t said_size;

static uint8_t hashes[TORRENT_PIECES][SHA1_SIZE];

void set_up_exchange(void)
{
    for (size_t i = 0; i < TORRENT_SIZE; i++)
        torrent_bytes[i] = (uint8_t)(i * 31 + i / 251);
    torrent = (struct metainfo){
        .info_hash = "0123456789abcdefghi",
        .size = TORRENT_SIZE,
        .piece_length = TORRENT_PIECE_LENGTH,
        .piece_count = TORRENT_PIECES,
        .piece_hashes = hashes,
    };
    for (uint32_t i = 0; i < TORRENT_PIECES; i++)
        ck_assert_int_eq(sha1_of(torrent_bytes + (size_t)i * TORRENT_PIECE_LENGTH,
                                 metainfo_piece_size(&torrent, i), hashes[i]),
                         0);
    settings = (struct exchange_settings){
        .mode = MODE_REQUEST,
        .torrent = &torrent,
        .pieces = 1,
        .handshake_timeout_ns = 10 * RDY_SECOND,
        .unchoke_timeout_ns = 10 * RDY_SECOND,
        .request_timeout_ns = 10 * RDY_SECOND,
        .total_timeout_ns = -1,
    };
    handshake_make(torrent.info_hash, (const uint8_t *)"-RD0001-............", settings.greeting);
    handshake_offer_extensions(settings.greeting);
    said_size = 0;
}

void tear_down_exchange(void)
{
    exchange_end(&exchange);
    memset(&exchange, 0, sizeof exchange);
}

void begin(size_t index)
{
    const int64_t now_ns = rdy_clock_now();
    ck_assert_int_eq(exchange_begin(&exchange, &settings, index, now_ns, now_ns), 0);
    ck_assert_uint_eq(exchange.unsent.count, HANDSHAKE_SIZE);
    rdy_buffer_consume(&exchange.unsent, HANDSHAKE_SIZE);
}

/* ---- the peer ---- */

void say_bytes(const void *bytes, size_t size)
{
    ck_assert_uint_le(said_size + size, sizeof said);
    memcpy(said + said_size, bytes, size);
    said_size += size;
}

void say_handshake(int offers)
{
    uint8_t theirs[HANDSHAKE_SIZE];
    handshake_make(torrent.info_hash, (const uint8_t *)"-XX0000-############", theirs);
    theirs[25] = (offers & OFFERS_EXTENDED) != 0 ? 0x10 : 0;
    theirs[27] = (offers & OFFERS_FAST) != 0 ? 0x04 : 0;
    say_bytes(theirs, sizeof theirs);
}

void say_with(enum peer_message id, const void *bytes, size_t size)
{
    const uint32_t length = htonl((uint32_t)size + 1);
    const uint8_t byte = (uint8_t)id;
    say_bytes(&length, sizeof length);
    say_bytes(&byte, 1);
    say_bytes(bytes, size);
}

void say(enum peer_message id)
{
    say_with(id, "", 0);
}

void say_numbers(enum peer_message id, uint32_t index, uint32_t begin, uint32_t length)
{
    const uint32_t numbers[] = {htonl(index), htonl(begin), htonl(length)};
    say_with(id, numbers, sizeof numbers);
}

void say_block(uint32_t index, uint32_t begin)
{
    const uint32_t left = metainfo_piece_size(&torrent, index) - begin;
    const uint32_t size = left < PEER_WIRE_BLOCK_MAX ? left : PEER_WIRE_BLOCK_MAX;
    uint8_t bytes[8 + PEER_WIRE_BLOCK_MAX];
    const uint32_t numbers[] = {htonl(index), htonl(begin)};
    memcpy(bytes, numbers, sizeof numbers);
    memcpy(bytes + sizeof numbers, torrent_bytes + (size_t)index * TORRENT_PIECE_LENGTH + begin, size);
    say_with(PEER_PIECE, bytes, sizeof numbers + size);
}

void say_bitfield(uint8_t byte)
{
    say_with(PEER_BITFIELD, &byte, 1);
}

/* ---- what becomes of it ---- */

int feed_slices(size_t slice)
{
    int status = -EAGAIN;
    for (size_t at = 0; at < said_size && status == -EAGAIN; at += slice) {
        const size_t left = said_size - at;
        status = exchange_feed(&exchange, said + at, slice < left ? slice : left, rdy_clock_now());
    }
    said_size = 0;
    return status;
}

int feed(void)
{
    return feed_slices(sizeof said);
}

static uint32_t number_at(const unsigned char *bytes)
{
    uint32_t number;
    memcpy(&number, bytes, sizeof number);
    return ntohl(number);
}

const char *next_request(void)
{
    static char text[64];
    while (exchange.unsent.count > 0) {
        const unsigned char *front = rdy_buffer_front(&exchange.unsent);
        const uint32_t length = number_at(front);
        const bool is_request = front[4] == PEER_REQUEST;
        if (is_request)
            (void)snprintf(text, sizeof text, "%u/%u+%u", number_at(front + 5), number_at(front + 9),
                           number_at(front + 13));
        rdy_buffer_consume(&exchange.unsent, 4 + length);
        if (is_request)
            return text;
    }
    return "-";
}

void expect(int status, enum outcome outcome, enum phase phase)
{
    ck_assert_str_eq(outcome_word(exchange.outcome), outcome_word(outcome));
    ck_assert_str_eq(phase_word(exchange.phase), phase_word(phase));
    ck_assert_int_eq(status == 0, outcome == OUTCOME_OK);
    ck_assert_int_ne(status, -EAGAIN);
}

void expect_undecided(int status, enum phase phase)
{
    ck_assert_str_eq(outcome_word(exchange.outcome), outcome_word(OUTCOME_NOT_DONE));
    ck_assert_str_eq(phase_word(exchange.phase), phase_word(phase));
    ck_assert_int_eq(status, -EAGAIN);
}
