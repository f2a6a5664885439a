#include "tests/peers/blackhole.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/peers/fail.h"

enum {
    BATCH = 2000, /* bounds the descriptors that the proof takes beside those that stay */
    ANSWER_MILLISECONDS = 5000,
    SILENCE_MILLISECONDS = 200,
};

static void connect_to_all(const struct peer *peers, struct pollfd *attempts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        attempts[i] = (struct pollfd){.fd = peer_make_socket(&peers[i]), .events = POLLOUT};
        if (connect(attempts[i].fd, &peers[i].address.any, peers[i].address_size) < 0 && errno != EINPROGRESS)
            fail("connect to an unresponsive peer");
    }
}

static bool has_connected(const struct pollfd *attempt)
{
    errno = EPROTO;
    if ((attempt->revents & (POLLERR | POLLHUP)) != 0)
        fail("an unresponsive peer answered with an error");
    return attempt->revents != 0;
}

static void await_all(struct pollfd *attempts, size_t count)
{
    errno = ETIMEDOUT;
    for (size_t i = 0; i < count; i++)
        if (poll(&attempts[i], 1, ANSWER_MILLISECONDS) != 1 || !has_connected(&attempts[i]))
            fail("a first connection to an unresponsive peer");
}

/* Those that connected have taken a place in a queue and stay; returns whether there are any. */
static bool keep_connected(struct pollfd *attempts, size_t count)
{
    bool any = false;
    if (poll(attempts, (nfds_t)count, 0) < 0)
        fail("poll");
    for (size_t i = 0; i < count; i++) {
        if (has_connected(&attempts[i]))
            any = true;
        else
            close(attempts[i].fd);
    }
    return any;
}

/*
 * How many places a backlog of 0 means differs between kernels (Linux 1), so connections are added until a
 * round of them stays unanswered: one silence for the whole batch, not one for each peer.
 */
static void fill_batch(const struct peer *peers, size_t count)
{
    struct pollfd *attempts = calloc(count, sizeof(*attempts));
    if (attempts == NULL)
        fail("memory");
    connect_to_all(peers, attempts, count);
    await_all(attempts, count);
    do {
        connect_to_all(peers, attempts, count);
        (void)poll(NULL, 0, SILENCE_MILLISECONDS);
    } while (keep_connected(attempts, count));
    free(attempts);
}

void blackhole_fill(const struct peer *peers, size_t count)
{
    for (size_t done = 0; done < count; done += BATCH)
        fill_batch(peers + done, count - done < BATCH ? count - done : BATCH);
}
