#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/buffer.h"
#include "net/connector.h"
#include "net/tcp_listener.h"
#include "net/tcp_stream.h"
#include "net/unix_listener.h"
#include "net/unix_stream.h"
#include "tests/faults/places.h"
#include "tests/faults/scene.h"

enum { LISTENER = 1, CLIENT, SERVER };

static const char message[] = "to be carried whole";

/* ---- connections ---- */

struct tcp {
    rdy_tcp_listener listener;
    rdy_tcp_stream client, server;
    rdy_address address;
};

static void listen_tcp(struct tcp *tcp)
{
    const rdy_tcp_listener_options options = {.nodelay = true, .reuse_port = true};
    const rdy_address any = place_of_loopback();
    TRY_OUT(rdy_tcp_listener_bind(&any, &options, &tcp->listener), tcp->listener);
    TRY_OUT(rdy_tcp_listener_local_address(&tcp->listener, &tcp->address), tcp->address);
    scene_watch(&tcp->listener.source, LISTENER, RDY_READABLE);
}

static void connect_client(struct tcp *tcp)
{
    TRY_OUT(rdy_tcp_stream_connect(&tcp->address, &tcp->client), tcp->client);
    scene_watch(&tcp->client.source, CLIENT, RDY_READABLE | RDY_WRITABLE);
    REQUIRE(scene_await(CLIENT) & RDY_EVENT_WRITABLE);
    TRY(rdy_tcp_stream_finish_connect(&tcp->client));
}

/*
 * Where there is no accept4, what was accepted and cannot be made non-blocking is closed: nobody could be given it. The
 * peer sees that, and comes again.
 */
static bool has_lost_the_peer(void)
{
    return scene_is_spoiled_by(FAULT_fcntl);
}

/* An error of accept is the fault's, and never spoils the listener. */
static void accept_tcp(struct tcp *tcp)
{
    rdy_address peer = {0};
    REQUIRE(scene_await(LISTENER) & RDY_EVENT_READABLE);
    while (scene_fails(rdy_tcp_listener_accept(&tcp->listener, &tcp->server, &peer), __FILE__, __LINE__,
                       "rdy_tcp_listener_accept")) {
        REQUIRE(rdy_source_fd(&tcp->server.source) < 0);
        if (has_lost_the_peer()) {
            rdy_tcp_stream_close(&tcp->client);
            connect_client(tcp);
        }
    }
    EXPECT(-EAGAIN, rdy_tcp_listener_accept(&tcp->listener, &tcp->server, NULL));
}

static void connect_tcp(struct tcp *tcp)
{
    scene_open_poll();
    listen_tcp(tcp);
    connect_client(tcp);
    accept_tcp(tcp);
    scene_watch(&tcp->server.source, SERVER, RDY_READABLE);
}

static void close_tcp(struct tcp *tcp)
{
    rdy_tcp_stream_close(&tcp->client);
    rdy_tcp_stream_close(&tcp->server);
    rdy_tcp_listener_close(&tcp->listener);
    scene_close_poll();
}

static void connect_and_accept(void)
{
    struct tcp tcp = {0};
    rdy_address address = {0};
    connect_tcp(&tcp);
    TRY_OUT(rdy_tcp_stream_peer_address(&tcp.client, &address), address);
    REQUIRE(rdy_address_compare(&address, &tcp.address) == 0);
    scene_write(&tcp.client.source, message, sizeof message);
    REQUIRE(scene_await(SERVER) & RDY_EVENT_READABLE);
    char found[sizeof message] = "";
    scene_read(&tcp.server.source, found, sizeof found);
    REQUIRE(memcmp(found, message, sizeof message) == 0);
    TRY(rdy_tcp_stream_shutdown(&tcp.client, SHUT_WR));
    TRY(rdy_tcp_stream_read(&tcp.server, found, 1));
    REQUIRE(scene_result == 0);
    TRY(rdy_tcp_stream_take_error(&tcp.server));
    close_tcp(&tcp);
}

/* The answer to the question how it stands may fail, and the connection is none the worse. */
static void ask_early(void)
{
    struct tcp tcp = {0};
    scene_open_poll();
    place_full_listener(&tcp.address);
    TRY_OUT(rdy_tcp_stream_connect(&tcp.address, &tcp.client), tcp.client);
    EXPECT(-EAGAIN, rdy_tcp_stream_finish_connect(&tcp.client));
    EXPECT(-EAGAIN, rdy_tcp_stream_finish_connect(&tcp.client));
    rdy_tcp_stream_close(&tcp.client);
    place_close();
    scene_close_poll();
}

static void be_refused(void)
{
    rdy_tcp_stream stream = {0};
    rdy_address nobody = place_of_nobody();
    char byte;
    scene_open_poll();
    TRY_OUT(rdy_tcp_stream_connect(&nobody, &stream), stream);
    scene_watch(&stream.source, CLIENT, RDY_WRITABLE);
    scene_await(CLIENT);
    EXPECT(-ECONNREFUSED, rdy_tcp_stream_finish_connect(&stream));
    EXPECT(-ECONNREFUSED, rdy_tcp_stream_finish_connect(&stream));
    EXPECT(-ECONNREFUSED, rdy_tcp_stream_read(&stream, &byte, 1));
    rdy_tcp_stream_close(&stream);
    place_close();
    scene_close_poll();
}

/* ---- attempts ---- */

/* A fault decides an attempt, for what it says of this machine too: then another one is made. */
static void attempt(const rdy_address *peer, int64_t deadline_ns, rdy_connector_state wanted)
{
    rdy_connector connector = {0};
    do {
        TRY_OUT(rdy_connector_start(peer, NULL, deadline_ns, &connector), connector);
        if (connector.state == RDY_CONNECTOR_CONNECTING)
            scene_watch(&connector.stream.source, CLIENT, RDY_WRITABLE);
        while (rdy_connector_advance(&connector, rdy_clock_now()) == RDY_CONNECTOR_CONNECTING)
            scene_await(CLIENT);
        if (connector.state == wanted)
            break;
    } while (scene_fails(connector.error, __FILE__, __LINE__, "rdy_connector_advance"));
    REQUIRE(connector.state == wanted);
    if (wanted == RDY_CONNECTOR_CONNECTED) {
        rdy_tcp_stream stream = {0};
        TRY_OUT(rdy_connector_take(&connector, &stream), stream);
        rdy_tcp_stream_close(&stream);
    }
    REQUIRE(rdy_source_fd(&connector.stream.source) < 0);
    rdy_connector_close(&connector);
}

static void attempt_with_answer(void)
{
    struct tcp tcp = {0};
    scene_open_poll();
    listen_tcp(&tcp);
    attempt(&tcp.address, RDY_NEVER, RDY_CONNECTOR_CONNECTED);
    close_tcp(&tcp);
}

static void attempt_refused(void)
{
    const rdy_address nobody = place_of_nobody();
    scene_open_poll();
    attempt(&nobody, RDY_NEVER, RDY_CONNECTOR_FAILED);
    place_close();
    scene_close_poll();
}

static void attempt_too_late(void)
{
    rdy_address address = {0};
    scene_open_poll();
    place_full_listener(&address);
    attempt(&address, rdy_clock_now(), RDY_CONNECTOR_TOO_LATE);
    place_close();
    scene_close_poll();
}

/* ---- bytes ---- */

static void connect_pair(rdy_unix_stream ends[2])
{
    struct {
        rdy_unix_stream one, other;
    } made = {0};
    scene_open_poll();
    TRY_OUT(rdy_unix_stream_pair(&made.one, &made.other), made);
    ends[0] = made.one;
    ends[1] = made.other;
    scene_watch(&ends[0].source, CLIENT, RDY_READABLE | RDY_WRITABLE);
    scene_watch(&ends[1].source, SERVER, RDY_READABLE);
}

static void close_pair(rdy_unix_stream ends[2])
{
    rdy_unix_stream_close(&ends[0]);
    rdy_unix_stream_close(&ends[1]);
    scene_close_poll();
}

static void move_pieces(void)
{
    rdy_unix_stream ends[2];
    char first[4] = "", second[8] = "";
    struct iovec sent[] = {{.iov_base = "abc", .iov_len = 3}, {.iov_base = "defgh", .iov_len = 5}};
    struct iovec room[] = {{.iov_base = first, .iov_len = 3}, {.iov_base = second, .iov_len = 5}};
    connect_pair(ends);
    TRY(rdy_unix_stream_writev(&ends[0], sent, 2));
    if (scene_result < 8)
        scene_write(&ends[0].source, &"abcdefgh"[scene_result], (size_t)(8 - scene_result));
    REQUIRE(scene_await(SERVER) & RDY_EVENT_READABLE);
    TRY(rdy_unix_stream_peek(&ends[1], first, 1));
    REQUIRE(scene_result == 1 && first[0] == 'a');
    TRY(rdy_unix_stream_readv(&ends[1], room, 2));
    REQUIRE(scene_result == 8 && strcmp(first, "abc") == 0 && strcmp(second, "defgh") == 0);
    close_pair(ends);
}

/* More than the kernel takes: what is kept is sent on as there is room. */
static void keep_what_waits(void)
{
    static unsigned char bytes[500000], found[sizeof bytes];
    rdy_unix_stream ends[2];
    rdy_buffer buffer = {0};
    size_t read = 0;
    connect_pair(ends);
    memset(bytes, 'b', sizeof bytes);
    TRY_OUT(rdy_buffer_append(&buffer, bytes, sizeof bytes), buffer);
    while (read < sizeof bytes) {
        const int error = rdy_buffer_flush(&buffer, &ends[0].source);
        REQUIRE(error == 0 || error == -EAGAIN || scene_fails(error, __FILE__, __LINE__, "rdy_buffer_flush"));
        ptrdiff_t count;
        while ((count = rdy_unix_stream_read(&ends[1], found + read, sizeof found - read)) > 0)
            read += (size_t)count;
        REQUIRE(read == sizeof bytes || count == -EAGAIN ||
                scene_fails(count, __FILE__, __LINE__, "rdy_unix_stream_read"));
    }
    REQUIRE(memcmp(bytes, found, sizeof bytes) == 0 && buffer.count == 0);
    rdy_buffer_free(&buffer);
    close_pair(ends);
}

/* What could not be kept has not been taken either, as long as nothing of it went out. */
static void send_through_buffer(void)
{
    rdy_unix_stream ends[2];
    rdy_buffer buffer = {0};
    char found[sizeof message] = "";
    connect_pair(ends);
    TRY_OUT(rdy_buffer_send(&buffer, &ends[0].source, message, sizeof message), buffer);
    TRY(rdy_buffer_flush(&buffer, &ends[0].source));
    scene_read(&ends[1].source, found, sizeof found);
    REQUIRE(memcmp(found, message, sizeof message) == 0);
    rdy_buffer_free(&buffer);
    close_pair(ends);
}

static void send_file(void)
{
    static char found[40000];
    rdy_unix_stream ends[2];
    int64_t offset = 0;
    FILE *file = tmpfile();
    connect_pair(ends);
    REQUIRE(file != NULL);
    for (int i = 0; i < 10000; i++)
        fprintf(file, "%04d", i);
    REQUIRE(fflush(file) == 0);
    while (offset < (int64_t)sizeof found) /* which also moves when an error comes behind some bytes */
        TRY(rdy_unix_stream_sendfile(&ends[0], fileno(file), &offset, sizeof found - (size_t)offset));
    scene_read(&ends[1].source, found, sizeof found);
    REQUIRE(memcmp(found, "000000010002", 12) == 0 && memcmp(found + sizeof found - 4, "9999", 4) == 0);
    fclose(file);
    close_pair(ends);
}

/* ---- Unix listeners ---- */

static void meet_at_a_name(void)
{
    const rdy_address place = place_of_name();
    rdy_unix_listener listener = {0};
    rdy_unix_stream client = {0}, server = {0};
    rdy_address peer = {0};
    scene_open_poll();
    TRY_OUT(rdy_unix_listener_bind(&place, &listener), listener);
    scene_watch(&listener.source, LISTENER, RDY_READABLE);
    TRY_OUT(rdy_unix_stream_connect(&place, &client), client);
    REQUIRE(scene_await(LISTENER) & RDY_EVENT_READABLE);
    while (scene_fails(rdy_unix_listener_accept(&listener, &server, &peer), __FILE__, __LINE__,
                       "rdy_unix_listener_accept")) {
        REQUIRE(rdy_source_fd(&server.source) < 0);
        if (has_lost_the_peer()) {
            rdy_unix_stream_close(&client);
            TRY_OUT(rdy_unix_stream_connect(&place, &client), client);
        }
    }
    TRY_OUT(rdy_unix_stream_peer_address(&client, &peer), peer);
    REQUIRE(rdy_address_compare(&peer, &place) == 0);
    TRY(rdy_unix_listener_take_error(&listener));
    rdy_unix_stream_close(&server);
    EXPECT(-EPIPE, rdy_unix_stream_write(&client, "x", 1));
    rdy_unix_stream_close(&client);
    rdy_unix_listener_close(&listener);
    scene_close_poll();
}

/* ---- options ---- */

static void set_options(void)
{
    struct tcp tcp = {0};
    const rdy_tcp_keepalive keepalive = {.on = true, .idle_seconds = 50, .interval_seconds = 5, .probes = 3};
    rdy_tcp_keepalive found = {0};
    bool nodelay = false;
    int number = 0;
    connect_tcp(&tcp);
    TRY(rdy_tcp_stream_set_nodelay(&tcp.client, true));
    TRY_OUT(rdy_tcp_stream_nodelay(&tcp.client, &nodelay), nodelay);
    REQUIRE(nodelay);
    TRY(rdy_tcp_stream_set_keepalive(&tcp.client, &keepalive));
    TRY_OUT(rdy_tcp_stream_keepalive(&tcp.client, &found), found);
    REQUIRE(found.on && found.idle_seconds == 50 && found.interval_seconds == 5 && found.probes == 3);
    TRY(rdy_tcp_stream_set_ttl(&tcp.client, 9));
    TRY_OUT(rdy_tcp_stream_ttl(&tcp.client, &number), number);
    REQUIRE(number == 9);
    TRY(rdy_tcp_stream_set_linger(&tcp.client, 0));
    TRY_OUT(rdy_tcp_stream_linger(&tcp.client, &number), number);
    REQUIRE(number == 0);
    TRY(rdy_tcp_stream_set_send_buffer_size(&tcp.client, 20000));
    TRY_OUT(rdy_tcp_stream_send_buffer_size(&tcp.client, &number), number);
    REQUIRE(number >= 20000);
    TRY(rdy_tcp_listener_set_ttl(&tcp.listener, 8));
    close_tcp(&tcp);
}

const struct scenario scenarios_of_streams[] = {
    {"connect, accept, read, write", connect_and_accept},
    {"connect, asked early", ask_early},
    {"connect, refused", be_refused},
    {"attempt, answered", attempt_with_answer},
    {"attempt, refused", attempt_refused},
    {"attempt, too late", attempt_too_late},
    {"pieces", move_pieces},
    {"buffer, flushed", keep_what_waits},
    {"buffer, sent", send_through_buffer},
    {"file", send_file},
    {"Unix listener", meet_at_a_name},
    {"options of streams", set_options},
    {NULL, NULL},
};
