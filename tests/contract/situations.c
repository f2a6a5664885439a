#include "tests/contract/situations.h"

#include <check.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/stream.h"
#include "tests/suite.h"

#define BOTH (RDY_READABLE | RDY_WRITABLE)
#define R    RDY_READABLE
#define W    RDY_WRITABLE
#define RC   RDY_EVENT_READ_CLOSED
#define WC   RDY_EVENT_WRITE_CLOSED

/* ---- what the other end does ---- */

static void nothing(struct pair *pair)
{
    (void)pair;
}

static void data_arrives(struct pair *pair)
{
    feed(pair->peer);
}

static void data_arrives_twice(struct pair *pair)
{
    feed(pair->peer);
    feed(pair->peer);
}

static void an_urgent_byte_arrives(struct pair *pair)
{
    ck_assert_int_eq(send(rdy_source_fd(pair->peer), "!", 1, MSG_OOB), 1);
}

void urgent_data_arrives(struct pair *pair)
{
    feed(pair->peer);
    an_urgent_byte_arrives(pair);
}

static void nothing_arrives_in_a_datagram(struct pair *pair)
{
    ck_assert_int_eq(send(rdy_source_fd(pair->peer), "", 0, 0), 0);
}

static void peer_closes(struct pair *pair)
{
    rdy_source_close(pair->peer);
}

static void peer_shuts_its_writing(struct pair *pair)
{
    ck_assert_int_eq(shutdown(rdy_source_fd(pair->peer), SHUT_WR), 0);
}

static void peer_shuts_its_writing_and_closes(struct pair *pair)
{
    peer_shuts_its_writing(pair);
    peer_closes(pair);
}

static void data_then_close(struct pair *pair)
{
    feed(pair->peer);
    peer_closes(pair);
}

static void data_then_end(struct pair *pair)
{
    feed(pair->peer);
    peer_shuts_its_writing(pair);
}

static void peer_resets(struct pair *pair)
{
    reset(pair->peer);
}

static void data_then_reset(struct pair *pair)
{
    feed(pair->peer);
    peer_resets(pair);
}

/* ---- what we do ---- */

static void drained(struct pair *pair)
{
    feed(pair->peer);
    drain(pair->end);
}

static void a_short_read_leaves_data(struct pair *pair)
{
    char byte;
    feed(pair->peer);
    ck_assert_int_eq(read(rdy_source_fd(pair->end), &byte, 1), 1);
}

static void one_of_two_datagrams_is_read(struct pair *pair)
{
    data_arrives_twice(pair);
    char bytes[FED];
    ck_assert_int_eq(read(rdy_source_fd(pair->end), bytes, sizeof bytes), FED);
}

static void the_end_is_read(struct pair *pair)
{
    char byte;
    peer_closes(pair);
    ck_assert_int_eq(read(rdy_source_fd(pair->end), &byte, 1), 0);
}

static int take_error(rdy_source *source)
{
    int error = 0;
    socklen_t length = sizeof error;
    ck_assert_int_eq(getsockopt(rdy_source_fd(source), SOL_SOCKET, SO_ERROR, &error, &length), 0);
    return error;
}

static void peer_resets_and_we_take_the_error(struct pair *pair)
{
    peer_resets(pair);
    (void)take_error(pair->end); /* libkqueue may have taken it first */
}

static void peer_closes_before_it_reads(struct pair *pair)
{
    feed(pair->end);
    peer_closes(pair);
}

static void a_write_meets_a_closed_peer(struct pair *pair)
{
    peer_closes(pair);
    write_in_vain(pair->end);
}

static void shut_down(struct pair *pair, int how)
{
    ck_assert_int_eq(rdy_stream_shutdown(pair->end, how), 0);
}

static void we_shut_our_writing(struct pair *pair)
{
    shut_down(pair, SHUT_WR);
}

static void we_shut_our_reading(struct pair *pair)
{
    shut_down(pair, SHUT_RD);
}

static void we_shut_both(struct pair *pair)
{
    shut_down(pair, SHUT_RDWR);
}

static void we_shut_our_writing_and_peer_closes(struct pair *pair)
{
    we_shut_our_writing(pair);
    peer_closes(pair);
}

static void we_shut_our_writing_and_peer_its_own(struct pair *pair)
{
    we_shut_our_writing(pair);
    peer_shuts_its_writing(pair);
}

static void full(struct pair *pair)
{
    fill(pair->end);
}

static void full_and_data_arrives(struct pair *pair)
{
    fill(pair->end);
    feed(pair->peer);
}

static void full_and_peer_closes(struct pair *pair)
{
    fill(pair->end);
    peer_closes(pair);
}

static void full_and_peer_resets(struct pair *pair)
{
    fill(pair->end);
    peer_resets(pair);
}

static void full_and_peer_reads(struct pair *pair)
{
    fill(pair->end);
    while (drain(pair->peer) > 0)
        ;
}

/* eventfd(2): one more would block, and so would anything else that is added. */
static void counted_to_the_end(struct pair *pair)
{
    const uint64_t most = UINT64_MAX - 1;
    ck_assert_int_eq(write(rdy_source_fd(pair->end), &most, sizeof most), sizeof most);
}

/* The first datagram to a closed port brings an ICMP message back. */
static void port_is_unreachable(struct pair *pair)
{
    peer_closes(pair);
    feed(pair->end);
}

static void port_is_unreachable_and_we_read(struct pair *pair)
{
    char byte;
    port_is_unreachable(pair);
    const ssize_t count = read(rdy_source_fd(pair->end), &byte, 1);
    ck_assert(count < 0 && (errno == ECONNREFUSED || errno == EAGAIN)); /* as above */
}

/* ---- making connections ---- */

static void a_connection_arrives(struct pair *pair)
{
    connect_to_end(pair);
}

static void one_of_two_connections_is_accepted(struct pair *pair)
{
    struct pair other = {.end = pair->end, .peer = source_of(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))};
    connect_to_end(pair);
    connect_to_end(&other);
    source_of(accept4(rdy_source_fd(pair->end), NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

static void the_listener_is_shut_down(struct pair *pair)
{
    ck_assert_int_eq(shutdown(rdy_source_fd(pair->end), SHUT_RDWR), 0);
}

static struct pair open_unconnected(void)
{
    const struct pair listening = open_listener();
    rdy_source *fresh = source_of(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    return (struct pair){.end = fresh, .peer = listening.end};
}

static void connect_end_to(struct pair *pair, const struct sockaddr_storage *address, socklen_t length)
{
    const int result = connect(rdy_source_fd(pair->end), (const struct sockaddr *)address, length);
    ck_assert(result == 0 || errno == EINPROGRESS || errno == ECONNREFUSED);
}

static void a_connect_succeeds(struct pair *pair)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    ck_assert_int_eq(getsockname(rdy_source_fd(pair->peer), (struct sockaddr *)&address, &length), 0);
    connect_end_to(pair, &address, length);
}

static void a_connect_is_refused(struct pair *pair)
{
    const rdy_address nobody = address_of_nobody();
    connect_end_to(pair, &nobody.storage, nobody.length);
}

static const struct kind unconnected = {"unconnected TCP socket", open_unconnected, BOTH, W};

/* ---- the table ---- */

const struct situation situations[] = {
    {&unconnected, "idle", nothing, BOTH, EXACT},
    {&unconnected, "connect succeeds", a_connect_succeeds, W, EXACT},
    {&unconnected, "connect refused", a_connect_is_refused, BOTH, EXACT},
    {&tcp_pair, "idle", nothing, W, EXACT},
    {&tcp_pair, "data", data_arrives, BOTH, EXACT},
    {&tcp_pair, "drained", drained, W, EXACT},
    {&tcp_pair, "data left by a short read", a_short_read_leaves_data, BOTH, EXACT},
    {&tcp_pair, "urgent byte alone", an_urgent_byte_arrives, W, EXACT},
    {&tcp_pair, "data and urgent byte", urgent_data_arrives, BOTH, EXACT},
    {&tcp_pair, "peer closed", peer_closes, BOTH, EXACT},
    {&tcp_pair, "peer closed, end read", the_end_is_read, BOTH, EXACT},
    {&tcp_pair, "peer closed before it read", peer_closes_before_it_reads, BOTH, EXACT},
    {&tcp_pair, "peer closed, then a write", a_write_meets_a_closed_peer, BOTH, EXACT},
    {&tcp_pair, "peer shut its writing", peer_shuts_its_writing, BOTH, EXACT},
    {&tcp_pair, "peer shut its writing, then closed", peer_shuts_its_writing_and_closes, BOTH, EXACT},
    {&tcp_pair, "data, then peer closed", data_then_close, BOTH, EXACT},
    {&tcp_pair, "data, then peer shut its writing", data_then_end, BOTH, EXACT},
    {&tcp_pair, "reset", peer_resets, BOTH, EXACT},
    {&tcp_pair, "reset, error taken", peer_resets_and_we_take_the_error, BOTH, EXACT},
    {&tcp_pair, "data, then reset", data_then_reset, BOTH, EXACT},
    {&tcp_pair, "own writing shut", we_shut_our_writing, W | WC, CLOSED_TOO},
    {&tcp_pair, "own reading shut", we_shut_our_reading, BOTH | RC, CLOSED_TOO},
    {&tcp_pair, "own both shut", we_shut_both, BOTH | RC | WC, CLOSED_TOO},
    {&tcp_pair, "own writing shut, then peer closed", we_shut_our_writing_and_peer_closes, BOTH, EXACT},
    {&tcp_pair, "own writing shut, then peer's", we_shut_our_writing_and_peer_its_own, BOTH, EXACT},
    {&tcp_pair, "full", full, 0, EXACT},
    {&tcp_pair, "full, data", full_and_data_arrives, R, EXACT},
    {&tcp_pair, "full, peer reads", full_and_peer_reads, W, EXACT},
    {&tcp_pair, "full, reset", full_and_peer_resets, BOTH, EXACT},
    {&tcp_listener, "idle", nothing, 0, EXACT},
    {&tcp_listener, "connection", a_connection_arrives, R, EXACT},
    {&tcp_listener, "one of two connections accepted", one_of_two_connections_is_accepted, R, EXACT},
    {&tcp_listener, "shut down", the_listener_is_shut_down, R, EXACT},
    {&udp_pair, "idle", nothing, W, EXACT},
    {&udp_pair, "data", data_arrives, BOTH, EXACT},
    {&udp_pair, "empty datagram", nothing_arrives_in_a_datagram, BOTH, EXACT},
    {&udp_pair, "one of two datagrams read", one_of_two_datagrams_is_read, BOTH, EXACT},
    {&udp_pair, "drained", drained, W, EXACT},
    {&udp_pair, "port unreachable", port_is_unreachable, BOTH, UNASKED_MAY_RIDE},
    {&udp_pair, "port unreachable, error read", port_is_unreachable_and_we_read, W, EXACT},
    {&unix_pair, "idle", nothing, W, EXACT},
    {&unix_pair, "data", data_arrives, BOTH, EXACT},
    {&unix_pair, "drained", drained, W, EXACT},
    {&unix_pair, "data left by a short read", a_short_read_leaves_data, BOTH, EXACT},
    {&unix_pair, "peer closed", peer_closes, BOTH, EXACT},
    {&unix_pair, "peer closed, end read", the_end_is_read, BOTH, EXACT},
    {&unix_pair, "peer closed before it read", peer_closes_before_it_reads, BOTH, EXACT},
    {&unix_pair, "peer shut its writing", peer_shuts_its_writing, BOTH, EXACT},
    {&unix_pair, "data, then peer closed", data_then_close, BOTH, EXACT},
    {&unix_pair, "own writing shut", we_shut_our_writing, W | WC, CLOSED_TOO},
    {&unix_pair, "own reading shut", we_shut_our_reading, BOTH | RC, CLOSED_TOO},
    {&unix_pair, "own both shut", we_shut_both, BOTH | RC | WC, CLOSED_TOO},
    {&unix_pair, "full", full, 0, EXACT},
    {&unix_pair, "full, data", full_and_data_arrives, R, EXACT},
    {&unix_pair, "full, peer reads", full_and_peer_reads, W, EXACT},
    {&unix_pair, "full, peer closes", full_and_peer_closes, BOTH, UNASKED_MAY_RIDE},
    {&unix_datagram_pair, "idle", nothing, W, EXACT},
    {&unix_datagram_pair, "data", data_arrives, BOTH, EXACT},
    {&unix_datagram_pair, "drained", drained, W, EXACT},
    {&unix_datagram_pair, "peer closed", peer_closes, W, EXACT},
    {&unix_datagram_pair, "full", full, 0, EXACT},
    {&unix_datagram_pair, "full, peer reads", full_and_peer_reads, W, EXACT},
    {&unix_datagram_pair, "full, peer closes", full_and_peer_closes, W, EXACT},
    {&pipe_reader, "idle", nothing, 0, EXACT},
    {&pipe_reader, "data", data_arrives, R, EXACT},
    {&pipe_reader, "drained", drained, 0, EXACT},
    {&pipe_reader, "data left by a short read", a_short_read_leaves_data, R, EXACT},
    {&pipe_reader, "writer closed", peer_closes, R, UNASKED_MAY_RIDE},
    {&pipe_reader, "writer closed, end read", the_end_is_read, R, UNASKED_MAY_RIDE},
    {&pipe_reader, "data, then writer closed", data_then_close, R, EXACT},
    {&pipe_writer, "idle", nothing, W, EXACT},
    {&pipe_writer, "full", full, 0, EXACT},
    {&pipe_writer, "full, peer reads", full_and_peer_reads, W, EXACT},
    {&pipe_writer, "reader closed", peer_closes, W, UNASKED_MAY_RIDE},
    {&pipe_writer, "full, reader closed", full_and_peer_closes, W, UNASKED_MAY_RIDE},
    {&terminal, "idle", nothing, W, EXACT},
    {&terminal, "data", data_arrives, BOTH, EXACT},
    {&terminal, "drained", drained, W, EXACT},
    {&terminal, "peer closed", peer_closes, BOTH, EXACT},
    {&terminal, "data, then peer closed", data_then_close, BOTH, EXACT},
    {&event_counter, "idle", nothing, W, EXACT},
    {&event_counter, "written", data_arrives, BOTH, EXACT},
    {&event_counter, "written twice", data_arrives_twice, BOTH, EXACT},
    {&event_counter, "drained", drained, W, EXACT},
    {&event_counter, "full", counted_to_the_end, R, EXACT},
};

const int situation_count = COUNT(situations);

/* The hints of a close that concern what was asked for. */
static uint32_t closes_of(rdy_interest interest)
{
    return (interest & R ? RC : 0) | (interest & W ? WC : 0);
}

uint32_t guaranteed_flags(const struct situation *situation, rdy_interest interest)
{
    switch (situation->leeway) {
    case UNASKED_MAY_RIDE:
        return interest & BOTH;
    case CLOSED_TOO:
        return BOTH | closes_of(interest);
    case EXACT:
        break;
    }
    return BOTH;
}

uint32_t expected_flags(const struct situation *situation, rdy_interest interest)
{
    return situation->told & (interest | closes_of(interest));
}
