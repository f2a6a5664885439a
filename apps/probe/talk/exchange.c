#include "apps/probe/talk/exchange.h"

#include <errno.h>

#include "apps/probe/talk/exchange_message.h"
#include "apps/probe/talk/exchange_phase.h"
#include "reactor/clock.h"

/* A peer that sends without an end leaves the thread to the others for a while. */
enum { READS_AT_ONCE = 32 };

static const int64_t turn_of_others_ns = RDY_MILLISECOND;

int exchange_begin(struct exchange *exchange, const struct exchange_settings *settings, size_t index,
                   int64_t started_ns, int64_t now_ns)
{
    *exchange = (struct exchange){
        .settings = settings,
        .index = index,
        .phase = PHASE_HANDSHAKE,
        .phase_started_ns = now_ns,
        .deadline_ns = rdy_clock_after(now_ns, settings->handshake_timeout_ns),
        .total_deadline_ns = rdy_clock_after(started_ns, settings->total_timeout_ns),
    };
    return rdy_buffer_append(&exchange->unsent, settings->greeting, HANDSHAKE_SIZE);
}

static int judge_greeting(struct exchange *exchange, enum handshake_verdict verdict, int64_t now_ns)
{
    switch (verdict) {
    case HANDSHAKE_OK:
        if (exchange->settings->mode == MODE_HANDSHAKE)
            return exchange_decide(exchange, OUTCOME_OK, 0);
        exchange_greeted(exchange, now_ns);
        return -EAGAIN;
    case HANDSHAKE_WRONG_PROTOCOL:
        return exchange_decide(exchange, OUTCOME_WRONG_PROTOCOL, -EPROTO);
    case HANDSHAKE_WRONG_INFO_HASH:
        return exchange_decide(exchange, OUTCOME_WRONG_INFO_HASH, -EPROTO);
    case HANDSHAKE_INCOMPLETE:
        break;
    }
    return -EAGAIN;
}

static int feed_messages(struct exchange *exchange, const uint8_t *bytes, size_t size, int64_t now_ns)
{
    struct peer_part part;
    int status;
    while ((status = peer_wire_next(&exchange->wire, &bytes, &size, &part)) > 0) {
        status = exchange_take(exchange, &part, now_ns);
        if (status != -EAGAIN)
            return status;
    }
    if (status < 0)
        return exchange_decide(exchange, status == -EMSGSIZE ? OUTCOME_OVERSIZED : OUTCOME_PROTOCOL_ERROR,
                               -EPROTO);
    return exchange_ask(exchange);
}

int exchange_feed(struct exchange *exchange, const uint8_t *bytes, size_t size, int64_t now_ns)
{
    if (exchange->phase != PHASE_HANDSHAKE)
        return feed_messages(exchange, bytes, size, now_ns);
    const uint8_t earlier = exchange->theirs.received;
    const enum handshake_verdict verdict =
        handshake_feed(exchange->settings->greeting, &exchange->theirs, bytes, size);
    const int status = judge_greeting(exchange, verdict, now_ns);
    if (status != -EAGAIN || exchange->phase == PHASE_HANDSHAKE)
        return status;
    const size_t used = (size_t)(exchange->theirs.received - earlier);
    return feed_messages(exchange, bytes + used, size - used, now_ns);
}

/* An error is kept: the peer's bytes may have come before it, and count. */
static void flush_unsent(struct exchange *exchange, rdy_tcp_stream *stream)
{
    if (exchange->unsent.count == 0 || exchange->error != 0)
        return;
    const int error = rdy_buffer_flush(&exchange->unsent, &stream->source);
    if (error != -EAGAIN)
        exchange->error = error;
}

/* When what waited has gone there is room for more requests. */
static int send_unsent(struct exchange *exchange, rdy_tcp_stream *stream)
{
    flush_unsent(exchange, stream);
    const int status = exchange_ask(exchange);
    flush_unsent(exchange, stream);
    return status;
}

/* The system tells an error once: if the write was told of a reset, the read sees a mere end. */
static int decide_at_end(struct exchange *exchange, int error)
{
    if (error == 0)
        return exchange_decide(exchange, OUTCOME_CLOSED_EARLY, -EPROTO);
    return exchange_decide(exchange, outcome_from_error(error), error);
}

static int64_t next_deadline(const struct exchange *exchange)
{
    const int64_t total_ns = exchange->total_deadline_ns;
    return exchange->deadline_ns < total_ns ? exchange->deadline_ns : total_ns;
}

/* A peer that answers, but not with what we may request, has choked us; one that does not has timed out. */
static int decide_too_late(struct exchange *exchange)
{
    const bool is_unwilling = exchange->phase == PHASE_UNCHOKE ||
                              (exchange->phase == PHASE_REQUEST &&
                               (exchange->is_choked || piece_request_is_rejected(&exchange->request)));
    /* There is no time for a retry then either. */
    if (exchange->total_deadline_ns < exchange->deadline_ns)
        return exchange_decide(exchange, OUTCOME_TIMED_OUT, -EPROTO);
    if (is_unwilling)
        return exchange_decide(exchange, OUTCOME_CHOKED, -EPROTO);
    return exchange_decide(exchange, OUTCOME_TIMED_OUT, -ETIMEDOUT);
}

/* Until there is more, or at most until `latest_ns`. */
static int wait_for_more(struct exchange *exchange, int64_t now_ns, int64_t latest_ns, int64_t *deadline_ns)
{
    const int64_t next_ns = next_deadline(exchange);
    if (exchange->error != 0)
        return decide_at_end(exchange, exchange->error);
    if (now_ns >= next_ns)
        return decide_too_late(exchange);
    *deadline_ns = next_ns < latest_ns ? next_ns : latest_ns;
    return -EAGAIN;
}

int exchange_advance(struct exchange *exchange, rdy_tcp_stream *stream, uint8_t room[EXCHANGE_ROOM],
                     int64_t *deadline_ns)
{
    int64_t now_ns = rdy_clock_now();
    int status = send_unsent(exchange, stream);
    for (int i = 0; i < READS_AT_ONCE && status == -EAGAIN; i++) {
        const ptrdiff_t count = rdy_tcp_stream_read(stream, room, EXCHANGE_ROOM);
        if (count == -EAGAIN)
            return wait_for_more(exchange, now_ns, RDY_NEVER - 1, deadline_ns);
        if (count <= 0)
            return decide_at_end(exchange, count < 0 ? (int)count : exchange->error);
        now_ns = rdy_clock_now();
        status = exchange_feed(exchange, room, (size_t)count, now_ns);
        if (status == -EAGAIN)
            status = send_unsent(exchange, stream);
    }
    if (status != -EAGAIN)
        return status;
    rdy_source_defer(&stream->source);
    return wait_for_more(exchange, now_ns, now_ns + turn_of_others_ns, deadline_ns);
}

void exchange_end(struct exchange *exchange)
{
    if (exchange == NULL)
        return;
    piece_request_end(&exchange->request);
    rdy_buffer_free(&exchange->unsent);
}
