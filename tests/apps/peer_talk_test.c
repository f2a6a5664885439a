#include <check.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/tcp_stream.h"
#include "reactor/clock.h"
#include "tests/apps/connector_support.h"

/* What is said between the connect and the handing out. */

typedef struct greeting {
    int calls;
    int verdict;        /* at the peer's first byte */
    int64_t timeout_ns; /* for that */
} greeting;

static int await_a_byte(void *context, size_t index, rdy_tcp_stream *stream, int64_t *deadline_ns)
{
    greeting *heard = context;
    char byte;
    if (heard->calls++ == 0)
        *deadline_ns = rdy_clock_after(rdy_clock_now(), heard->timeout_ns);
    ck_assert_uint_eq(index, 0);
    const ptrdiff_t count = rdy_tcp_stream_read(stream, &byte, 1);
    return count == 1 ? heard->verdict : (int)count;
}

/* A peer that has sent one byte to whom it accepts, which is now; the silent one says nothing. */
static void begin_talk(greeting *heard, bool speaks)
{
    peer_result result;
    options.talk = (peer_talk){.advance = await_a_byte, .context = heard};
    heard->timeout_ns = speaks ? 60 * RDY_SECOND : SHORT_TIMEOUT;
    options.timeout_ns = 60 * RDY_SECOND;
    const int listener = add_good();
    open_connector();
    do {
        const int64_t moment_ns = rdy_clock_now() + RDY_MILLISECOND;
        ck_assert_int_eq(peer_connector_next_until(connector, moment_ns, &result), -ETIMEDOUT);
        ck_assert_int_ge(rdy_clock_now(), moment_ns);
    } while (peer_connector_outcome(connector, 0)->state != PEER_TALKING);
    if (!speaks)
        return;
    const int accepted = accept(listener, NULL, NULL);
    ck_assert_int_eq(write(accepted, "x", 1), 1);
    close(accepted);
}

START_TEST(a_stream_is_handed_out_when_its_talk_is_over)
{
    greeting heard = {.verdict = 0};
    use_backend(_i);
    begin_talk(&heard, true);
    ck_assert_uint_eq(next_peer(), 0);
    ck_assert_int_ge(heard.calls, 2);
    ck_assert(peer_connector_outcome(connector, 0)->has_talked);
    expect_no_more();
}
END_TEST

START_TEST(the_error_of_a_talk_is_that_of_the_peer)
{
    greeting heard = {.verdict = -ECONNRESET};
    use_backend(_i);
    begin_talk(&heard, true);
    expect_no_more();
    ck_assert_str_eq(word_of(0), "reset");
}
END_TEST

START_TEST(a_talk_has_a_deadline_of_its_own)
{
    greeting heard = {.verdict = 0};
    use_backend(_i);
    begin_talk(&heard, false);
    expect_no_more();
    ck_assert_str_eq(word_of(0), "timed out");
    ck_assert_int_ge(peer_connector_outcome(connector, 0)->elapsed_ns, SHORT_TIMEOUT);
}
END_TEST

/* Leaves a deadline that comes while it is still at work, as one that writes to a disk may; then it is over. */
static int work_past_the_deadline(void *context, size_t index, rdy_tcp_stream *stream, int64_t *deadline_ns)
{
    int *calls = context;
    (void)index;
    (void)stream;
    if ((*calls)++ > 0)
        return 0;
    *deadline_ns = rdy_clock_now() + RDY_MICROSECOND;
    while (rdy_clock_now() <= *deadline_ns)
        ;
    return -EAGAIN;
}

START_TEST(a_talk_that_works_past_its_deadline_is_called_once_more)
{
    int calls = 0;
    use_backend(_i);
    options.talk = (peer_talk){.advance = work_past_the_deadline, .context = &calls};
    add_good();
    open_connector();
    ck_assert_uint_eq(next_peer(), 0);
    ck_assert_int_eq(calls, 2);
    expect_no_more();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_stream_is_handed_out_when_its_talk_is_over,
        the_error_of_a_talk_is_that_of_the_peer,
        a_talk_has_a_deadline_of_its_own,
        a_talk_that_works_past_its_deadline_is_called_once_more,
        NULL,
    };
    Suite *suite = suite_create("peer_talk");
    add_connector_case(suite, "on every backend", tests, backend_count());
    return run_suite(suite);
}
