#include "tests/hostile/peer.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>

#include "bench/load/content.h"
#include "net/stream.h"
#include "reactor/clock.h"
#include "reactor/error.h"
#include "tests/hostile/leave.h"

/* A peer whose echo never stops coming must leave its turn to the others. */
enum { MOVES_PER_TURN = 16 };

/* Bytes of a window: what is small against the one that the system chooses, and what is not. */
enum { NARROW = 16 * 1024, WIDE = 1024 * 1024 };

static const rdy_interest interest = RDY_READABLE | RDY_WRITABLE;

static uint64_t smaller(uint64_t one, uint64_t other)
{
    return one < other ? one : other;
}

static void arm(struct peer *peer, struct scene *scene, uint32_t milliseconds)
{
    const int64_t delay_ns = milliseconds == PLAN_FOR_EVER ? -1 : milliseconds * RDY_MILLISECOND;
    rdy_timer_wheel_arm(&scene->wheel, &peer->timer, rdy_clock_after(scene->now_ns, delay_ns));
}

static void go(struct peer *peer, struct scene *scene)
{
    rdy_timer_wheel_cancel(&scene->wheel, &peer->timer);
    rdy_tcp_stream_close(&peer->stream);
    peer->state = PEER_OUT;
}

void peer_lose(struct peer *peer, struct scene *scene, const char *why)
{
    fprintf(stderr,
            "lost: seed %" PRIu64 " %s client %" PRIu32 " life %" PRIu32 " (%s) in state %d, sent %" PRIu64
            ", received %" PRIu64 ": %s\n",
            scene->seed, plan_role_name(scene->role), peer->number, peer->life,
            plan_role_name(peer->plan.role), (int)peer->state, peer->sent, peer->received, why);
    scene->tally->lost++;
    go(peer, scene);
}

/*
 * A receive buffer made smaller than the window that its connection began with would drop what comes, acknowledgements
 * too: two ends that are both full then answer each other for ever longer pauses, up to minutes.
 */
static void limit_window(struct peer *peer, int bytes)
{
    (void)setsockopt(rdy_source_fd(&peer->stream.source), IPPROTO_TCP, TCP_WINDOW_CLAMP, &bytes,
                     sizeof bytes);
}

int peer_begin(struct peer *peer, struct scene *scene)
{
    const int error = rdy_tcp_stream_connect(scene->server, &peer->stream);
    if (error != 0)
        return error;
    peer->plan = plan_make(scene->seed, peer->number, peer->life, scene->role);
    peer->sent = peer->received = 0;
    peer->refused = false;
    peer->state = PEER_CONNECTING;
    scene->tally->attempts++;
    (void)rdy_tcp_stream_set_nodelay(&peer->stream, true);
    if (peer->plan.narrow)
        limit_window(peer, NARROW);
    arm(peer, scene, peer->plan.patience_ms);
    const int failed = rdy_registry_register(scene->registry, &peer->stream.source, peer->number, interest);
    if (failed != 0)
        peer_lose(peer, scene, rdy_error_sentence(failed));
    return 0;
}

/* The last of what it was to send is sent, and it has held for as long as it should. */
static void part(struct peer *peer, struct scene *scene)
{
    if (peer->plan.farewell == FAREWELL_END) {
        peer->state = PEER_DRAINING;
        peer->plan.appetite = PLAN_NO_LIMIT;
        if (peer->plan.narrow)
            limit_window(peer, WIDE);
        if (rdy_tcp_stream_shutdown(&peer->stream, SHUT_WR) != 0)
            peer_lose(peer, scene, "cannot shut down");
        return;
    }
    scene->tally->left++;
    scene->tally->left_sent += peer->sent;
    scene->tally->left_received += peer->received;
    scene->tally->silent += leave(&peer->stream, peer->plan.farewell);
    go(peer, scene);
}

static void on_end(struct peer *peer, struct scene *scene)
{
    const bool parked = peer->state == PEER_HOLDING && peer->plan.role == ROLE_PARKED;
    if ((peer->state != PEER_DRAINING && !parked) || peer->received != peer->sent) {
        peer_lose(peer, scene, "the stream ended too early");
        return;
    }
    scene->tally->ended += !parked;
    scene->tally->dismissed += parked;
    scene->tally->ended_bytes += peer->received;
    go(peer, scene);
}

static void take(struct peer *peer, struct scene *scene, size_t count)
{
    const bool right = peer->received + count <= peer->sent &&
                       content_matches(scene->bytes, count, peer->plan.key, (size_t)peer->received);
    peer->received += count;
    if (!right)
        peer_lose(peer, scene, "wrong bytes");
    else if (peer->plan.window != PLAN_NO_LIMIT && peer->received == peer->sent)
        latency_add(&scene->tally->round_trip, rdy_clock_now() - peer->asked_ns);
}

static bool receive(struct peer *peer, struct scene *scene)
{
    const uint64_t wanted =
        smaller(sizeof scene->bytes, peer->plan.appetite - smaller(peer->plan.appetite, peer->received));
    if (wanted == 0)
        return false;
    const ptrdiff_t count = rdy_tcp_stream_read(&peer->stream, scene->bytes, (size_t)wanted);
    if (count == -EAGAIN)
        return false;
    if (count < 0)
        peer_lose(peer, scene, rdy_error_sentence((int)count));
    else if (count == 0)
        on_end(peer, scene);
    else
        take(peer, scene, (size_t)count);
    return true;
}

/* How much of its plan it may send now. A message is whole before the next one begins. */
static uint64_t sendable(const struct peer *peer)
{
    const uint64_t window = peer->plan.window;
    const uint64_t in_flight = peer->sent - peer->received;
    const bool mid_message = window != PLAN_NO_LIMIT && peer->sent % window != 0;
    const uint64_t room = mid_message ? window - peer->sent % window : window - smaller(window, in_flight);
    const bool waits = window != PLAN_NO_LIMIT && !mid_message && in_flight > 0;
    return waits ? 0 : smaller(smaller(room, peer->plan.piece), peer->plan.total - peer->sent);
}

/* Not in a gap. Who holds because nothing more is taken sends on when there is room again. */
static bool may_send(const struct peer *peer)
{
    return peer->state == PEER_HOLDING || (peer->state == PEER_TALKING && !rdy_timer_is_armed(&peer->timer));
}

static bool send_some(struct peer *peer, struct scene *scene)
{
    const size_t size = may_send(peer) ? (size_t)sendable(peer) : 0;
    if (size == 0)
        return false;
    content_fill(scene->bytes, size, peer->plan.key, (size_t)peer->sent);
    const int64_t asked_ns = rdy_clock_now();
    const ptrdiff_t count = rdy_tcp_stream_write(&peer->stream, scene->bytes, size);
    peer->refused = count == -EAGAIN;
    if (peer->refused)
        return false;
    if (count < 0) {
        peer_lose(peer, scene, rdy_error_sentence((int)count));
        return true;
    }
    if (peer->received == peer->sent)
        peer->asked_ns = asked_ns;
    peer->sent += (uint64_t)count;
    if (peer->plan.gap_ms > 0 && (size_t)count == size && peer->sent < peer->plan.total &&
        peer->state == PEER_TALKING)
        arm(peer, scene, peer->plan.gap_ms);
    return true;
}

static bool is_connected(struct peer *peer, struct scene *scene)
{
    if (peer->state != PEER_CONNECTING)
        return peer->state != PEER_OUT;
    const int error = rdy_tcp_stream_finish_connect(&peer->stream);
    if (error == -EAGAIN)
        return false;
    if (error != 0) {
        peer_lose(peer, scene, rdy_error_sentence(error));
        return false;
    }
    rdy_timer_wheel_cancel(&scene->wheel, &peer->timer);
    scene->tally->connected++;
    peer->state = PEER_TALKING;
    if (scene->ending)
        peer->plan.total = peer->plan.hold_ms = 0;
    return true;
}

/* It has sent all, or the server takes no more and it does not read. */
static bool has_sent_all(const struct peer *peer)
{
    return peer->sent == peer->plan.total || (peer->refused && peer->received >= peer->plan.appetite);
}

static bool follow_plan(struct peer *peer, struct scene *scene)
{
    if (peer->state != PEER_TALKING || !has_sent_all(peer))
        return false;
    peer->state = PEER_HOLDING;
    if (peer->plan.hold_ms > 0)
        arm(peer, scene, peer->plan.hold_ms);
    else
        part(peer, scene);
    return true;
}

static bool move(struct peer *peer, struct scene *scene)
{
    const bool received = receive(peer, scene);
    const bool sent = send_some(peer, scene);
    const bool went_on = follow_plan(peer, scene);
    return (received || sent || went_on) && peer->state != PEER_OUT;
}

void peer_advance(struct peer *peer, struct scene *scene)
{
    if (!is_connected(peer, scene))
        return;
    int moves = 0;
    while (moves < MOVES_PER_TURN && move(peer, scene))
        moves++;
    if (moves == MOVES_PER_TURN) /* there is more: the next wait tells of it, behind the others */
        (void)rdy_registry_reregister(scene->registry, &peer->stream.source, peer->number, interest);
}

void peer_on_timer(struct peer *peer, struct scene *scene)
{
    if (peer->state == PEER_CONNECTING && peer->plan.role == ROLE_STORMER) {
        scene->tally->unanswered++;
        go(peer, scene);
    } else if (peer->state == PEER_CONNECTING) {
        peer_lose(peer, scene, "not connected in time");
    } else if (peer->state == PEER_HOLDING) {
        part(peer, scene);
        peer_advance(peer, scene);
    } else {
        peer_advance(peer, scene);
    }
}

void peer_stop(struct peer *peer, struct scene *scene)
{
    if (peer->state != PEER_TALKING && peer->state != PEER_HOLDING)
        return;
    rdy_timer_wheel_cancel(&scene->wheel, &peer->timer);
    peer->plan.total = peer->sent;
    peer->plan.hold_ms = 0;
    if (peer->state == PEER_HOLDING)
        part(peer, scene);
    peer_advance(peer, scene);
}
