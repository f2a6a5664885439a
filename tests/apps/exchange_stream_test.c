#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reactor/clock.h"
#include "tests/apps/exchange_support.h"

/* Exchanges over TCP: how a connection ends in each phase, and what deadlines do. */

static int other = -1; /* the other end, which blocks */
static rdy_tcp_stream stream;
static uint8_t room[EXCHANGE_ROOM];
static int64_t deadline_ns;

static void connect_both(void)
{
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    const int ours = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(ours, (struct sockaddr *)&address, size), 0);
    other = accept(listener, NULL, NULL);
    ck_assert_int_ge(other, 0);
    close(listener);
    ck_assert_int_eq(rdy_tcp_stream_from_fd(ours, &stream), 0);
}

static void set_up(void)
{
    set_up_exchange();
    connect_both();
    deadline_ns = RDY_NEVER;
}

static void tear_down(void)
{
    rdy_tcp_stream_close(&stream);
    if (other >= 0)
        close(other);
    other = -1;
    tear_down_exchange();
}

static void begin_at(int64_t now_ns)
{
    ck_assert_int_eq(exchange_begin(&exchange, &settings, 0, now_ns, now_ns), 0);
}

static int advance(void)
{
    return exchange_advance(&exchange, &stream, room, &deadline_ns);
}

static void wait_until_readable(void)
{
    struct pollfd ours = {.fd = rdy_source_fd(&stream.source), .events = POLLIN};
    ck_assert_int_eq(poll(&ours, 1, 30000), 1);
}

/* Sends what was said. */
static void send_all(void)
{
    ck_assert_int_eq(send(other, said, said_size, 0), (ssize_t)said_size);
    said_size = 0;
}

/* Advances until it is decided or has come to that phase. */
static int advance_to(enum phase phase)
{
    int status = advance();
    while (status == -EAGAIN && exchange.phase < phase) {
        wait_until_readable();
        status = advance();
    }
    return status;
}

static int advance_to_the_end(void)
{
    return advance_to(PHASE_COUNT);
}

/* What a seed says until our exchange is in that phase. */
static void come_to(enum phase phase, int64_t now_ns)
{
    begin_at(now_ns);
    if (phase > PHASE_HANDSHAKE)
        say_handshake(OFFERS_NOTHING);
    if (phase > PHASE_BITFIELD)
        say_bitfield(0xE0);
    if (phase > PHASE_UNCHOKE)
        say(PEER_UNCHOKE);
    if (said_size > 0)
        expect_undecided(exchange_feed(&exchange, said, said_size, now_ns), phase);
    said_size = 0;
}

static const enum phase phases[] = {PHASE_HANDSHAKE, PHASE_BITFIELD, PHASE_UNCHOKE, PHASE_REQUEST};

/* Half of what would end the phase. */
static void say_a_part(enum phase phase)
{
    switch (phase) {
    case PHASE_HANDSHAKE:
        say_handshake(OFFERS_NOTHING);
        break;
    case PHASE_BITFIELD:
        say_bitfield(0xE0);
        break;
    case PHASE_UNCHOKE:
        say(PEER_UNCHOKE);
        break;
    default:
        say_block(0, 0);
    }
    said_size -= 1;
}

START_TEST(an_end_is_closed_early_in_the_phase_in_which_it_comes)
{
    come_to(phases[_i], rdy_clock_now());
    expect_undecided(advance(), phases[_i]);
    say_a_part(phases[_i]);
    send_all();
    shutdown(other, SHUT_WR);
    const int status = advance_to_the_end();
    expect(status, OUTCOME_CLOSED_EARLY, phases[_i]);
    ck_assert_int_eq(status, -EPROTO);
}
END_TEST

static void reset(void)
{
    const struct linger linger = {.l_onoff = 1, .l_linger = 0};
    ck_assert_int_eq(setsockopt(other, SOL_SOCKET, SO_LINGER, &linger, sizeof linger), 0);
    close(other);
    other = -1;
}

START_TEST(a_reset_is_a_reset_in_the_phase_in_which_it_comes)
{
    come_to(phases[_i], rdy_clock_now());
    expect_undecided(advance(), phases[_i]);
    reset();
    const int status = advance_to_the_end();
    expect(status, OUTCOME_RESET, phases[_i]);
    ck_assert_int_eq(status, -ECONNRESET);
}
END_TEST

/* Our write is told of the reset then, and the read sees a mere end. */
START_TEST(a_reset_that_our_write_meets_is_a_reset_too)
{
    come_to(phases[_i], rdy_clock_now());
    expect_undecided(advance(), phases[_i]);
    reset();
    wait_until_readable();
    ck_assert_int_eq(rdy_buffer_append(&exchange.unsent, "\0\0\0", 4), 0);
    expect(advance(), OUTCOME_RESET, phases[_i]);
}
END_TEST

START_TEST(what_came_before_the_end_is_judged_before_it)
{
    begin_at(rdy_clock_now());
    say_handshake(OFFERS_NOTHING);
    say_bitfield(0xC0);
    send_all();
    shutdown(other, SHUT_WR);
    expect(advance_to_the_end(), OUTCOME_INCOMPLETE, PHASE_BITFIELD);
}
END_TEST

START_TEST(a_whole_exchange_leaves_nothing_unsaid)
{
    begin_at(rdy_clock_now());
    say_handshake(OFFERS_NOTHING);
    say_bitfield(0xE0);
    say(PEER_UNCHOKE);
    send_all();
    expect_undecided(advance_to(PHASE_REQUEST), PHASE_REQUEST);
    char heard[HANDSHAKE_SIZE + 5 + 3 * 17];
    ck_assert_int_eq(recv(other, heard, sizeof heard, MSG_WAITALL), sizeof heard);
    ck_assert_mem_eq(heard, settings.greeting, HANDSHAKE_SIZE);
    for (uint32_t begin = 0; begin < TORRENT_PIECE_LENGTH; begin += PEER_WIRE_BLOCK_MAX)
        say_block(0, begin);
    send_all();
    const int status = advance_to_the_end();
    expect(status, OUTCOME_OK, PHASE_REQUEST);
    rdy_tcp_stream_close(&stream);
    ck_assert_int_eq(recv(other, heard, sizeof heard, 0), 0); /* an end, not a reset */
}
END_TEST

/* ---- deadlines ---- */

static const struct late {
    enum phase phase;
    enum outcome outcome;
} lates[] = {
    {PHASE_HANDSHAKE, OUTCOME_TIMED_OUT},
    {PHASE_BITFIELD, OUTCOME_TIMED_OUT},
    {PHASE_UNCHOKE, OUTCOME_CHOKED},
    {PHASE_REQUEST, OUTCOME_TIMED_OUT},
};

START_TEST(a_deadline_that_has_passed_decides_by_the_phase)
{
    const struct late *late = &lates[_i];
    come_to(late->phase, rdy_clock_now() - 11 * RDY_SECOND);
    const int status = advance();
    expect(status, late->outcome, late->phase);
    ck_assert_int_eq(status, late->outcome == OUTCOME_CHOKED ? -EPROTO : -ETIMEDOUT);
}
END_TEST

START_TEST(what_has_come_counts_although_the_deadline_has_passed)
{
    begin_at(rdy_clock_now() - 11 * RDY_SECOND);
    say_handshake(OFFERS_NOTHING);
    send_all();
    wait_until_readable();
    expect_undecided(advance(), PHASE_BITFIELD);
}
END_TEST

START_TEST(a_peer_that_drips_stretches_no_deadline)
{
    const int64_t begun_ns = rdy_clock_now() - 4 * RDY_SECOND;
    come_to(phases[_i], begun_ns);
    expect_undecided(advance(), phases[_i]);
    ck_assert_int_eq(deadline_ns, begun_ns + 10 * RDY_SECOND);
    say_a_part(phases[_i]);
    const size_t size = said_size;
    for (size_t i = 0; i < 10 && i < size; i++) {
        ck_assert_int_eq(send(other, said + i, 1, 0), 1);
        wait_until_readable();
        expect_undecided(advance(), phases[_i]);
        ck_assert_int_eq(deadline_ns, begun_ns + 10 * RDY_SECOND);
    }
}
END_TEST

START_TEST(keep_alives_stretch_no_deadline)
{
    const int64_t begun_ns = rdy_clock_now() - 4 * RDY_SECOND;
    come_to(PHASE_UNCHOKE, begun_ns);
    ck_assert_int_eq(send(other, "\0\0\0\0\0\0\0\0", 8, 0), 8);
    wait_until_readable();
    expect_undecided(advance(), PHASE_UNCHOKE);
    ck_assert_int_eq(deadline_ns, begun_ns + 10 * RDY_SECOND);
}
END_TEST

START_TEST(bitfield_and_unchoke_share_a_deadline_and_each_piece_has_its_own)
{
    const int64_t now_ns = rdy_clock_now();
    settings.pieces = 2;
    settings.unchoke_timeout_ns = 20 * RDY_SECOND;
    settings.request_timeout_ns = 30 * RDY_SECOND;
    begin_at(now_ns - 9);
    say_handshake(OFFERS_NOTHING);
    ck_assert_int_eq(exchange_feed(&exchange, said, said_size, now_ns - 8), -EAGAIN);
    ck_assert_int_eq(exchange.deadline_ns, now_ns - 8 + 20 * RDY_SECOND);
    said_size = 0;
    say_bitfield(0xE0);
    ck_assert_int_eq(exchange_feed(&exchange, said, said_size, now_ns - 7), -EAGAIN);
    ck_assert_int_eq(exchange.deadline_ns, now_ns - 8 + 20 * RDY_SECOND);
    said_size = 0;
    say(PEER_UNCHOKE);
    ck_assert_int_eq(exchange_feed(&exchange, said, said_size, now_ns - 6), -EAGAIN);
    ck_assert_int_eq(exchange.deadline_ns, now_ns - 6 + 30 * RDY_SECOND);
    said_size = 0;
    say_block(0, 0);
    ck_assert_int_eq(exchange_feed(&exchange, said, said_size, now_ns - 5), -EAGAIN);
    ck_assert_int_eq(exchange.deadline_ns, now_ns - 6 + 30 * RDY_SECOND);
    said_size = 0;
    say_block(0, 16384);
    say_block(0, 32768);
    ck_assert_int_eq(exchange_feed(&exchange, said, said_size, now_ns - 4), -EAGAIN);
    ck_assert_int_eq(exchange.deadline_ns, now_ns - 4 + 30 * RDY_SECOND);
    ck_assert_int_eq(exchange.spent_ns[PHASE_HANDSHAKE], 1);
    ck_assert_int_eq(exchange.spent_ns[PHASE_BITFIELD], 1);
    ck_assert_int_eq(exchange.spent_ns[PHASE_UNCHOKE], 1);
}
END_TEST

START_TEST(the_total_deadline_ends_every_phase_as_timed_out)
{
    const int64_t now_ns = rdy_clock_now();
    settings.total_timeout_ns = 60 * RDY_SECOND;
    come_to(phases[_i], now_ns);
    exchange.total_deadline_ns = now_ns; /* the lookup and the connect have taken the rest */
    expect(advance(), OUTCOME_TIMED_OUT, phases[_i]);
}
END_TEST

START_TEST(the_total_time_begins_with_the_peers_start)
{
    const int64_t now_ns = rdy_clock_now();
    settings.total_timeout_ns = 5 * RDY_SECOND;
    ck_assert_int_eq(exchange_begin(&exchange, &settings, 0, now_ns - 3 * RDY_SECOND, now_ns), 0);
    expect_undecided(advance(), PHASE_HANDSHAKE);
    ck_assert_int_eq(deadline_ns, now_ns + 2 * RDY_SECOND);
}
END_TEST

START_TEST(a_peer_that_chokes_or_rejects_in_the_middle_has_choked_us)
{
    const int64_t begun_ns = rdy_clock_now() - 11 * RDY_SECOND;
    begin_at(begun_ns);
    say_handshake(OFFERS_FAST);
    say(PEER_HAVE_ALL);
    say(PEER_UNCHOKE);
    expect_undecided(exchange_feed(&exchange, said, said_size, begun_ns), PHASE_REQUEST);
    said_size = 0;
    if (_i == 0)
        say(PEER_CHOKE);
    else
        say_numbers(PEER_REJECT, 0, 0, 16384);
    expect_undecided(exchange_feed(&exchange, said, said_size, begun_ns), PHASE_REQUEST);
    expect(advance(), OUTCOME_CHOKED, PHASE_REQUEST);
}
END_TEST

START_TEST(without_a_time_out_there_is_no_deadline_but_the_talk_has_begun)
{
    settings.handshake_timeout_ns = -1;
    begin_at(rdy_clock_now());
    expect_undecided(advance(), PHASE_HANDSHAKE);
    ck_assert_int_eq(deadline_ns, RDY_NEVER - 1); /* RDY_NEVER is that of a first call */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("exchange_stream");
    TCase *cases = tcase_create("exchange_stream");
    const int count = COUNT(phases);
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_loop_test(cases, an_end_is_closed_early_in_the_phase_in_which_it_comes, 0, count);
    tcase_add_loop_test(cases, a_reset_is_a_reset_in_the_phase_in_which_it_comes, 0, count);
    tcase_add_loop_test(cases, a_reset_that_our_write_meets_is_a_reset_too, 0, count);
    tcase_add_test(cases, what_came_before_the_end_is_judged_before_it);
    tcase_add_test(cases, a_whole_exchange_leaves_nothing_unsaid);
    tcase_add_loop_test(cases, a_deadline_that_has_passed_decides_by_the_phase, 0, COUNT(lates));
    tcase_add_test(cases, what_has_come_counts_although_the_deadline_has_passed);
    tcase_add_loop_test(cases, a_peer_that_drips_stretches_no_deadline, 0, count);
    tcase_add_test(cases, keep_alives_stretch_no_deadline);
    tcase_add_test(cases, bitfield_and_unchoke_share_a_deadline_and_each_piece_has_its_own);
    tcase_add_loop_test(cases, the_total_deadline_ends_every_phase_as_timed_out, 0, count);
    tcase_add_test(cases, the_total_time_begins_with_the_peers_start);
    tcase_add_loop_test(cases, a_peer_that_chokes_or_rejects_in_the_middle_has_choked_us, 0, 2);
    tcase_add_test(cases, without_a_time_out_there_is_no_deadline_but_the_talk_has_begun);
    suite_add_tcase(suite, cases);

    return run_suite(suite);
}
