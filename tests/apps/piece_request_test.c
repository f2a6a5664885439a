#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/apps/exchange_support.h"

/* Which blocks a peer is asked for, and what becomes of those that it sends. */

static void seed_until_unchoke(int offers)
{
    begin(0);
    say_handshake(offers);
    say_bitfield(0xE0);
    say(PEER_UNCHOKE);
    expect_undecided(feed(), PHASE_REQUEST);
}

static void say_piece(uint32_t index)
{
    for (uint32_t begin = 0; begin < metainfo_piece_size(&torrent, index); begin += PEER_WIRE_BLOCK_MAX)
        say_block(index, begin);
}

/* ---- blocks ---- */

START_TEST(a_piece_is_asked_for_in_blocks_and_checked_however_it_is_sliced)
{
    static const size_t slices[] = {1, 3, 13, 16384, 16397, 1 << 20};
    seed_until_unchoke(OFFERS_NOTHING);
    ck_assert_str_eq(next_request(), "0/0+16384");
    ck_assert_str_eq(next_request(), "0/16384+16384");
    ck_assert_str_eq(next_request(), "0/32768+7232");
    ck_assert_str_eq(next_request(), "-");
    say_piece(0);
    expect(feed_slices(slices[_i]), OUTCOME_OK, PHASE_REQUEST);
    ck_assert_uint_eq(exchange.pieces, 1);
    ck_assert_uint_eq(exchange.bytes, TORRENT_PIECE_LENGTH);
}
END_TEST

static const struct choice {
    size_t index;
    uint32_t pieces;
    const char *first;
    const char *last;
} choices[] = {
    {0, 1, "0/0+16384", "0/32768+7232"},     {1, 1, "1/0+16384", "1/32768+7232"},
    {2, 1, "2/0+10000", "2/0+10000"},        {3, 1, "0/0+16384", "0/32768+7232"},
    {1, 2, "2/0+10000", "0/32768+7232"}, /* behind the last piece comes the first */
    {2, 2, "1/0+16384", "2/0+10000"},        {1, EXCHANGE_ALL_PIECES, "0/0+16384", "2/0+10000"},
    {SIZE_MAX, 3, "0/0+16384", "2/0+10000"},
};

START_TEST(neighbours_in_the_list_are_asked_for_different_pieces)
{
    const struct choice *choice = &choices[_i];
    settings.pieces = choice->pieces;
    begin(choice->index);
    say_handshake(OFFERS_NOTHING);
    say_bitfield(0xE0);
    say(PEER_UNCHOKE);
    expect_undecided(feed(), PHASE_REQUEST);
    ck_assert_str_eq(next_request(), choice->first);
    char last[64];
    (void)snprintf(last, sizeof last, "%s", choice->first);
    for (const char *text = next_request(); strcmp(text, "-") != 0; text = next_request())
        (void)snprintf(last, sizeof last, "%s", text);
    ck_assert_str_eq(last, choice->last);
}
END_TEST

START_TEST(all_pieces_are_asked_for_and_counted)
{
    settings.pieces = EXCHANGE_ALL_PIECES;
    seed_until_unchoke(OFFERS_NOTHING);
    for (uint32_t i = 0; i < TORRENT_PIECES; i++)
        say_piece(i);
    expect(feed(), OUTCOME_OK, PHASE_REQUEST);
    ck_assert_uint_eq(exchange.pieces, TORRENT_PIECES);
    ck_assert_uint_eq(exchange.bytes, TORRENT_SIZE);
}
END_TEST

START_TEST(a_byte_that_is_wrong_makes_a_bad_piece_and_those_before_it_count)
{
    settings.pieces = 2;
    seed_until_unchoke(OFFERS_NOTHING);
    say_piece(0);
    say_piece(1);
    said[said_size - 1] ^= 1;
    expect(feed(), OUTCOME_BAD_PIECE, PHASE_REQUEST);
    ck_assert_uint_eq(exchange.pieces, 1);
}
END_TEST

START_TEST(a_block_before_its_turn_is_asked_for_again_when_its_turn_has_come)
{
    seed_until_unchoke(OFFERS_NOTHING);
    while (strcmp(next_request(), "-") != 0)
        ;
    say_block(0, 16384);
    say_block(0, 32768);
    expect_undecided(feed(), PHASE_REQUEST);
    ck_assert_str_eq(next_request(), "-");
    say_block(0, 0);
    expect_undecided(feed(), PHASE_REQUEST);
    ck_assert_str_eq(next_request(), "0/16384+16384");
    ck_assert_str_eq(next_request(), "-");
    say_block(0, 16384);
    expect_undecided(feed(), PHASE_REQUEST);
    ck_assert_str_eq(next_request(), "0/32768+7232");
    say_block(0, 32768);
    expect(feed(), OUTCOME_OK, PHASE_REQUEST);
}
END_TEST

static const struct {
    uint32_t index;
    uint32_t begin;
    uint32_t size;
} strangers[] = {
    {1, 0, 16384},     /* of another piece */
    {0, 1, 16384},     /* not where a block begins */
    {0, 0, 16383},     /* too short */
    {0, 32768, 7233},  /* too long */
    {0, 40000, 16384}, /* behind the piece */
    {3, 0, 16384},     /* of no piece */
    {0, 0, 0},
};

START_TEST(a_block_that_was_not_asked_for_is_a_protocol_error)
{
    uint8_t bytes[8 + PEER_WIRE_BLOCK_MAX] = {0};
    bytes[3] = (uint8_t)strangers[_i].index;
    bytes[6] = (uint8_t)(strangers[_i].begin >> 8);
    bytes[7] = (uint8_t)strangers[_i].begin;
    seed_until_unchoke(OFFERS_NOTHING);
    say_with(PEER_PIECE, bytes, 8 + strangers[_i].size);
    expect(feed(), OUTCOME_PROTOCOL_ERROR, PHASE_REQUEST);
}
END_TEST

START_TEST(a_block_that_comes_twice_is_a_protocol_error)
{
    seed_until_unchoke(OFFERS_NOTHING);
    say_block(0, _i == 0 ? 0 : 16384);
    expect_undecided(feed(), PHASE_REQUEST);
    say_block(0, _i == 0 ? 0 : 16384);
    expect(feed(), OUTCOME_PROTOCOL_ERROR, PHASE_REQUEST);
}
END_TEST

START_TEST(a_block_larger_than_was_asked_for_is_oversized)
{
    static const uint8_t bytes[8 + PEER_WIRE_BLOCK_MAX + 1];
    seed_until_unchoke(OFFERS_NOTHING);
    say_with(PEER_PIECE, bytes, sizeof bytes);
    expect(feed(), OUTCOME_OVERSIZED, PHASE_REQUEST);
}
END_TEST

/* ---- chokes ---- */

START_TEST(after_a_choke_all_is_asked_for_again_and_late_blocks_do_not_harm)
{
    seed_until_unchoke(OFFERS_NOTHING);
    while (strcmp(next_request(), "-") != 0)
        ;
    say_block(0, 0);
    say(PEER_CHOKE);
    say_block(0, 16384);
    expect_undecided(feed(), PHASE_REQUEST);
    ck_assert_str_eq(next_request(), "-");
    say(PEER_UNCHOKE);
    expect_undecided(feed(), PHASE_REQUEST);
    ck_assert_str_eq(next_request(), "0/16384+16384");
    ck_assert_str_eq(next_request(), "0/32768+7232");
    ck_assert_str_eq(next_request(), "-");
    say_block(0, 16384);
    say_block(0, 32768);
    expect(feed(), OUTCOME_OK, PHASE_REQUEST);
}
END_TEST

START_TEST(with_the_fast_extension_a_choke_undoes_nothing_but_a_reject_does)
{
    seed_until_unchoke(OFFERS_FAST);
    while (strcmp(next_request(), "-") != 0)
        ;
    say_numbers(PEER_REJECT, 0, 16384, 16384); /* some clients reject first, then choke */
    say(PEER_CHOKE);
    say_block(0, 0);
    expect_undecided(feed(), PHASE_REQUEST);
    ck_assert_str_eq(next_request(), "-");
    say(PEER_UNCHOKE);
    expect_undecided(feed(), PHASE_REQUEST);
    ck_assert_str_eq(next_request(), "0/16384+16384");
    ck_assert_str_eq(next_request(), "-");
    say_block(0, 16384);
    say_block(0, 32768);
    expect(feed(), OUTCOME_OK, PHASE_REQUEST);
}
END_TEST

START_TEST(a_reject_of_what_was_not_asked_for_is_a_protocol_error)
{
    seed_until_unchoke(OFFERS_FAST);
    say_numbers(PEER_REJECT, 0, 0, _i == 0 ? 16383 : 16384);
    say_numbers(PEER_REJECT, 0, 0, 16384);
    expect(feed(), OUTCOME_PROTOCOL_ERROR, PHASE_REQUEST);
}
END_TEST

START_TEST(a_peer_that_unchokes_without_reading_makes_us_keep_little)
{
    seed_until_unchoke(OFFERS_NOTHING);
    for (int i = 0; i < 1000; i++) {
        say(PEER_CHOKE);
        say(PEER_UNCHOKE);
        expect_undecided(feed(), PHASE_REQUEST);
    }
    ck_assert_uint_lt(exchange.unsent.count, 3 * PIECE_REQUEST_BATCH);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("piece_request");
    TCase *cases = tcase_create("piece_request");
    tcase_add_checked_fixture(cases, set_up_exchange, tear_down_exchange);
    tcase_add_loop_test(cases, a_piece_is_asked_for_in_blocks_and_checked_however_it_is_sliced, 0, 6);
    tcase_add_loop_test(cases, neighbours_in_the_list_are_asked_for_different_pieces, 0, COUNT(choices));
    tcase_add_test(cases, all_pieces_are_asked_for_and_counted);
    tcase_add_test(cases, a_byte_that_is_wrong_makes_a_bad_piece_and_those_before_it_count);
    tcase_add_test(cases, a_block_before_its_turn_is_asked_for_again_when_its_turn_has_come);
    tcase_add_loop_test(cases, a_block_that_was_not_asked_for_is_a_protocol_error, 0, COUNT(strangers));
    tcase_add_loop_test(cases, a_block_that_comes_twice_is_a_protocol_error, 0, 2);
    tcase_add_test(cases, a_block_larger_than_was_asked_for_is_oversized);
    tcase_add_test(cases, after_a_choke_all_is_asked_for_again_and_late_blocks_do_not_harm);
    tcase_add_test(cases, with_the_fast_extension_a_choke_undoes_nothing_but_a_reject_does);
    tcase_add_loop_test(cases, a_reject_of_what_was_not_asked_for_is_a_protocol_error, 0, 2);
    tcase_add_test(cases, a_peer_that_unchokes_without_reading_makes_us_keep_little);
    suite_add_tcase(suite, cases);

    return run_suite(suite);
}
