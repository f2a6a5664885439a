#include <errno.h>
#include <string.h>

#include "apps/probe/talk/exchange.h"
#include "reactor/clock.h"
#include "tests/fuzz/fuzz.h"

/*
 * What a peer sends: the messages as such, which must be the same however they are sliced, and an exchange with that
 * peer. The first two bytes of the input say what kind of exchange it is, and the size of the slices.
 */
enum {
    WITH_TORRENT = 1,
    BITFIELD_ONLY = 2,
    ALL_PIECES = 4,
    WITH_FAST = 8,
    FROM_HANDSHAKE = 16, /* else it has come, and was right */
    CHOICES_SIZE = 2,
};

/* Pieces of zeros, the last one short: the hash of each is right. */
static uint8_t hashes[3][SHA1_SIZE];
static struct metainfo torrent = {
    .info_hash = "0123456789abcdefghi",
    .size = 90000,
    .piece_length = 40000,
    .piece_count = 3,
    .piece_hashes = hashes,
};

static void make_torrent(void)
{
    static const uint8_t zeros[40000];
    for (uint32_t i = 0; i < torrent.piece_count; i++)
        (void)sha1_of(zeros, metainfo_piece_size(&torrent, i), hashes[i]);
}

static struct exchange_settings make_settings(uint8_t choice)
{
    struct exchange_settings settings = {
        .mode = (choice & BITFIELD_ONLY) != 0 || (choice & WITH_TORRENT) == 0 ? MODE_BITFIELD : MODE_REQUEST,
        .torrent = (choice & WITH_TORRENT) != 0 ? &torrent : NULL,
        .pieces = (choice & ALL_PIECES) != 0 ? EXCHANGE_ALL_PIECES : 1,
        .handshake_timeout_ns = RDY_SECOND,
        .unchoke_timeout_ns = RDY_SECOND,
        .request_timeout_ns = RDY_SECOND,
        .total_timeout_ns = -1,
    };
    handshake_make(torrent.info_hash, (const uint8_t *)"-RD0001-............", settings.greeting);
    handshake_offer_extensions(settings.greeting);
    return settings;
}

static void check(const struct exchange *exchange, int status)
{
    must_hold((status == -EAGAIN) == (exchange->outcome == OUTCOME_NOT_DONE));
    must_hold((status == 0) == (exchange->outcome == OUTCOME_OK));
    must_hold(exchange->unsent.count < 1024);
    must_hold(exchange->pieces <= torrent.piece_count && exchange->bytes <= torrent.size);
    must_hold(exchange->outcome != OUTCOME_BAD_PIECE || exchange->phase == PHASE_REQUEST);
    must_hold(exchange->outcome != OUTCOME_OK || exchange->settings->mode == MODE_BITFIELD ||
              exchange->pieces > 0);
}

static int feed(struct exchange *exchange, const uint8_t *bytes, size_t size, size_t slice)
{
    int status = -EAGAIN;
    for (size_t at = 0; at < size && status == -EAGAIN; at += slice) {
        status = exchange_feed(exchange, bytes + at, slice < size - at ? slice : size - at, 0);
        check(exchange, status);
        rdy_buffer_consume(&exchange->unsent, exchange->unsent.count);
    }
    return status;
}

/* The messages and how they end, in one number. */
static uint64_t read_messages(const uint8_t *bytes, size_t size, size_t slice)
{
    struct peer_wire wire = {0};
    uint64_t sum = 0;
    int status = 0;
    for (size_t at = 0; at < size && status == 0; at += slice) {
        const uint8_t *next = bytes + at;
        size_t left = slice < size - at ? slice : size - at;
        struct peer_part part;
        while ((status = peer_wire_next(&wire, &next, &left, &part)) > 0) {
            for (size_t i = 0; i < part.size; i++)
                sum = sum * 31 + part.bytes[i];
            if (part.is_last)
                sum = (((sum * 31 + part.id) * 31 + part.index) * 31 + part.begin) * 31 + part.length;
        }
    }
    return sum * 31 + (uint64_t)status;
}

static void exchange_with(const struct exchange_settings *settings, uint8_t choice, const uint8_t *bytes,
                          size_t size, size_t slice)
{
    struct exchange exchange;
    must_hold(exchange_begin(&exchange, settings, choice, 0, 0) == 0);
    uint8_t theirs[HANDSHAKE_SIZE];
    memcpy(theirs, settings->greeting, sizeof theirs);
    theirs[27] = (choice & WITH_FAST) != 0 ? 0x04 : 0;
    if ((choice & FROM_HANDSHAKE) != 0 || feed(&exchange, theirs, sizeof theirs, sizeof theirs) == -EAGAIN)
        (void)feed(&exchange, bytes, size, slice);
    exchange_end(&exchange);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < CHOICES_SIZE)
        return 0;
    if (hashes[0][0] == 0)
        make_torrent();
    const struct exchange_settings settings = make_settings(bytes[0]);
    const size_t slice = (size_t)bytes[1] + 1;
    const uint8_t *messages = bytes + CHOICES_SIZE;
    must_hold(read_messages(messages, size - CHOICES_SIZE, slice) ==
              read_messages(messages, size - CHOICES_SIZE, SIZE_MAX / 2));
    exchange_with(&settings, bytes[0], messages, size - CHOICES_SIZE, slice);
    return 0;
}
