#ifndef RDY_TESTS_APPS_EXCHANGE_SUPPORT_H
#define RDY_TESTS_APPS_EXCHANGE_SUPPORT_H

#include "apps/probe/talk/exchange.h"
#include "apps/torrent/metainfo.h"
#include "tests/suite.h"

/* One exchange under test with a torrent of its own, and the messages of its peer. */

enum {
    TORRENT_PIECES = 3,
    TORRENT_PIECE_LENGTH = 40000, /* two blocks and a short one */
    TORRENT_SIZE = 90000,         /* the last piece is one short block */
};

extern uint8_t torrent_bytes[TORRENT_SIZE];
extern struct metainfo torrent;
extern struct exchange_settings settings;
extern struct exchange exchange;

/* Makes the torrent, and settings for one of its pieces, in MODE_REQUEST and with time-outs of 10 s. */
void set_up_exchange(void);
void tear_down_exchange(void);

/* Begins with the peer at `index`; drops our handshake. */
void begin(size_t index);

/* What the peer has said and was not fed yet. */
extern uint8_t said[1 << 20];
extern size_t said_size;

enum { OFFERS_NOTHING, OFFERS_FAST = 1, OFFERS_EXTENDED = 2 };

/* Adds to that: its handshake; bytes; a message without and with what belongs to it; blocks as they are, and not. */
void say_handshake(int offers);
void say_bytes(const void *bytes, size_t size);
void say(enum peer_message id);
void say_with(enum peer_message id, const void *bytes, size_t size);
void say_numbers(enum peer_message id, uint32_t index, uint32_t begin, uint32_t length);
void say_block(uint32_t index, uint32_t begin);
void say_bitfield(uint8_t byte);

/* Feeds what was said, in slices of that size. What the last feed said. */
int feed_slices(size_t slice);
int feed(void);

/* The next request that we have left to be sent: "index/begin+length", "-" for none. Skips all that is no request. */
const char *next_request(void);

/* Expects a decision, or none. */
void expect(int status, enum outcome outcome, enum phase phase);
void expect_undecided(int status, enum phase phase);

#endif
