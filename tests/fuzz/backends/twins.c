#include "tests/fuzz/backends/twins.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/datagram.h"
#include "net/pipe.h"
#include "net/stream.h"
#include "tests/fuzz/fuzz.h"

static void shrink(int fd)
{
    const int least = 4608;
    must_hold(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &least, sizeof least) == 0);
}

static void open_unix(int type, int fds[2])
{
    must_hold(socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
    shrink(fds[0]);
    shrink(fds[1]);
}

static void open_pipe(int fds[2])
{
    must_hold(pipe2(fds, O_NONBLOCK | O_CLOEXEC) == 0);
    must_hold(fcntl(fds[1], F_SETPIPE_SZ, 4096) >= 4096);
}

/* One for the whole run, out of the way of the numbers that an input uses. */
static int open_listener(void)
{
    const struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int low = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int fd = fcntl(low, F_DUPFD_CLOEXEC, 1 + HIGHEST_DESCRIPTOR);
    must_hold(fd >= 0 && close(low) == 0);
    must_hold(bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 16) == 0);
    return fd;
}

static int tcp_listener(void)
{
    static int fd = -1;
    if (fd < 0)
        fd = open_listener();
    return fd;
}

/* Nothing is held back for more to come. */
static void send_at_once(int fd)
{
    const int yes = 1;
    must_hold(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) == 0);
}

static void open_tcp(int fds[2])
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    const int listener = tcp_listener();
    must_hold(getsockname(listener, (struct sockaddr *)&address, &length) == 0);
    fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    must_hold(connect(fds[0], (const struct sockaddr *)&address, length) == 0 || errno == EINPROGRESS);
    do /* libFuzzer's clock is a signal */
        fds[1] = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    while (fds[1] < 0 && errno == EINTR);
    must_hold(fds[1] >= 0);
    send_at_once(fds[0]);
    send_at_once(fds[1]);
}

void open_pair(enum kind kind, rdy_source ends[2])
{
    int fds[2];
    if (kind == PIPE)
        open_pipe(fds);
    else if (kind == TCP_STREAM)
        open_tcp(fds);
    else
        open_unix(kind == UNIX_STREAM ? SOCK_STREAM : SOCK_DGRAM, fds);
    ends[0] = rdy_source_from_fd(fds[0]);
    ends[1] = rdy_source_from_fd(fds[1]);
}

void discard_end(enum kind kind, rdy_source *source)
{
    const struct linger abortive = {.l_onoff = 1, .l_linger = 0};
    const int fd = rdy_source_fd(source);
    if (kind == TCP_STREAM && fd >= 0)
        must_hold(setsockopt(fd, SOL_SOCKET, SO_LINGER, &abortive, sizeof abortive) == 0);
    rdy_source_close(source);
}

rdy_interest sensible_interest(enum kind kind, int end)
{
    if (kind == PIPE)
        return end % 2 == 0 ? RDY_READABLE : RDY_WRITABLE;
    return RDY_READABLE | RDY_WRITABLE;
}

ptrdiff_t read_end(enum kind kind, rdy_source *source, void *bytes, size_t size)
{
    if (kind == UNIX_DATAGRAM)
        return rdy_datagram_recv(source, bytes, size);
    if (kind != PIPE)
        return rdy_stream_read(source, bytes, size);
    rdy_pipe_receiver receiver = {*source}; /* a source may be moved */
    const ptrdiff_t result = rdy_pipe_receiver_read(&receiver, bytes, size);
    *source = receiver.source;
    return result;
}

ptrdiff_t write_end(enum kind kind, rdy_source *source, const void *bytes, size_t size)
{
    if (kind == UNIX_DATAGRAM)
        return rdy_datagram_send(source, bytes, size);
    if (kind != PIPE)
        return rdy_stream_write(source, bytes, size);
    rdy_pipe_sender sender = {*source};
    const ptrdiff_t result = rdy_pipe_sender_write(&sender, bytes, size);
    *source = sender.source;
    return result;
}

int shutdown_end(enum kind kind, rdy_source *source, int how)
{
    return kind == UNIX_DATAGRAM ? rdy_datagram_shutdown(source, how) : rdy_stream_shutdown(source, how);
}

/* libFuzzer's clock is a signal, which ends even a poll(2) that does not wait. */
static void look_at(struct pollfd *looks, nfds_t count)
{
    int result;
    do
        result = poll(looks, count, 0);
    while (result < 0 && errno == EINTR);
    must_hold(result >= 0);
}

uint32_t bits_of(const rdy_source *source)
{
    struct pollfd look = {.fd = rdy_source_fd(source), .events = POLLIN | POLLOUT | POLLPRI | POLLRDHUP};
    look_at(&look, 1);
    must_hold(!(look.revents & POLLNVAL));
    return (uint32_t)look.revents;
}

size_t waiting_bytes(const rdy_source *source)
{
    int count = 0;
    must_hold(ioctl(rdy_source_fd(source), FIONREAD, &count) == 0);
    return (size_t)count;
}

int count_descriptors(void)
{
    struct pollfd looks[HIGHEST_DESCRIPTOR + 1] = {{0}};
    int count = HIGHEST_DESCRIPTOR + 1;
    for (int fd = 0; fd <= HIGHEST_DESCRIPTOR; fd++)
        looks[fd].fd = fd;
    look_at(looks, HIGHEST_DESCRIPTOR + 1);
    for (int fd = 0; fd <= HIGHEST_DESCRIPTOR; fd++)
        count -= (looks[fd].revents & POLLNVAL) != 0;
    return count;
}
