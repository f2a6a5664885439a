#include "apps/probe/probe.h"

#include <errno.h>

#include "reactor/clock.h"

const char *probe_phase_word(enum probe_phase phase)
{
    static const char *const words[] = {
        [PROBE_RESOLVING] = "resolve",
        [PROBE_CONNECTING] = "connect",
        [PROBE_HANDSHAKING] = "handshake",
    };
    return words[phase];
}

static void finish(struct probe *probe, enum outcome outcome, int error)
{
    probe->done = true;
    probe->outcome = outcome;
    probe->error = error;
}

static void begin_phase(struct probe *probe, const struct probe_plan *plan, enum probe_phase phase,
                        int64_t deadline_ns)
{
    probe->phase = phase;
    probe->deadline_ns = deadline_ns;
    rdy_timer_wheel_arm(plan->wheel, &probe->timer, deadline_ns);
}

void probe_connect(struct probe *probe, const struct probe_plan *plan, const rdy_address *address,
                   int64_t now_ns)
{
    begin_phase(probe, plan, PROBE_CONNECTING, rdy_clock_after(now_ns, plan->connect_timeout_ns));
    int error = rdy_connector_start(address, NULL, probe->deadline_ns, &probe->connector);
    if (error == -ENETUNREACH) { /* at once: it is this machine that has no route, no router has told so */
        finish(probe, OUTCOME_LOCAL_FAULT, error);
        return;
    }
    if (error == 0 && probe->connector.state == RDY_CONNECTOR_FAILED)
        error = probe->connector.error;
    /* Edges of both directions from the start: no second registration when it is connected. */
    if (error == 0)
        error = rdy_registry_register(plan->registry, &probe->connector.stream.source, probe->token,
                                      RDY_READABLE | RDY_WRITABLE);
    if (error != 0)
        finish(probe, outcome_from_error(error), error);
}

/* Whether the handshake may begin. */
static bool advance_connecting(struct probe *probe, const struct probe_plan *plan, int64_t now_ns)
{
    switch (rdy_connector_advance(&probe->connector, now_ns)) {
    case RDY_CONNECTOR_IDLE:
    case RDY_CONNECTOR_CONNECTING:
        return false;
    case RDY_CONNECTOR_FAILED:
    case RDY_CONNECTOR_TOO_LATE:
        finish(probe, outcome_from_error(probe->connector.error), probe->connector.error);
        return false;
    case RDY_CONNECTOR_CONNECTED:
        break;
    }
    rdy_connector_take(&probe->connector, &probe->stream);
    if (plan->handshake)
        begin_phase(probe, plan, PROBE_HANDSHAKING, rdy_clock_after(now_ns, plan->handshake_timeout_ns));
    else
        finish(probe, OUTCOME_OK, 0);
    return !probe->done;
}

/* Sends what is left of our side. An error is kept: the peer's bytes may have come before it, and count. */
static void send_greeting(struct probe *probe, const struct probe_plan *plan)
{
    while (probe->sent < HANDSHAKE_SIZE && probe->error == 0) {
        const ptrdiff_t count =
            rdy_tcp_stream_write(&probe->stream, plan->greeting + probe->sent, HANDSHAKE_SIZE - probe->sent);
        if (count == -EAGAIN)
            return;
        if (count < 0)
            probe->error = (int)count;
        else
            probe->sent += (size_t)count;
    }
}

static void judge(struct probe *probe, enum handshake_verdict verdict)
{
    if (verdict == HANDSHAKE_OK)
        finish(probe, OUTCOME_OK, 0);
    else if (verdict == HANDSHAKE_WRONG_PROTOCOL)
        finish(probe, OUTCOME_WRONG_PROTOCOL, 0);
    else if (verdict == HANDSHAKE_WRONG_INFO_HASH)
        finish(probe, OUTCOME_WRONG_INFO_HASH, 0);
}

/* The system tells an error once: if the write was told of a reset, the read sees a mere end. */
static void finish_at_end(struct probe *probe)
{
    if (probe->error != 0)
        finish(probe, outcome_from_error(probe->error), probe->error);
    else
        finish(probe, OUTCOME_CLOSED_EARLY, 0);
}

/* Reads until it is decided or nothing is there. */
static void receive_greeting(struct probe *probe, const struct probe_plan *plan)
{
    /* Larger than the handshake: a connection that is closed with bytes unread is reset, which is impolite.
     */
    uint8_t bytes[1024];
    while (!probe->done) {
        const ptrdiff_t count = rdy_tcp_stream_read(&probe->stream, bytes, sizeof(bytes));
        if (count == -EAGAIN)
            return;
        if (count == 0)
            finish_at_end(probe);
        else if (count < 0)
            finish(probe, outcome_from_error((int)count), (int)count);
        else
            judge(probe, handshake_feed(plan->greeting, &probe->received, bytes, (size_t)count));
    }
}

static void advance_handshaking(struct probe *probe, const struct probe_plan *plan, int64_t now_ns)
{
    send_greeting(probe, plan);
    receive_greeting(probe, plan);
    if (!probe->done && now_ns >= probe->deadline_ns)
        finish(probe, OUTCOME_TIMED_OUT, -ETIMEDOUT);
}

void probe_advance(struct probe *probe, const struct probe_plan *plan, int64_t now_ns)
{
    if (probe->phase == PROBE_CONNECTING && !advance_connecting(probe, plan, now_ns))
        return;
    if (probe->phase == PROBE_HANDSHAKING)
        advance_handshaking(probe, plan, now_ns);
}

void probe_close(struct probe *probe, const struct probe_plan *plan)
{
    rdy_timer_wheel_cancel(plan->wheel, &probe->timer);
    rdy_connector_close(&probe->connector);
    rdy_tcp_stream_close(&probe->stream);
}
