#include "apps/probe/exchange.h"

#include <errno.h>

/* Sends what is left of our side. An error is kept: the peer's bytes may have come before it, and count. */
static void send_ours(struct exchange *exchange, const uint8_t ours[HANDSHAKE_SIZE], rdy_tcp_stream *stream)
{
    while (exchange->sent < HANDSHAKE_SIZE && exchange->error == 0) {
        const ptrdiff_t count =
            rdy_tcp_stream_write(stream, ours + exchange->sent, HANDSHAKE_SIZE - exchange->sent);
        if (count == -EAGAIN)
            return;
        if (count < 0)
            exchange->error = (int)count;
        else
            exchange->sent += (size_t)count;
    }
}

static int decide(struct exchange *exchange, enum outcome outcome, int error)
{
    exchange->outcome = outcome;
    return error;
}

static int judge(struct exchange *exchange, enum handshake_verdict verdict)
{
    switch (verdict) {
    case HANDSHAKE_OK:
        return decide(exchange, OUTCOME_OK, 0);
    case HANDSHAKE_WRONG_PROTOCOL:
        return decide(exchange, OUTCOME_WRONG_PROTOCOL, -EPROTO);
    case HANDSHAKE_WRONG_INFO_HASH:
        return decide(exchange, OUTCOME_WRONG_INFO_HASH, -EPROTO);
    case HANDSHAKE_INCOMPLETE:
        break;
    }
    return -EAGAIN;
}

/* The system tells an error once: if the write was told of a reset, the read sees a mere end. */
static int decide_at_end(struct exchange *exchange, int error)
{
    if (error == 0)
        return decide(exchange, OUTCOME_CLOSED_EARLY, -EPROTO);
    return decide(exchange, outcome_from_error(error), error);
}

int exchange_advance(struct exchange *exchange, const uint8_t ours[HANDSHAKE_SIZE], rdy_tcp_stream *stream)
{
    /* Larger than the handshake: a connection that is closed with bytes unread is reset, which is impolite. */
    uint8_t bytes[1024];
    send_ours(exchange, ours, stream);
    for (;;) {
        const ptrdiff_t count = rdy_tcp_stream_read(stream, bytes, sizeof bytes);
        if (count == -EAGAIN)
            return -EAGAIN;
        if (count <= 0)
            return decide_at_end(exchange, count < 0 ? (int)count : exchange->error);
        const int status = judge(exchange, handshake_feed(ours, &exchange->theirs, bytes, (size_t)count));
        if (status != -EAGAIN)
            return status;
    }
}
