#include "tests/peers/server.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tests/peers/conversation.h"
#include "tests/peers/fail.h"

enum { TICK_MILLISECONDS = 200 };

struct server {
    const struct peer *peers;
    size_t peer_count;
    struct conversation *conversations;
    size_t conversation_count;
    size_t conversation_capacity;
    struct pollfd *polled; /* standard input, then the peers, then the conversations */
    bool ticks;
    int64_t next_tick;
};

static int64_t milliseconds_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct pollfd *polled_peers(const struct server *server)
{
    return server->polled + 1;
}

static struct pollfd *polled_conversations(const struct server *server)
{
    return polled_peers(server) + server->peer_count;
}

static void make_room(struct server *server)
{
    const size_t capacity = 2 * server->conversation_capacity + 64;
    const size_t polled = 1 + server->peer_count + capacity;
    server->polled = realloc(server->polled, polled * sizeof(*server->polled));
    server->conversations = realloc(server->conversations, capacity * sizeof(*server->conversations));
    if (server->polled == NULL || server->conversations == NULL)
        fail("memory");
    server->conversation_capacity = capacity;
}

static void begin_conversation(struct server *server, const struct peer *peer, int socket)
{
    if (server->conversation_count == server->conversation_capacity)
        make_room(server);
    /* Or a block would wait for the one before it to be acknowledged, which the asker's system puts off. */
    const int on = 1;
    (void)setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (fcntl(socket, F_SETFL, O_NONBLOCK) < 0)
        fail("fcntl");
    const size_t i = server->conversation_count++;
    server->conversations[i] = (struct conversation){.peer = peer, .socket = socket};
    polled_conversations(server)[i] = (struct pollfd){.fd = socket, .events = POLLIN};
}

/* The last one takes its place. */
static void end_conversation(struct server *server, size_t i)
{
    const size_t last = --server->conversation_count;
    conversation_end(&server->conversations[i]);
    server->conversations[i] = server->conversations[last];
    polled_conversations(server)[i] = polled_conversations(server)[last];
}

/* From the last to the first, so that the one that takes an ended one's place has had its turn. */
static void serve_conversations(struct server *server)
{
    for (size_t i = server->conversation_count; i-- > 0;) {
        struct conversation *conversation = &server->conversations[i];
        if (polled_conversations(server)[i].revents == 0)
            continue;
        if (conversation_advance(conversation))
            polled_conversations(server)[i].events = conversation_events(conversation);
        else
            end_conversation(server, i);
    }
}

static void accept_all(struct server *server, const struct peer *peer)
{
    for (;;) {
        const int socket = accept(peer->socket, NULL, NULL);
        if (socket >= 0)
            begin_conversation(server, peer, socket);
        else if (errno == EAGAIN)
            return;
        else if (errno != EINTR && errno != ECONNABORTED)
            fail("accept");
    }
}

static void serve_peers(struct server *server)
{
    for (size_t i = 0; i < server->peer_count; i++)
        if (polled_peers(server)[i].revents != 0)
            accept_all(server, &server->peers[i]);
}

static void tick_if_due(struct server *server)
{
    const int64_t now = milliseconds_now();
    if (!server->ticks || now < server->next_tick)
        return;
    server->next_tick = now + TICK_MILLISECONDS;
    for (size_t i = server->conversation_count; i-- > 0;) {
        struct conversation *conversation = &server->conversations[i];
        if (conversation_tick(conversation))
            polled_conversations(server)[i].events = conversation_events(conversation);
        else
            end_conversation(server, i);
    }
}

static int milliseconds_to_next_tick(const struct server *server)
{
    if (!server->ticks)
        return -1;
    const int64_t left = server->next_tick - milliseconds_now();
    return left > 0 ? (int)left : 0;
}

static bool input_has_ended(const struct pollfd *input)
{
    char bytes[512];
    return input->revents != 0 && read(input->fd, bytes, sizeof(bytes)) <= 0;
}

static void await_events(struct server *server)
{
    const size_t count = 1 + server->peer_count + server->conversation_count;
    while (poll(server->polled, (nfds_t)count, milliseconds_to_next_tick(server)) < 0)
        if (errno != EINTR)
            fail("poll");
}

/* poll(2) skips a negative descriptor. */
static void open_server(struct server *server, const struct peer *peers, size_t count)
{
    *server = (struct server){.peers = peers, .peer_count = count};
    make_room(server);
    server->polled[0] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
    for (size_t i = 0; i < count; i++) {
        const int socket = peer_is_served(&peers[i]) ? peers[i].socket : -1;
        polled_peers(server)[i] = (struct pollfd){.fd = socket, .events = POLLIN};
        server->ticks = server->ticks || behaviour_of(peers[i].kind)->needs_ticks;
    }
}

static void close_server(struct server *server)
{
    while (server->conversation_count > 0)
        end_conversation(server, server->conversation_count - 1);
    free(server->polled);
    free(server->conversations);
}

void server_run(const struct peer *peers, size_t count)
{
    struct server server;
    open_server(&server, peers, count);
    do {
        await_events(&server);
        serve_conversations(&server);
        tick_if_due(&server);
        serve_peers(&server);
    } while (!input_has_ended(&server.polled[0]));
    close_server(&server);
}
