/*
 * The limit of readiness: one epoll loop, written for this one purpose. A descriptor is added once, edge-triggered
 * and for all events, and never changed. A read that comes back short has emptied the socket and is not repeated,
 * unless the end of the stream was told: no edge would tell it again. A client's state is 16 bytes in a table.
 *
 *     echo-epoll [SPIN-NS]     looks for so many nanoseconds before it sleeps, always
 */
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench/servers/listening.h"
#include "bench/servers/pending.h"

enum { EVENTS_PER_WAIT = 1024, READS_PER_TURN = 16 };

static const uint32_t interest = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
static const uint32_t end_of_stream = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

struct client {
    struct bench_pending *pending;
    uint32_t told; /* what events said while reading had to wait: they say it once */
    bool ended;
};

static struct {
    int epoll, listener;
    int64_t spin_ns;
    bool descriptors_used_up;
    unsigned capacity; /* of the table by descriptor */
    struct client *clients;
    char buffer[BENCH_READ_SIZE];
} server;

static bool keep_rest(struct client *client, ssize_t sent, ssize_t count, uint32_t told)
{
    if (sent < 0 && errno != EAGAIN)
        return false;
    const ssize_t taken = sent < 0 ? 0 : sent;
    client->told = told;
    return bench_pending_add(&client->pending, server.buffer + taken, (size_t)(count - taken));
}

/* Whoever sends without end lets the others have their turn: a change makes epoll tell again what holds. */
static bool continue_later(int socket)
{
    struct epoll_event event = {.events = interest, .data.fd = socket};
    return epoll_ctl(server.epoll, EPOLL_CTL_MOD, socket, &event) == 0;
}

static bool stop_reading(struct client *client, ssize_t count)
{
    client->ended = count == 0;
    return count == 0 ? client->pending != NULL : errno == EAGAIN;
}

/* False when the connection is over. */
static bool echo(int socket, struct client *client, uint32_t told)
{
    for (int i = 0; i < READS_PER_TURN; i++) {
        const ssize_t count = recv(socket, server.buffer, sizeof server.buffer, 0);
        if (count <= 0)
            return stop_reading(client, count);
        const ssize_t sent =
            client->pending == NULL ? send(socket, server.buffer, (size_t)count, MSG_NOSIGNAL) : 0;
        if (sent != count && !keep_rest(client, sent, count, told))
            return false;
        if (bench_pending_is_full(client->pending))
            return true;
        if (count < (ssize_t)sizeof server.buffer && !(told & end_of_stream))
            return true;
    }
    return continue_later(socket);
}

static bool advance(int socket, struct client *client, uint32_t told)
{
    if (client->pending != NULL) {
        if (!bench_pending_send(&client->pending, socket))
            return false;
        told |= client->told;
        client->told = told;
    }
    if (client->ended)
        return client->pending != NULL;
    if (told == EPOLLOUT || bench_pending_is_full(client->pending))
        return true;
    return echo(socket, client, told);
}

static void forget(int socket, struct client *client)
{
    free(client->pending);
    *client = (struct client){.pending = NULL};
    close(socket);
}

static void reserve(unsigned socket)
{
    if (socket < server.capacity)
        return;
    const unsigned capacity = 2 * socket;
    server.clients = realloc(server.clients, capacity * sizeof *server.clients);
    if (server.clients == NULL)
        bench_fail("realloc");
    memset(server.clients + server.capacity, 0, (capacity - server.capacity) * sizeof *server.clients);
    server.capacity = capacity;
}

static void watch(int socket)
{
    struct epoll_event event = {.events = interest, .data.fd = socket};
    if (epoll_ctl(server.epoll, EPOLL_CTL_ADD, socket, &event) < 0)
        bench_fail("epoll_ctl");
}

static bool is_of_client(int error)
{
    return error == ECONNABORTED || error == EPROTO || error == EPERM || error == EINTR;
}

static void accept_all(void)
{
    int socket;
    do {
        socket = accept4(server.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (socket >= 0) {
            reserve((unsigned)socket);
            watch(socket);
        }
    } while (socket >= 0 || is_of_client(errno));
    server.descriptors_used_up = errno != EAGAIN;
}

static void serve(const struct epoll_event *event)
{
    const int socket = event->data.fd;
    if (socket == server.listener)
        accept_all();
    else if (!advance(socket, server.clients + socket, event->events))
        forget(socket, server.clients + socket);
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Yields the processor between two looks, lest a client on the same one has to wait for its turn. */
static int look(struct epoll_event *events)
{
    const int64_t end = now_ns() + server.spin_ns;
    int count;
    while ((count = epoll_wait(server.epoll, events, EVENTS_PER_WAIT, 0)) == 0 && now_ns() < end)
        sched_yield();
    return count;
}

static void wait_and_serve(void)
{
    static struct epoll_event events[EVENTS_PER_WAIT];
    const int timeout = server.descriptors_used_up ? BENCH_ACCEPT_REST_MS : -1;
    int count = server.spin_ns > 0 ? look(events) : 0;
    if (count == 0)
        count = epoll_wait(server.epoll, events, EVENTS_PER_WAIT, timeout);
    if (count < 0 && errno != EINTR)
        bench_fail("epoll_wait");
    for (int i = 0; i < count; i++)
        serve(events + i);
    if (server.descriptors_used_up)
        accept_all();
}

int main(int argc, char **argv)
{
    server.spin_ns = argc > 1 ? strtoll(argv[1], NULL, 10) : 0;
    server.listener = bench_listening_socket();
    server.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (server.epoll < 0)
        bench_fail("epoll_create1");
    watch(server.listener);
    for (;;)
        wait_and_serve();
}
