#include "apps/tracker/udp_talk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "apps/torrent/udp_tracker.h"
#include "reactor/clock.h"
#include "reactor/error.h"

enum {
    PACKET_MAX = 65536,
    ANNOUNCE_ANSWER_MIN = 20,
    DOUBLINGS_MAX = 6,
};

#define FIRST_PAUSE   RDY_SECOND
#define CONNECTION_NS (60 * RDY_SECOND) /* so long an id may be used */

void udp_talk_close(struct udp_talk *talk)
{
    if (talk->state == TALK_CLOSED)
        return;
    loop_arm(&talk->round->loop, &talk->resend, RDY_FOREVER);
    loop_remove(&talk->round->loop, talk->watch);
    rdy_udp_socket_close(&talk->socket);
    talk->state = TALK_CLOSED;
}

static void end(struct udp_talk *talk, struct tracker_reply *reply, const char *problem)
{
    udp_talk_close(talk);
    talk->ended(talk->context, talk, reply, problem);
}

static bool has_connection(const struct udp_talk *talk)
{
    return talk->with.connected_ns != 0 && rdy_clock_now() - talk->with.connected_ns < CONNECTION_NS;
}

static ptrdiff_t make_packet(const struct udp_talk *talk, uint8_t packet[UDP_TRACKER_ANNOUNCE_MAX])
{
    const struct round *round = talk->round;
    if (talk->state == TALK_CONNECTING) {
        udp_tracker_make_connect(talk->transaction_id, packet);
        return UDP_TRACKER_CONNECT_SIZE;
    }
    const struct udp_tracker_announce announce = {
        .connection_id = talk->with.connection_id,
        .transaction_id = talk->transaction_id,
        .info_hash = round->info_hash,
        .peer_id = round->peer_id,
        .left = round->left,
        .event = round->event == EVENT_STARTED ? UDP_TRACKER_STARTED : UDP_TRACKER_STOPPED,
        .key = round->key,
        .numwant = (int32_t)round->numwant,
        .port = round->own->port,
        .path = talk->path,
    };
    return udp_tracker_make_announce(&announce, packet);
}

/* 0, also if the packet is lost on its way, and be it here. */
static int send_question(struct udp_talk *talk)
{
    uint8_t packet[UDP_TRACKER_ANNOUNCE_MAX];
    ptrdiff_t count = make_packet(talk, packet);
    if (count >= 0)
        count = rdy_udp_socket_send(&talk->socket, packet, (size_t)count);
    const unsigned doublings = talk->sent < DOUBLINGS_MAX ? talk->sent : DOUBLINGS_MAX;
    loop_arm(&talk->round->loop, &talk->resend, FIRST_PAUSE << doublings);
    talk->sent++;
    return count == -EAGAIN || count == -ENOBUFS || count >= 0 ? 0 : (int)count;
}

static int ask(struct udp_talk *talk)
{
    talk->state = has_connection(talk) ? TALK_ANNOUNCING : TALK_CONNECTING;
    talk->transaction_id = chance_next(talk->round->chance);
    talk->sent = 0;
    return send_question(talk);
}

/* An answer to an earlier packet may be under way, so the question keeps its number while it is the same. */
static void on_pause_over(void *context)
{
    struct udp_talk *talk = context;
    const bool is_too_old = talk->state == TALK_ANNOUNCING && !has_connection(talk);
    const int error = is_too_old ? ask(talk) : send_question(talk);
    if (error < 0)
        end(talk, NULL, rdy_error_sentence(error));
}

static void tell_wrong(struct udp_talk *talk, int error, size_t size, const struct format_error *wrong)
{
    char text[PROBLEM_MAX];
    talk->has_lost_answer = error == -ENOMEM;
    if (error != -EINVAL)
        snprintf(text, sizeof text, "%s", rdy_error_sentence(error));
    else if (talk->state == TALK_ANNOUNCING && size < ANNOUNCE_ANSWER_MIN)
        snprintf(
            text, sizeof text,
            "its answer has %zu bytes of at least %d: some trackers say so that they do not know the torrent",
            size, ANNOUNCE_ANSWER_MIN);
    else
        snprintf(text, sizeof text, "its answer is wrong: byte %zu: expected %s", wrong->offset,
                 wrong->expected);
    end(talk, NULL, text);
}

static void tell_failure(struct udp_talk *talk, const char *reason)
{
    char text[PROBLEM_MAX];
    snprintf(text, sizeof text, "failure reason: %s", reason);
    end(talk, NULL, text);
}

static void take_connection(struct udp_talk *talk, const uint8_t *packet, size_t size)
{
    struct format_error wrong = {0};
    struct udp_tracker_connection connection = {0};
    int error = udp_tracker_read_connect(packet, size, talk->transaction_id, &connection, &wrong);
    if (error == -EAGAIN)
        return;
    if (error < 0) {
        tell_wrong(talk, error, size, &wrong);
    } else if (connection.failure != NULL) {
        tell_failure(talk, connection.failure);
    } else {
        talk->with.connection_id = connection.id;
        talk->with.connected_ns = rdy_clock_now();
        talk->connected(talk->context, talk);
        error = ask(talk);
        if (error < 0)
            end(talk, NULL, rdy_error_sentence(error));
    }
    free(connection.failure);
}

static void take_reply(struct udp_talk *talk, const uint8_t *packet, size_t size)
{
    struct format_error wrong = {0};
    struct tracker_reply reply = tracker_reply_empty();
    const int family = rdy_address_family(&talk->with.address);
    const int error = udp_tracker_read_announce(packet, size, talk->transaction_id, family, &reply, &wrong);
    if (error == -EAGAIN)
        return;
    if (error < 0) {
        tell_wrong(talk, error, size, &wrong);
    } else if (reply.failure != NULL) {
        tell_failure(talk, reply.failure);
        tracker_reply_free(&reply);
    } else {
        end(talk, &reply, NULL);
    }
}

/* One packet for each event: what it says may end the talk, and then there is nothing to go on with. */
static void on_ready(struct loop_watch *watch, rdy_event event)
{
    uint8_t packet[PACKET_MAX];
    struct udp_talk *talk = watch->context;
    const ptrdiff_t size = rdy_udp_socket_recv(&talk->socket, packet, sizeof packet);
    (void)event;
    if (size == -EAGAIN)
        return;
    if (size < 0)
        end(talk, NULL, rdy_error_sentence((int)size));
    else if (talk->state == TALK_CONNECTING)
        take_connection(talk, packet, (size_t)size);
    else
        take_reply(talk, packet, (size_t)size);
}

static int open_socket(struct udp_talk *talk)
{
    const bool is_ipv4 = rdy_address_family(&talk->with.address) == AF_INET;
    rdy_address any;
    int error = rdy_address_parse(is_ipv4 ? "0.0.0.0:0" : "[::]:0", &any);
    if (error == 0)
        error = rdy_udp_socket_bind(&any, NULL, &talk->socket);
    if (error == 0)
        error = rdy_udp_socket_connect(&talk->socket, &talk->with.address);
    if (error == 0)
        error = rdy_udp_socket_local_address(&talk->socket, &any);
    return error < 0 ? error : own_port_add(talk->round->own, &any);
}

int udp_talk_open(struct udp_talk *talk)
{
    talk->state = TALK_CONNECTING;
    talk->resend = (struct loop_timer){.expired = on_pause_over, .context = talk};
    int error = open_socket(talk);
    if (error == 0)
        error = loop_add(&talk->round->loop, rdy_source_fd(&talk->socket.source), RDY_READABLE, on_ready,
                         talk, &talk->watch);
    if (error == 0)
        error = ask(talk);
    if (error < 0)
        udp_talk_close(talk);
    return error;
}
