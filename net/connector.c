#include "net/connector.h"

#include <errno.h>

#include "net/failure.h"

/*
 *     IDLE -- start --> CONNECTING -- answer --> CONNECTED -- take --> IDLE
 *                           |------- error ----> FAILED
 *                           '------ deadline --> TOO_LATE
 */

static rdy_connector_state decide(rdy_connector *connector, rdy_connector_state state, int error)
{
    connector->state = state;
    connector->error = error;
    if (state != RDY_CONNECTOR_CONNECTED)
        rdy_tcp_stream_close(&connector->stream);
    return state;
}

/* Whether an error that connect gave at once is an answer about the peer, and not about this machine. */
static bool is_answer(int error)
{
    const rdy_failure failure = rdy_failure_from_error(error);
    return failure == RDY_FAILURE_REFUSED || failure == RDY_FAILURE_RESET ||
           failure == RDY_FAILURE_TIMED_OUT || error == -EHOSTUNREACH;
}

int rdy_connector_start(const rdy_address *peer, const rdy_address *from, int64_t deadline_ns,
                        rdy_connector *connector)
{
    rdy_connector attempt = {.deadline_ns = deadline_ns, .state = RDY_CONNECTOR_CONNECTING};
    int error = rdy_tcp_stream_connect_from(from, peer, &attempt.stream);
    if (error != 0 && !is_answer(error))
        return error;
    if (error != 0)
        (void)decide(&attempt, RDY_CONNECTOR_FAILED, error);
    *connector = attempt;
    return 0;
}

/*
 * TCP lets a socket connect to itself when the port it was given happens to be the one it asks for (RFC 9293,
 * 3.5: simultaneous open). Nobody listens there.
 */
static bool is_connected_to_itself(const rdy_tcp_stream *stream)
{
    rdy_address local, peer;
    return rdy_tcp_stream_local_address(stream, &local) == 0 &&
           rdy_tcp_stream_peer_address(stream, &peer) == 0 && rdy_address_compare(&local, &peer) == 0;
}

rdy_connector_state rdy_connector_advance(rdy_connector *connector, int64_t now_ns)
{
    if (connector->state != RDY_CONNECTOR_CONNECTING)
        return connector->state;
    int error = rdy_tcp_stream_finish_connect(&connector->stream);
    if (error == 0 && is_connected_to_itself(&connector->stream))
        error = -ECONNREFUSED;
    if (error == 0)
        return decide(connector, RDY_CONNECTOR_CONNECTED, 0);
    if (error != -EAGAIN)
        return decide(connector, RDY_CONNECTOR_FAILED, error);
    if (now_ns >= connector->deadline_ns)
        return decide(connector, RDY_CONNECTOR_TOO_LATE, -ETIMEDOUT);
    return RDY_CONNECTOR_CONNECTING;
}

int rdy_connector_take(rdy_connector *connector, rdy_tcp_stream *stream)
{
    if (connector->state != RDY_CONNECTOR_CONNECTED)
        return -EINVAL;
    *stream = connector->stream;
    *connector = (rdy_connector){0};
    return 0;
}

void rdy_connector_close(rdy_connector *connector)
{
    if (connector == NULL)
        return;
    rdy_tcp_stream_close(&connector->stream);
    *connector = (rdy_connector){0};
}
