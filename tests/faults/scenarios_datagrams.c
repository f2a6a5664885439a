#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "net/udp_socket.h"
#include "net/unix_datagram.h"
#include "tests/faults/places.h"
#include "tests/faults/scene.h"

enum { ONE = 1, OTHER };

struct udp {
    rdy_udp_socket one, other;
    rdy_address of_one, of_other;
};

/* Of two that share their address both may be given the same port, and the datagrams of each other: one does not. */
static void bind_one(rdy_udp_socket *socket, rdy_address *address, rdy_token token)
{
    const rdy_address any = place_of_loopback();
    const rdy_udp_socket_options options = {.reuse_address = token == ONE};
    TRY_OUT(rdy_udp_socket_bind(&any, &options, socket), *socket);
    TRY_OUT(rdy_udp_socket_local_address(socket, address), *address);
    scene_watch(&socket->source, token, RDY_READABLE);
}

static void bind_both(struct udp *udp)
{
    scene_open_poll();
    bind_one(&udp->one, &udp->of_one, ONE);
    bind_one(&udp->other, &udp->of_other, OTHER);
}

static void close_both(struct udp *udp)
{
    rdy_udp_socket_close(&udp->one);
    rdy_udp_socket_close(&udp->other);
    scene_close_poll();
}

static void send_and_receive(void)
{
    struct udp udp = {0};
    rdy_address from = {0};
    char found[8] = "";
    bool truncated = false;
    struct iovec sent[] = {{.iov_base = "ab", .iov_len = 2}, {.iov_base = "c", .iov_len = 1}};
    struct iovec room[] = {{.iov_base = found, .iov_len = 1}, {.iov_base = found + 1, .iov_len = 1}};
    bind_both(&udp);
    do
        TRY(rdy_udp_socket_send_to(&udp.one, "x", 1, &udp.of_other));
    while (scene_result != 1);
    REQUIRE(scene_await(OTHER) & RDY_EVENT_READABLE);
    TRY(rdy_udp_socket_peek_from(&udp.other, found, sizeof found, &from));
    TRY(rdy_udp_socket_recv_from(&udp.other, found, sizeof found, &from));
    REQUIRE(scene_result == 1 && rdy_address_compare(&from, &udp.of_one) == 0);
    EXPECT(-EAGAIN, rdy_udp_socket_recv(&udp.other, found, sizeof found));
    TRY(rdy_udp_socket_sendv(&udp.one, sent, 2, &udp.of_other));
    REQUIRE(scene_await(OTHER) & RDY_EVENT_READABLE);
    TRY(rdy_udp_socket_recvv(&udp.other, room, 2, &from, &truncated));
    close_both(&udp);
}

static void connect_and_part(void)
{
    struct udp udp = {0};
    rdy_address found = {0};
    bind_both(&udp);
    TRY(rdy_udp_socket_connect(&udp.one, &udp.of_other));
    TRY_OUT(rdy_udp_socket_peer_address(&udp.one, &found), found);
    REQUIRE(rdy_address_compare(&found, &udp.of_other) == 0);
    TRY(rdy_udp_socket_send(&udp.one, "y", 1));
    REQUIRE(scene_await(OTHER) & RDY_EVENT_READABLE);
    TRY(rdy_udp_socket_disconnect(&udp.one));
    EXPECT(-ENOTCONN, rdy_udp_socket_peer_address(&udp.one, &found));
    TRY_OUT(rdy_udp_socket_local_address(&udp.one, &found), found);
    /* The association cannot be made anew: a fault behind its end may cost the port, as the header says. */
    REQUIRE(rdy_address_port(&found) == rdy_address_port(&udp.of_one) ||
            (scene_is_spoiled() && rdy_address_port(&found) == 0));
    TRY(rdy_udp_socket_take_error(&udp.one));
    close_both(&udp);
}

/* As many as go with one system call, and some. A fault that comes behind the first is told by the next call. */
enum { MANY = 70 };

static void move_many(void)
{
    static rdy_datagram sent[MANY], received[MANY];
    static unsigned char bytes[MANY], room[MANY];
    struct udp udp = {0};
    size_t count;
    bind_both(&udp);
    for (size_t i = 0; i < MANY; i++) {
        bytes[i] = (unsigned char)i;
        sent[i] = (rdy_datagram){.bytes = &bytes[i], .size = 1, .address = udp.of_other};
        received[i] = (rdy_datagram){.bytes = &room[i], .room = 1};
    }
    for (count = 0; count < MANY; count += (size_t)scene_result)
        TRY(rdy_udp_socket_send_many(&udp.one, sent + count, MANY - count));
    for (count = 0; count < MANY; count += (size_t)scene_result) {
        do
            TRY(rdy_udp_socket_recv_many(&udp.other, received + count, MANY - count));
        while (scene_result == 0);
    }
    for (size_t i = 0; i < MANY; i++)
        REQUIRE(received[i].size <= 1 && rdy_address_compare(&received[i].address, &udp.of_one) == 0);
    close_both(&udp);
}

static void set_options(void)
{
    struct udp udp = {0};
    const uint8_t group[4] = {239, 1, 2, 3}, loopback[4] = {127, 0, 0, 1};
    bool flag = false;
    int number = 0;
    bind_both(&udp);
    TRY(rdy_udp_socket_set_broadcast(&udp.one, true));
    TRY_OUT(rdy_udp_socket_broadcast(&udp.one, &flag), flag);
    REQUIRE(flag);
    TRY(rdy_udp_socket_set_ttl(&udp.one, 7));
    TRY_OUT(rdy_udp_socket_ttl(&udp.one, &number), number);
    REQUIRE(number == 7);
    TRY(rdy_udp_socket_join_multicast_v4(&udp.one, group, loopback));
    TRY(rdy_udp_socket_set_multicast_ttl_v4(&udp.one, 3));
    TRY_OUT(rdy_udp_socket_multicast_ttl_v4(&udp.one, &number), number);
    REQUIRE(number == 3);
    TRY(rdy_udp_socket_leave_multicast_v4(&udp.one, group, loopback));
    close_both(&udp);
}

/* ---- Unix ---- */

static void meet_at_a_name(void)
{
    const rdy_address place = place_of_name();
    rdy_unix_datagram receiver = {0}, sender = {0};
    rdy_address from = {0};
    char byte;
    scene_open_poll();
    TRY_OUT(rdy_unix_datagram_bind(&place, &receiver), receiver);
    TRY_OUT(rdy_unix_datagram_unbound(&sender), sender);
    scene_watch(&receiver.source, ONE, RDY_READABLE);
    TRY(rdy_unix_datagram_connect(&sender, &place));
    TRY(rdy_unix_datagram_send(&sender, "z", 1));
    REQUIRE(scene_await(ONE) & RDY_EVENT_READABLE);
    TRY(rdy_unix_datagram_recv_from(&receiver, &byte, 1, &from));
    rdy_unix_datagram_close(&sender);
    rdy_unix_datagram_close(&receiver);
    scene_close_poll();
}

static void use_a_pair(void)
{
    struct {
        rdy_unix_datagram one, other;
    } pair = {0};
    char byte;
    scene_open_poll();
    TRY_OUT(rdy_unix_datagram_pair(&pair.one, &pair.other), pair);
    scene_watch(&pair.other.source, OTHER, RDY_READABLE);
    TRY(rdy_unix_datagram_send(&pair.one, "z", 1));
    REQUIRE(scene_await(OTHER) & RDY_EVENT_READABLE);
    TRY(rdy_unix_datagram_recv(&pair.other, &byte, 1));
    TRY(rdy_unix_datagram_shutdown(&pair.one, SHUT_WR));
    EXPECT(-EPIPE, rdy_unix_datagram_send(&pair.one, "z", 1));
    rdy_unix_datagram_close(&pair.one);
    rdy_unix_datagram_close(&pair.other);
    scene_close_poll();
}

const struct scenario scenarios_of_datagrams[] = {
    {"datagrams", send_and_receive},
    {"datagrams, connected", connect_and_part},
    {"datagrams, many", move_many},
    {"options of datagrams", set_options},
    {"Unix datagrams", meet_at_a_name},
    {"Unix datagrams, a pair", use_a_pair},
    {NULL, NULL},
};
