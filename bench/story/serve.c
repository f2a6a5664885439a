#include "bench/story/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench/servers/listening.h"
#include "bench/story/protocol.h"
#include "net/listener.h"
#include "reactor/clock.h"

int story_listen(void)
{
    const int listener = bench_listening_socket();
    if (fcntl(listener, F_SETFL, 0) < 0)
        bench_fail("fcntl");
    return listener;
}

int story_accept(int listener)
{
    static const struct timespec pause = {.tv_nsec = 10 * RDY_MILLISECOND};
    int client;
    while ((client = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) < 0) {
        const rdy_accept_advice advice = rdy_accept_advise(-errno);
        if (advice == RDY_ACCEPT_BROKEN)
            bench_fail("accept");
        if (advice == RDY_ACCEPT_PAUSE)
            nanosleep(&pause, NULL);
    }
    return client;
}

static bool await(int client, short events, int64_t until_ns)
{
    const int64_t left_ns = rdy_clock_until(rdy_clock_now(), until_ns);
    const int64_t left_ms = (left_ns + RDY_MILLISECOND - 1) / RDY_MILLISECOND;
    struct pollfd one = {.fd = client, .events = events};
    return poll(&one, 1, (int)left_ms) > 0;
}

static unsigned answer(int client, const story_exchange *exchange, int64_t until_ns)
{
    char line[STORY_LINE_MAX];
    const size_t size = story_answer(exchange, line);
    const bool sent = await(client, POLLOUT, until_ns) && send(client, line, size, 0) == (ssize_t)size;
    return sent ? 0 : STORY_REFUSED;
}

static unsigned hear(int client, story_exchange *exchange, int64_t until_ns)
{
    char bytes[64];
    const ssize_t count = await(client, POLLIN, until_ns) ? recv(client, bytes, sizeof bytes, 0) : 0;
    unsigned heard = count > 0 ? story_hear(exchange, bytes, (size_t)count) : STORY_REFUSED;
    if ((heard & STORY_ANSWER) != 0)
        heard |= answer(client, exchange, until_ns);
    return heard;
}

void story_serve(int client, int64_t deadline_ns)
{
    static const struct linger reset = {.l_onoff = 1};
    const int64_t until_ns = rdy_clock_after(rdy_clock_now(), deadline_ns);
    story_exchange exchange = {0};
    unsigned heard = 0;
    while ((heard & (STORY_DONE | STORY_REFUSED)) == 0)
        heard = hear(client, &exchange, until_ns);
    if ((heard & STORY_REFUSED) != 0)
        (void)setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(client);
}
