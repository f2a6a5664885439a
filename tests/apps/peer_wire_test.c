#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/probe/talk/peer_wire.h"
#include "tests/suite.h"

/* What a reader makes of a stream: a line for each message, its parts put together, and how it ended. */
struct reading {
    char text[2048];
    size_t length;
    char payload[64];
    size_t payload_size;
    int status;
};

static void note(struct reading *reading, const struct peer_part *part)
{
    ck_assert_uint_eq(part->offset, reading->payload_size);
    ck_assert_uint_le(reading->payload_size + part->size, sizeof reading->payload);
    memcpy(reading->payload + reading->payload_size, part->bytes, part->size);
    reading->payload_size += part->size;
    if (!part->is_last)
        return;
    reading->length += (size_t)snprintf(
        reading->text + reading->length, sizeof reading->text - reading->length, "%u %u %u %u [%.*s]\n",
        part->id, part->index, part->begin, part->length, (int)reading->payload_size, reading->payload);
    reading->payload_size = 0;
}

static void read_slice(struct peer_wire *wire, const uint8_t *bytes, size_t size, struct reading *reading)
{
    struct peer_part part;
    while (reading->status >= 0 && (reading->status = peer_wire_next(wire, &bytes, &size, &part)) > 0)
        note(reading, &part);
}

/* In two slices or more: one of `first` bytes, and others of `rest`, each in memory of its own. */
static void read_sliced(const uint8_t *bytes, size_t size, size_t first, size_t rest, struct reading *reading)
{
    struct peer_wire wire = {.bitfield_size = 2};
    memset(reading, 0, sizeof *reading);
    for (size_t at = 0, slice = first; at < size; at += slice, slice = rest) {
        if (slice > size - at)
            slice = size - at;
        uint8_t *copy = malloc(slice);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, bytes + at, slice);
        read_slice(&wire, copy, slice, reading);
        free(copy);
    }
}

#define BYTES(literal) ((const uint8_t *)(literal))

static const char every_message[] =
    "\0\0\0\4\x14\0de"                             /* extended */
    "\0\0\0\0"                                     /* keep-alive */
    "\0\0\0\3\5ab"                                 /* bitfield */
    "\0\0\0\1\0"                                   /* choke */
    "\0\0\0\1\1"                                   /* unchoke */
    "\0\0\0\1\2"                                   /* interested */
    "\0\0\0\1\3"                                   /* not interested */
    "\0\0\0\5\4\0\0\1\2"                           /* have */
    "\0\0\0\x0D\6\0\0\0\1\0\0\2\0\0\1\0\0"         /* request */
    "\0\0\0\x0E\7\xFF\0\0\1\0\1\0\0block"          /* piece */
    "\0\0\0\x09\7\0\0\0\2\0\0\0\3"                 /* one without a block */
    "\0\0\0\0\0\0\0\0"                             /* keep-alives */
    "\0\0\0\x0D\x08\0\0\0\1\0\0\2\0\0\1\0\0"       /* cancel */
    "\0\0\0\3\x09\x1A\xE1"                         /* port */
    "\0\0\0\5\x0D\0\0\0\7"                         /* suggest */
    "\0\0\0\1\x0E"                                 /* have all */
    "\0\0\0\1\x0F"                                 /* have none */
    "\0\0\0\x0D\x10\0\0\0\1\0\0\2\0\0\1\0\0"       /* reject */
    "\0\0\0\5\x11\0\0\0\x08"                       /* allowed fast */
    "\0\0\0\1\x0A\0\0\0\1\xFF\0\0\0\7\xC8unknown"; /* unknown, cut by its length */

static const char every_text[] = "5 0 0 2 [ab]\n"
                                 "0 0 0 0 []\n"
                                 "1 0 0 0 []\n"
                                 "2 0 0 0 []\n"
                                 "3 0 0 0 []\n"
                                 "4 258 0 0 []\n"
                                 "6 1 512 65536 []\n"
                                 "7 4278190081 65536 5 [block]\n"
                                 "7 2 3 0 []\n"
                                 "8 1 512 65536 []\n"
                                 "13 7 0 0 []\n"
                                 "14 0 0 0 []\n"
                                 "15 0 0 0 []\n"
                                 "16 1 512 65536 []\n"
                                 "17 8 0 0 []\n";

enum { EVERY_SIZE = sizeof every_message - 2 }; /* up to the end of the unknown message */

START_TEST(messages_are_the_same_wherever_the_stream_is_cut_in_two)
{
    struct reading reading;
    read_sliced(BYTES(every_message), EVERY_SIZE, (size_t)_i + 1, SIZE_MAX, &reading);
    ck_assert_int_eq(reading.status, 0);
    ck_assert_str_eq(reading.text, every_text);
}
END_TEST

START_TEST(messages_are_the_same_in_slices_of_any_size)
{
    struct reading reading;
    read_sliced(BYTES(every_message), EVERY_SIZE, (size_t)_i + 1, (size_t)_i + 1, &reading);
    ck_assert_int_eq(reading.status, 0);
    ck_assert_str_eq(reading.text, every_text);
}
END_TEST

START_TEST(a_block_is_announced_before_its_bytes)
{
    static const char piece[] = "\0\0\0\x0E\7\0\0\0\1\0\1\0\0";
    struct peer_wire wire = {0};
    const uint8_t *bytes = BYTES(piece);
    size_t size = sizeof piece - 1;
    struct peer_part part;
    ck_assert_int_eq(peer_wire_next(&wire, &bytes, &size, &part), 1);
    ck_assert_uint_eq(part.length, 5);
    ck_assert_uint_eq(part.size, 0);
    ck_assert(!part.is_last);
    ck_assert_int_eq(peer_wire_next(&wire, &bytes, &size, &part), 0);
}
END_TEST

struct wrong {
    const char *what;
    const char *head;
    size_t size; /* after which it is wrong, and not before */
    uint32_t bitfield_size;
    int status;
};

static const struct wrong wrongs[] = {
    {"a choke with something", "\0\0\0\2\0", 5, 0, -EPROTO},
    {"have without a number", "\0\0\0\1\4", 5, 0, -EPROTO},
    {"have with half of one", "\0\0\0\3\4", 5, 0, -EPROTO},
    {"have with two", "\0\0\0\x09\4", 5, 0, -EPROTO},
    {"a request that is too short", "\0\0\0\x0C\6", 5, 0, -EPROTO},
    {"a request that is too long", "\0\0\0\x0E\6", 5, 0, -EPROTO},
    {"a piece without its numbers", "\0\0\0\x08\7", 5, 0, -EPROTO},
    {"a port of three bytes", "\0\0\0\4\x09", 5, 0, -EPROTO},
    {"have all with something", "\0\0\0\2\x0E", 5, 0, -EPROTO},
    {"reject of two numbers", "\0\0\0\x09\x10", 5, 0, -EPROTO},
    {"a bitfield of one byte less", "\0\0\0\2\5", 5, 2, -EPROTO},
    {"a bitfield of one byte more", "\0\0\0\4\5", 5, 2, -EPROTO},
    {"a bitfield of nothing", "\0\0\0\1\5", 5, 0, -EPROTO},
    {"a block of 16 KiB and a byte", "\0\0\x40\x0A\7", 5, 0, -EMSGSIZE},
    {"a block of nearly 1 MiB", "\0\x10\0\0\7", 5, 0, -EMSGSIZE},
    {"any message above 1 MiB", "\0\x10\0\1", 4, 0, -EMSGSIZE},
    {"the largest length", "\xFF\xFF\xFF\xFF", 4, 0, -EMSGSIZE},
    {"the largest length beside a bitfield", "\xFF\xFF\xFF\xFF", 4, UINT32_C(1) << 22, -EMSGSIZE},
    {"more than a large bitfield", "\0\x40\0\2", 4, UINT32_C(1) << 22, -EMSGSIZE},
    {"another message as long as a large bitfield", "\0\x40\0\1\x14", 5, UINT32_C(1) << 22, -EMSGSIZE},
};

START_TEST(a_length_that_cannot_be_is_refused_at_once)
{
    const struct wrong *wrong = &wrongs[_i];
    struct peer_wire wire = {.bitfield_size = wrong->bitfield_size};
    for (size_t i = 0; i < wrong->size; i++) {
        const uint8_t *bytes = BYTES(wrong->head) + i;
        size_t size = 1;
        struct peer_part part;
        const int status = peer_wire_next(&wire, &bytes, &size, &part);
        ck_assert_msg(status == (i + 1 == wrong->size ? wrong->status : 0), "%s: %d", wrong->what, status);
    }
}
END_TEST

static const struct wrong rights[] = {
    {"a block of 16 KiB", "\0\0\x40\x09\7\0\0\0\0\0\0\0\0", 13, 0, 0},
    {"an unknown message of 1 MiB", "\0\x10\0\0\x63", 5, 0, 0},
    {"a bitfield of 1 MiB", "\0\x10\0\0\5", 5, 0, 0},
    {"a bitfield that is larger, of a torrent that is", "\0\x40\0\1\5", 5, UINT32_C(1) << 22, 0},
};

START_TEST(the_longest_messages_that_may_be_are_taken_to_their_end)
{
    static uint8_t payload[UINT32_C(1) << 22];
    const struct wrong *right = &rights[_i];
    struct peer_wire wire = {.bitfield_size = right->bitfield_size};
    const uint8_t *bytes = BYTES(right->head);
    size_t size = right->size;
    struct peer_part part;
    const bool is_told = peer_wire_next(&wire, &bytes, &size, &part) > 0;
    ck_assert_msg(wire.left > 0, "%s", right->what);
    bytes = payload;
    size = wire.left;
    ck_assert_int_eq(peer_wire_next(&wire, &bytes, &size, &part), is_told);
    ck_assert_uint_eq(size, 0);
    bytes = BYTES("\0\0\0\1\1");
    size = 5;
    ck_assert_int_eq(peer_wire_next(&wire, &bytes, &size, &part), 1);
    ck_assert_uint_eq(part.id, PEER_UNCHOKE);
}
END_TEST

START_TEST(what_we_write_is_as_in_bep_3)
{
    uint8_t bytes[PEER_WIRE_HEAD_MAX];
    ck_assert_uint_eq(peer_wire_put_interested(bytes), 5);
    ck_assert_mem_eq(bytes, "\0\0\0\1\2", 5);
    ck_assert_uint_eq(peer_wire_put_request(0x01020304, 0x00FFC000, 0x4000, bytes), 17);
    ck_assert_mem_eq(bytes, "\0\0\0\x0D\6\1\2\3\4\0\xFF\xC0\0\0\0\x40\0", 17);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("peer_wire");
    TCase *cases = tcase_create("peer_wire");
    tcase_add_loop_test(cases, messages_are_the_same_wherever_the_stream_is_cut_in_two, 0, EVERY_SIZE);
    tcase_add_loop_test(cases, messages_are_the_same_in_slices_of_any_size, 0, EVERY_SIZE);
    tcase_add_test(cases, a_block_is_announced_before_its_bytes);
    tcase_add_loop_test(cases, a_length_that_cannot_be_is_refused_at_once, 0, COUNT(wrongs));
    tcase_add_loop_test(cases, the_longest_messages_that_may_be_are_taken_to_their_end, 0, COUNT(rights));
    tcase_add_test(cases, what_we_write_is_as_in_bep_3);
    suite_add_tcase(suite, cases);

    return run_suite(suite);
}
