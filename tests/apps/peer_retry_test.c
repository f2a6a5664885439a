#include <check.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/apps/connector_support.h"
#include "tests/apps/fake_names.h"

static const int64_t delay_ns = 40 * RDY_MILLISECOND;

static void retry(unsigned retries)
{
    options.retries = retries;
    options.retry_delay_ns = delay_ns;
}

/* Until the peer at 0 waits for its next try. */
static void await_backing_off(void)
{
    peer_result result;
    const peer_outcome *outcome = peer_connector_outcome(connector, 0);
    do {
        const int64_t moment_ns = rdy_clock_now() + RDY_MILLISECOND;
        ck_assert_int_eq(peer_connector_next_until(connector, moment_ns, &result), -ETIMEDOUT);
    } while (outcome->state != PEER_WAITING);
}

/* ---- the connect ---- */

START_TEST(a_peer_that_refused_is_tried_again_and_may_answer_then)
{
    use_backend(_i);
    retry(1);
    options.retry_delay_ns = RDY_SECOND;
    const int fd = add_refusing();
    open_connector();
    await_backing_off();
    ck_assert_uint_eq(peer_connector_outcome(connector, 0)->attempts, 1);
    ck_assert_str_eq(word_of(0), "not done");
    ck_assert_uint_eq(peer_connector_under_way(connector), 0);
    ck_assert_int_eq(listen(fd, 16), 0);
    ck_assert_uint_eq(next_peer(), 0);
    ck_assert_uint_eq(peer_connector_outcome(connector, 0)->attempts, 2);
    ck_assert_int_eq(peer_connector_outcome(connector, 0)->error, 0);
    expect_no_more();
}
END_TEST

START_TEST(the_delays_grow_and_are_not_the_peers_time)
{
    use_backend(_i);
    retry(3);
    (void)add_refusing();
    const int64_t started_ns = rdy_clock_now();
    open_connector();
    expect_no_more();
    const int64_t delays_ns = delay_ns + delay_ns * 3 / 2 + delay_ns * 9 / 4;
    const peer_outcome *outcome = peer_connector_outcome(connector, 0);
    ck_assert_uint_eq(outcome->attempts, 4);
    ck_assert_int_ge(rdy_clock_now() - started_ns, delays_ns);
    ck_assert_int_le(outcome->elapsed_ns, rdy_clock_now() - started_ns - delays_ns);
}
END_TEST

START_TEST(each_try_has_the_whole_time)
{
    use_backend(_i);
    retry(1);
    options.timeout_ns = SHORT_TIMEOUT;
    (void)add_silent();
    open_connector();
    expect_no_more();
    ck_assert_str_eq(word_of(0), "timed out");
    ck_assert_uint_eq(peer_connector_outcome(connector, 0)->attempts, 2);
    const peer_outcome *outcome = peer_connector_outcome(connector, 0);
    ck_assert_int_ge(outcome->elapsed_ns, 2 * SHORT_TIMEOUT);
    ck_assert_int_ge(outcome->try_started_ns, outcome->started_ns + SHORT_TIMEOUT + delay_ns);
}
END_TEST

START_TEST(the_last_try_is_the_outcome)
{
    retry(1);
    options.timeout_ns = SHORT_TIMEOUT;
    options.retry_delay_ns = RDY_SECOND;
    const int fd = add_silent();
    open_connector();
    await_backing_off();
    close(fd);
    expect_no_more();
    ck_assert_str_eq(word_of(0), "refused");
}
END_TEST

START_TEST(others_are_tried_during_the_delay)
{
    retry(1);
    options.retry_delay_ns = 60 * RDY_SECOND;
    options.concurrency = 1;
    (void)add_refusing();
    (void)add_good();
    open_connector();
    ck_assert_uint_eq(next_peer(), 1);
    ck_assert_int_eq(peer_connector_outcome(connector, 0)->state, PEER_WAITING);
    ck_assert_uint_eq(peer_connector_outcome(connector, 0)->attempts, 1);
}
END_TEST

/* Two come back one after another while a third has the only connection. */
START_TEST(who_has_waited_longest_is_tried_again_first)
{
    retry(1);
    options.retry_delay_ns = 150 * RDY_MILLISECOND;
    options.timeout_ns = SHORT_TIMEOUT;
    options.rate = 50;
    options.concurrency = 1;
    options.report_failures = true;
    (void)add_refusing();
    (void)add_refusing();
    (void)add_silent();
    open_connector();
    ck_assert_uint_eq(next_peer(), 0);
    ck_assert_uint_eq(next_peer(), 1);
}
END_TEST

START_TEST(one_after_another_nobody_is_begun_during_the_delay)
{
    retry(2);
    options.sequential = true;
    (void)add_refusing();
    (void)add_good();
    open_connector();
    ck_assert_uint_eq(next_peer(), 1);
    ck_assert_str_eq(word_of(0), "refused");
    ck_assert_uint_eq(peer_connector_outcome(connector, 0)->attempts, 3);
    expect_no_more();
}
END_TEST

START_TEST(all_addresses_of_a_name_are_tried_again)
{
    rdy_address address;
    retry(1);
    options.sequential = _i == 1;
    const int fd = listen_on_loopback(16, &address);
    close(fd);
    add_name(THREE_NAME, rdy_address_port(&address));
    add_name(TWO_NAME, rdy_address_port(&address)); /* the second time no address is mistaken for its own */
    open_connector();
    expect_no_more();
    ck_assert_str_eq(word_of(0), "refused");
    const unsigned attempts =
        peer_connector_outcome(connector, 0)->attempts + peer_connector_outcome(connector, 1)->attempts;
    ck_assert_uint_eq(attempts, 6); /* each of the three addresses twice, whoever has which */
}
END_TEST

START_TEST(a_name_that_is_not_known_is_not_asked_for_again)
{
    retry(3);
    options.retry_delay_ns = 60 * RDY_SECOND;
    add_name(SLOW_NAME, 80);
    open_connector();
    expect_no_more();
    ck_assert_str_eq(word_of(0), "unknown name");
}
END_TEST

/* ---- the talk ---- */

typedef struct rounds {
    int verdict; /* of each talk, at its second call */
    int beginnings;
    int listener;
    int accepted[8];
} rounds;

/* What the peer had accepted before is closed when a talk begins. */
static void check_begin(rounds *seen)
{
    char byte;
    ck_assert_int_lt(seen->beginnings, 8);
    for (int i = 0; i < seen->beginnings; i++)
        ck_assert_int_eq(recv(seen->accepted[i], &byte, 1, MSG_DONTWAIT), 0);
    seen->accepted[seen->beginnings] = accept(seen->listener, NULL, NULL);
    ck_assert_int_ge(seen->accepted[seen->beginnings++], 0);
}

static int talk_twice(void *context, size_t index, rdy_tcp_stream *stream, int64_t *deadline_ns)
{
    rounds *seen = context;
    ck_assert_uint_eq(index, 0);
    ck_assert(rdy_source_is_registered(&stream->source));
    if (*deadline_ns != RDY_NEVER)
        return rdy_clock_now() < *deadline_ns ? -EAGAIN : seen->verdict;
    check_begin(seen);
    *deadline_ns = rdy_clock_now() + 5 * RDY_MILLISECOND;
    return -EAGAIN;
}

static void begin_talks(rounds *seen)
{
    options.talk = (peer_talk){.advance = talk_twice, .context = seen};
    seen->listener = add_good();
    open_connector();
}

static void end_talks(rounds *seen)
{
    for (int i = 0; i < seen->beginnings; i++)
        close(seen->accepted[i]);
}

static const struct {
    int verdict;
    bool is_transient;
    const char *word;
} verdicts[] = {
    {-ECONNRESET, true, "reset"},         {-ETIMEDOUT, true, "timed out"}, {-EAGAIN, true, "timed out"},
    {-EHOSTUNREACH, true, "unreachable"}, {-EPROTO, false, "failed"},      {-EACCES, false, "denied"},
};

START_TEST(a_talk_begins_anew_after_a_transient_error_and_only_then)
{
    rounds seen = {.verdict = verdicts[_i].verdict};
    retry(2);
    begin_talks(&seen);
    expect_no_more();
    end_talks(&seen);
    ck_assert_int_eq(seen.beginnings, verdicts[_i].is_transient ? 3 : 1);
    ck_assert_uint_eq(peer_connector_outcome(connector, 0)->attempts, (unsigned)seen.beginnings);
    ck_assert_str_eq(word_of(0), verdicts[_i].word);
    ck_assert(peer_connector_outcome(connector, 0)->has_talked);
}
END_TEST

START_TEST(talks_begin_anew_on_every_backend)
{
    rounds seen = {.verdict = -ECONNRESET};
    use_backend(_i);
    retry(2);
    begin_talks(&seen);
    expect_no_more();
    end_talks(&seen);
    ck_assert_int_eq(seen.beginnings, 3);
}
END_TEST

START_TEST(what_was_talked_before_the_last_try_counts_as_time_and_not_as_its_phase)
{
    rounds seen = {.verdict = -ECONNRESET};
    retry(1);
    options.retry_delay_ns = RDY_SECOND;
    begin_talks(&seen);
    while (seen.beginnings == 0) {
        peer_result result;
        const int64_t moment_ns = rdy_clock_now() + RDY_MILLISECOND;
        ck_assert_int_eq(peer_connector_next_until(connector, moment_ns, &result), -ETIMEDOUT);
    }
    close(seen.listener);
    expect_no_more();
    end_talks(&seen);
    const peer_outcome *outcome = peer_connector_outcome(connector, 0);
    ck_assert_str_eq(word_of(0), "refused");
    ck_assert(!outcome->has_talked);
    ck_assert_int_ge(outcome->talk_ns, 5 * RDY_MILLISECOND);
    ck_assert_int_ge(outcome->elapsed_ns, outcome->talk_ns);
}
END_TEST

int main(void)
{
    const TTest *const on_every_backend[] = {
        a_peer_that_refused_is_tried_again_and_may_answer_then,
        the_delays_grow_and_are_not_the_peers_time,
        each_try_has_the_whole_time,
        talks_begin_anew_on_every_backend,
        NULL,
    };
    const TTest *const once[] = {
        the_last_try_is_the_outcome,
        others_are_tried_during_the_delay,
        who_has_waited_longest_is_tried_again_first,
        one_after_another_nobody_is_begun_during_the_delay,
        a_name_that_is_not_known_is_not_asked_for_again,
        what_was_talked_before_the_last_try_counts_as_time_and_not_as_its_phase,
        NULL,
    };
    const TTest *const twice[] = {all_addresses_of_a_name_are_tried_again,
                                  NULL}; /* in parallel, sequentially */
    const TTest *const for_each_verdict[] = {a_talk_begins_anew_after_a_transient_error_and_only_then, NULL};
    Suite *suite = suite_create("peer_retry");
    add_connector_case(suite, "on every backend", on_every_backend, backend_count());
    add_connector_case(suite, "once", once, 1);
    add_connector_case(suite, "twice", twice, 2);
    add_connector_case(suite, "for each verdict", for_each_verdict, sizeof verdicts / sizeof verdicts[0]);
    return run_suite(suite);
}
