/*
 * The least that a probe of many peers can be: one epoll loop, written for this one purpose, which connects
 * to all, sends a handshake if asked to, and gives each peer the same time for either step. bench/run runs
 * it beside rdy-probe, whose price it shows.
 *
 *     bare-probe FILE MILLISECONDS connect|handshake     IPv4 addresses in FILE, one a line
 *
 * Prints how many peers ended how, when the last one's first step began, counted as rdy-probe counts its started_ms
 * from the begin of the run, and what each system call took to start them all.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HANDSHAKE_SIZE = 68, BATCH = 256, MOST_PEERS = 20000 };

struct peer {
    struct sockaddr_in address;
    int socket;
    bool connected;
    unsigned received;
    int64_t deadline_ns;
    TAILQ_ENTRY(peer) entry;
};

/* All time-outs are equal: who was added last is due last. */
TAILQ_HEAD(queue, peer);

struct bare_probe {
    struct queue queue;
    int epoll;
    bool handshake;
    int64_t timeout_ns;
    unsigned ok, timed_out, failed;
    int64_t last_begun_ns;
    int64_t socket_ns, connect_ns, epoll_ctl_ns; /* what these calls took in all */
};

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static double milliseconds(int64_t ns)
{
    return (double)ns / 1e6;
}

static void begin_step(struct bare_probe *probe, struct peer *peer)
{
    peer->deadline_ns = now_ns() + probe->timeout_ns;
    TAILQ_INSERT_TAIL(&probe->queue, peer, entry);
}

static void end(struct bare_probe *probe, struct peer *peer, unsigned *counter)
{
    close(peer->socket);
    TAILQ_REMOVE(&probe->queue, peer, entry);
    ++*counter;
}

static int64_t add_since(int64_t *sum_ns, int64_t begun_ns)
{
    const int64_t now = now_ns();
    *sum_ns += now - begun_ns;
    return now;
}

static void start(struct bare_probe *probe, struct peer *peer)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = peer};
    int64_t moment = probe->last_begun_ns = now_ns();
    peer->socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (peer->socket < 0)
        fail("socket");
    moment = add_since(&probe->socket_ns, moment);
    if (connect(peer->socket, (struct sockaddr *)&peer->address, sizeof peer->address) < 0 &&
        errno != EINPROGRESS)
        fail("connect");
    moment = add_since(&probe->connect_ns, moment);
    if (epoll_ctl(probe->epoll, EPOLL_CTL_ADD, peer->socket, &event) < 0)
        fail("epoll_ctl");
    (void)add_since(&probe->epoll_ctl_ns, moment);
    begin_step(probe, peer);
}

static void greet(struct bare_probe *probe, struct peer *peer)
{
    static const char handshake[HANDSHAKE_SIZE] = "\023BitTorrent protocol";
    if (send(peer->socket, handshake, sizeof handshake, MSG_NOSIGNAL) != HANDSHAKE_SIZE)
        fail("send");
    peer->connected = true;
    TAILQ_REMOVE(&probe->queue, peer, entry);
    begin_step(probe, peer);
}

static void hear(struct bare_probe *probe, struct peer *peer)
{
    char bytes[1024];
    const ssize_t count = recv(peer->socket, bytes, sizeof bytes, 0);
    if (count < 0 && errno == EAGAIN)
        return;
    if (count <= 0)
        end(probe, peer, &probe->failed);
    else if ((peer->received += (unsigned)count) >= HANDSHAKE_SIZE)
        end(probe, peer, &probe->ok);
}

static void serve(struct bare_probe *probe, struct peer *peer)
{
    int error = 0;
    socklen_t size = sizeof error;
    if (peer->connected)
        hear(probe, peer);
    else if (getsockopt(peer->socket, SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error != 0)
        end(probe, peer, &probe->failed);
    else if (probe->handshake)
        greet(probe, peer);
    else
        end(probe, peer, &probe->ok);
}

static void expire(struct bare_probe *probe)
{
    const int64_t now = now_ns();
    for (struct peer *peer; (peer = TAILQ_FIRST(&probe->queue)) != NULL && peer->deadline_ns <= now;)
        end(probe, peer, &probe->timed_out);
}

static void run(struct bare_probe *probe)
{
    struct epoll_event events[BATCH];
    for (struct peer *first; (first = TAILQ_FIRST(&probe->queue)) != NULL; expire(probe)) {
        const int64_t left_ns = first->deadline_ns - now_ns();
        const int count =
            epoll_wait(probe->epoll, events, BATCH, left_ns > 0 ? (int)(left_ns / 1000000) + 1 : 0);
        for (int i = 0; i < count; i++)
            serve(probe, events[i].data.ptr);
    }
}

static size_t read_peers(const char *path, struct peer *peers)
{
    char line[64];
    size_t count = 0;
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail(path);
    while (count < MOST_PEERS && fgets(line, sizeof line, file) != NULL) {
        char *colon = strchr(line, ':');
        if (colon == NULL)
            fail(line);
        *colon = '\0';
        peers[count].address.sin_family = AF_INET;
        peers[count].address.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
        inet_pton(AF_INET, line, &peers[count++].address.sin_addr);
    }
    fclose(file);
    return count;
}

int main(int argc, char **argv)
{
    struct rlimit limit;
    struct peer *peers = calloc(MOST_PEERS, sizeof *peers); /* of which the system gives what is touched */
    if (argc != 4 || peers == NULL || getrlimit(RLIMIT_NOFILE, &limit) < 0)
        fail("usage: bare-probe FILE MILLISECONDS connect|handshake");
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);

    struct bare_probe probe = {
        .queue = TAILQ_HEAD_INITIALIZER(probe.queue),
        .epoll = epoll_create1(EPOLL_CLOEXEC),
        .handshake = strcmp(argv[3], "handshake") == 0,
        .timeout_ns = strtoll(argv[2], NULL, 10) * 1000000,
    };
    const size_t count = read_peers(argv[1], peers);
    const int64_t begun_ns = now_ns();
    for (size_t i = 0; i < count; i++)
        start(&probe, &peers[i]);
    run(&probe);
    printf("{\"ok\": %u, \"timed out\": %u, \"failed\": %u, \"last_begun_ms\": %.3f, \"socket_ms\": %.3f, "
           "\"connect_ms\": %.3f, \"epoll_ctl_ms\": %.3f}\n",
           probe.ok, probe.timed_out, probe.failed, milliseconds(probe.last_begun_ns - begun_ns),
           milliseconds(probe.socket_ns), milliseconds(probe.connect_ns), milliseconds(probe.epoll_ctl_ns));
    free(peers);
    return 0;
}
