/*
 * libev as its users write it: an ev_io for each client, level-triggered, one read an event, so that no client takes
 * the turn of another. A client watches for reading only; what the kernel would not take makes it watch for writing,
 * by ev_io_modify. The watcher's `data` is the client's pending bytes.
 */
#include <errno.h>
#include <ev.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/servers/listening.h"
#include "bench/servers/pending.h"

struct client {
    ev_io io; /* first: libev hands it to the callback */
    bool ended;
};

static char buffer[BENCH_READ_SIZE];
static ev_io listener;
static ev_timer rest;

static bool keep(struct client *client, const char *bytes, size_t size)
{
    struct bench_pending *pending = client->io.data;
    const bool kept = bench_pending_add(&pending, bytes, size);
    client->io.data = pending;
    return kept;
}

static bool echo_back(struct client *client, size_t count)
{
    if (client->io.data != NULL)
        return keep(client, buffer, count);
    const ssize_t sent = send(client->io.fd, buffer, count, MSG_NOSIGNAL);
    if (sent == (ssize_t)count)
        return true;
    if (sent < 0 && errno != EAGAIN)
        return false;
    const size_t taken = sent < 0 ? 0 : (size_t)sent;
    return keep(client, buffer + taken, count - taken);
}

static bool hear(struct client *client)
{
    const ssize_t count = recv(client->io.fd, buffer, sizeof buffer, 0);
    if (count > 0)
        return echo_back(client, (size_t)count);
    client->ended = count == 0;
    return count == 0 ? client->io.data != NULL : errno == EAGAIN;
}

static bool drain(struct client *client)
{
    struct bench_pending *pending = client->io.data;
    const bool alive = bench_pending_send(&pending, client->io.fd);
    client->io.data = pending;
    return alive && (pending != NULL || !client->ended);
}

static void watch_what_is_wanted(EV_P_ struct client *client)
{
    const bool reads = !client->ended && !bench_pending_is_full(client->io.data);
    const int wanted = (reads ? EV_READ : 0) | (client->io.data != NULL ? EV_WRITE : 0);
    if ((client->io.events & (EV_READ | EV_WRITE)) == wanted)
        return;
    ev_io_stop(EV_A_ & client->io);
    ev_io_modify(&client->io, wanted);
    ev_io_start(EV_A_ & client->io);
}

static void forget(EV_P_ struct client *client)
{
    ev_io_stop(EV_A_ & client->io);
    close(client->io.fd);
    free(client->io.data);
    free(client);
}

static void on_ready(EV_P_ ev_io *io, int events)
{
    struct client *client = (struct client *)io;
    if (((events & EV_WRITE) && !drain(client)) || ((events & EV_READ) && !hear(client)))
        forget(EV_A_ client);
    else if (client->io.data != NULL || (events & EV_WRITE))
        watch_what_is_wanted(EV_A_ client);
}

static void welcome(EV_P_ int socket)
{
    struct client *client = calloc(1, sizeof *client);
    if (client == NULL)
        bench_fail("calloc");
    ev_io_init(&client->io, on_ready, socket, EV_READ);
    ev_io_start(EV_A_ & client->io);
}

static bool is_of_client(int error)
{
    return error == ECONNABORTED || error == EPROTO || error == EPERM || error == EINTR;
}

static void on_connections(EV_P_ ev_io *io, int events)
{
    (void)events;
    int socket;
    do {
        socket = accept4(io->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (socket >= 0)
            welcome(EV_A_ socket);
    } while (socket >= 0 || is_of_client(errno));
    if (errno == EAGAIN)
        return;
    ev_io_stop(EV_A_ io);
    ev_timer_set(&rest, BENCH_ACCEPT_REST_MS / 1000.0, 0);
    ev_timer_start(EV_A_ & rest);
}

static void on_rested(EV_P_ ev_timer *timer, int events)
{
    (void)timer, (void)events;
    ev_io_start(EV_A_ & listener);
}

int main(void)
{
    struct ev_loop *loop = ev_default_loop(EVFLAG_AUTO);
    if (loop == NULL)
        bench_fail("ev_default_loop");
    ev_io_init(&listener, on_connections, bench_listening_socket(), EV_READ);
    ev_init(&rest, on_rested);
    ev_io_start(EV_A_ & listener);
    ev_run(EV_A_ 0);
}
