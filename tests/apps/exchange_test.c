#include <errno.h>
#include <string.h>

#include "tests/apps/exchange_support.h"

/* What the messages of a peer lead to; what the sockets add is in exchange_stream_test.c. */

/* ---- what the peer has ---- */

static const struct first {
    const char *message;
    size_t size;
    int offers;
    bool has_torrent;
    enum outcome outcome; /* OUTCOME_NOT_DONE: the next message may tell */
} firsts[] = {
    {"\0\0\0\2\5\xE0", 6, OFFERS_NOTHING, true, OUTCOME_OK},
    {"\0\0\0\2\5\xC0", 6, OFFERS_NOTHING, true, OUTCOME_INCOMPLETE},
    {"\0\0\0\2\5\x60", 6, OFFERS_NOTHING, true, OUTCOME_INCOMPLETE},
    {"\0\0\0\2\5\0", 6, OFFERS_NOTHING, true, OUTCOME_INCOMPLETE},
    {"\0\0\0\2\5\xF0", 6, OFFERS_NOTHING, true, OUTCOME_PROTOCOL_ERROR}, /* a spare bit */
    {"\0\0\0\2\5\x41", 6, OFFERS_NOTHING, true, OUTCOME_PROTOCOL_ERROR},
    {"\0\0\0\3\5\xE0\0", 7, OFFERS_NOTHING, true, OUTCOME_PROTOCOL_ERROR},
    {"\0\0\0\1\5", 5, OFFERS_NOTHING, true, OUTCOME_PROTOCOL_ERROR},
    {"\0\0\0\2\5\xE0", 6, OFFERS_FAST, true, OUTCOME_OK},
    {"\0\0\0\1\x0E", 5, OFFERS_FAST, true, OUTCOME_OK},
    {"\0\0\0\1\x0F", 5, OFFERS_FAST, true, OUTCOME_INCOMPLETE},
    {"\0\0\0\x0D\x10\0\0\0\0\0\0\0\0\0\0\x40\0", 17, OFFERS_FAST, true, OUTCOME_PROTOCOL_ERROR},
    {"\0\0\0\5\x11\0\0\0\1", 9, OFFERS_FAST, true, OUTCOME_NOT_DONE},
    {"\0\0\0\1\x0E", 5, OFFERS_NOTHING, true, OUTCOME_NOT_DONE}, /* an id that was not agreed upon */
    {"\0\0\0\1\x0F", 5, OFFERS_NOTHING, true, OUTCOME_NOT_DONE},
    {"\0\0\0\3\x14\0x", 7, OFFERS_EXTENDED, true, OUTCOME_NOT_DONE},
    {"\0\0\0\0", 4, OFFERS_NOTHING, true, OUTCOME_NOT_DONE},
    {"\0\0\0\3\x09\x1A\xE1", 7, OFFERS_NOTHING, true, OUTCOME_NOT_DONE},
    {"\0\0\0\2\xC8?", 6, OFFERS_NOTHING, true, OUTCOME_NOT_DONE},
    {"\0\0\0\1\0", 5, OFFERS_NOTHING, true, OUTCOME_INCOMPLETE},
    {"\0\0\0\1\1", 5, OFFERS_FAST, true, OUTCOME_INCOMPLETE},
    {"\0\0\0\1\2", 5, OFFERS_NOTHING, true, OUTCOME_INCOMPLETE},
    {"\0\0\0\5\4\0\0\0\1", 9, OFFERS_NOTHING, true, OUTCOME_INCOMPLETE},
    {"\0\0\0\x0A\7\0\0\0\0\0\0\0\0x", 14, OFFERS_NOTHING, true, OUTCOME_PROTOCOL_ERROR},
    {"\0\x10\0\1", 4, OFFERS_NOTHING, true, OUTCOME_OVERSIZED},
    {"GET / HTTP/1.1\r\n", 16, OFFERS_NOTHING, true, OUTCOME_OVERSIZED},
    {"\0\0\0\3\5\xFF\xE0", 7, OFFERS_NOTHING, false, OUTCOME_OK}, /* how many are spare is not known */
    {"\0\0\0\3\5\xFF\xFF", 7, OFFERS_NOTHING, false, OUTCOME_OK},
    {"\0\0\0\3\5\xFF\x80", 7, OFFERS_NOTHING, false, OUTCOME_OK},
    {"\0\0\0\3\5\xFF\x00", 7, OFFERS_NOTHING, false, OUTCOME_INCOMPLETE},
    {"\0\0\0\3\5\xFF\xA0", 7, OFFERS_NOTHING, false, OUTCOME_INCOMPLETE},
    {"\0\0\0\3\5\xFF\x7F", 7, OFFERS_NOTHING, false, OUTCOME_INCOMPLETE},
    {"\0\0\0\3\5\xFE\xFF", 7, OFFERS_NOTHING, false, OUTCOME_INCOMPLETE},
    {"\0\0\0\1\5", 5, OFFERS_NOTHING, false, OUTCOME_PROTOCOL_ERROR},
    {"\0\0\0\1\x0E", 5, OFFERS_FAST, false, OUTCOME_OK},
};

START_TEST(the_first_message_tells_what_the_peer_has_however_it_is_sliced)
{
    const struct first *first = &firsts[_i];
    settings.mode = MODE_BITFIELD;
    settings.torrent = first->has_torrent ? &torrent : NULL;
    for (size_t slice = 1; slice <= HANDSHAKE_SIZE + first->size; slice++) {
        begin(0);
        say_handshake(first->offers);
        say_bytes(first->message, first->size);
        const int status = feed_slices(slice);
        if (first->outcome == OUTCOME_NOT_DONE)
            expect_undecided(status, PHASE_BITFIELD);
        else
            expect(status, first->outcome, PHASE_BITFIELD);
        exchange_end(&exchange);
    }
}
END_TEST

START_TEST(in_mode_handshake_it_is_all_that_counts)
{
    settings.mode = MODE_HANDSHAKE;
    begin(0);
    say_handshake(OFFERS_FAST);
    say_bytes("\xFF\xFF\xFF\xFF", 4);
    expect(feed(), OUTCOME_OK, PHASE_HANDSHAKE);
}
END_TEST

START_TEST(a_peer_that_has_all_is_told_our_interest_and_what_we_understand_in_one_write)
{
    begin(0);
    say_handshake(OFFERS_EXTENDED);
    expect_undecided(feed(), PHASE_BITFIELD);
    ck_assert_uint_eq(exchange.unsent.count, 0);
    say_bitfield(0xE0);
    expect_undecided(feed(), PHASE_UNCHOKE);
    static const char expected[] = "\0\0\0\x09\x14\0d1:mde"
                                   "e\0\0\0\1\2";
    ck_assert_uint_eq(exchange.unsent.count, sizeof expected - 1);
    ck_assert_mem_eq(rdy_buffer_front(&exchange.unsent), expected, sizeof expected - 1);
}
END_TEST

START_TEST(a_peer_without_the_extension_protocol_gets_no_extended_message)
{
    begin(0);
    say_handshake(OFFERS_FAST);
    say(PEER_HAVE_ALL);
    expect_undecided(feed(), PHASE_UNCHOKE);
    ck_assert_uint_eq(exchange.unsent.count, 5);
    ck_assert_mem_eq(rdy_buffer_front(&exchange.unsent), "\0\0\0\1\2", 5);
}
END_TEST

/* ---- what may follow ---- */

static const struct later {
    const char *message;
    size_t size;
    int offers;
    bool is_wrong;
} laters[] = {
    {"\0\0\0\2\5\xE0", 6, OFFERS_NOTHING, true}, /* a second bitfield */
    {"\0\0\0\1\x0E", 5, OFFERS_FAST, true},
    {"\0\0\0\1\x0F", 5, OFFERS_FAST, true},
    {"\0\0\0\1\x0F", 5, OFFERS_NOTHING, false},
    {"\0\0\0\5\4\0\0\0\2", 9, OFFERS_NOTHING, false}, /* it has the last piece, and one that is not */
    {"\0\0\0\5\4\0\0\0\3", 9, OFFERS_NOTHING, true},
    {"\0\0\0\x0A\7\0\0\0\1\0\0\0\0x", 14, OFFERS_NOTHING, true}, /* a block that nobody wants */
    {"\0\0\0\x0D\x10\0\0\0\2\0\0\0\0\0\0\x40\0", 17, OFFERS_FAST, true},
    {"\0\0\0\x0D\x10\0\0\0\2\0\0\0\0\0\0\x40\0", 17, OFFERS_NOTHING, false},
    {"\0\0\0\1\2\0\0\0\1\3", 10, OFFERS_NOTHING, false}, /* it asks us */
    {"\0\0\0\x0D\6\0\0\0\0\0\0\0\0\0\0\x40\0", 17, OFFERS_NOTHING, false},
    {"\0\0\0\x0D\x08\0\0\0\0\0\0\0\0\0\0\x40\0", 17, OFFERS_NOTHING, false},
    {"\0\0\0\5\x0D\0\0\0\1\0\0\0\5\x11\0\0\0\1", 18, OFFERS_FAST, false}, /* hints */
    {"\0\0\0\3\x14\1?\0\0\0\0", 11, OFFERS_EXTENDED, false},
};

START_TEST(a_message_that_is_out_of_place_is_a_protocol_error_and_others_are_not)
{
    const struct later *later = &laters[_i];
    for (int is_unchoked = 0; is_unchoked < 2; is_unchoked++) {
        const enum phase phase = is_unchoked ? PHASE_REQUEST : PHASE_UNCHOKE;
        begin(0);
        say_handshake(later->offers);
        say_bitfield(0xE0);
        if (is_unchoked)
            say(PEER_UNCHOKE);
        expect_undecided(feed(), phase);
        say_bytes(later->message, later->size);
        const int status = feed();
        if (later->is_wrong)
            expect(status, OUTCOME_PROTOCOL_ERROR, phase);
        else
            expect_undecided(status, phase);
        exchange_end(&exchange);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("exchange");
    TCase *cases = tcase_create("exchange");
    tcase_add_checked_fixture(cases, set_up_exchange, tear_down_exchange);
    tcase_add_loop_test(cases, the_first_message_tells_what_the_peer_has_however_it_is_sliced, 0,
                        COUNT(firsts));
    tcase_add_test(cases, in_mode_handshake_it_is_all_that_counts);
    tcase_add_test(cases, a_peer_that_has_all_is_told_our_interest_and_what_we_understand_in_one_write);
    tcase_add_test(cases, a_peer_without_the_extension_protocol_gets_no_extended_message);
    tcase_add_loop_test(cases, a_message_that_is_out_of_place_is_a_protocol_error_and_others_are_not, 0,
                        COUNT(laters));
    suite_add_tcase(suite, cases);

    return run_suite(suite);
}
