#include "tests/contract/pairs.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/tcp.h> /* tells more than libc's of the same name */
#else
#include <netinet/tcp.h>
#endif

#include "tests/contract/support.h"

#define MOST_SOURCES 2048

static rdy_source sources[MOST_SOURCES];
static size_t source_count;

rdy_source *source_of(int fd)
{
    ck_assert_int_ge(fd, 0);
    ck_assert_uint_lt(source_count, MOST_SOURCES);
    rdy_source *source = &sources[source_count++];
    *source = rdy_source_from_fd(fd);
    return source;
}

void close_sources(void)
{
    while (source_count > 0)
        rdy_source_close(&sources[--source_count]);
}

/* ---- opening ---- */

static struct pair pair_of(const int fds[2])
{
    return (struct pair){.end = source_of(fds[0]), .peer = source_of(fds[1])};
}

static struct pair reversed(struct pair pair)
{
    return (struct pair){.end = pair.peer, .peer = pair.end};
}

struct pair open_pipe_reader(void)
{
    int fds[2];
    ck_assert_int_eq(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
    return pair_of(fds);
}

struct pair open_pipe_writer(void)
{
    return reversed(open_pipe_reader());
}

struct pair open_unix_pair(void)
{
    int fds[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    return pair_of(fds);
}

struct pair open_unix_datagram_pair(void)
{
    int fds[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    return pair_of(fds);
}

struct pair open_terminal(void)
{
    const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    ck_assert(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    ck_assert_int_eq(fcntl(master, F_SETFL, O_NONBLOCK), 0);
    const int slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    return (struct pair){.end = source_of(master), .peer = source_of(slave)};
}

static int open_bound_socket(int type)
{
    const struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void connect_sockets(int from, int to)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    ck_assert_int_eq(getsockname(to, (struct sockaddr *)&address, &length), 0);
    ck_assert_int_eq(connect(from, (struct sockaddr *)&address, length), 0);
}

static void set_nonblocking(int fd)
{
    ck_assert_int_eq(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK), 0);
}

/*
 * Buffers that do not grow by themselves: once full they stay full. Segments that are much smaller than they are: with
 * the 64 KiB of the loopback's a window stays ajar until a probe of it, a fifth of a second later. Accepted sockets
 * inherit both.
 */
static void fix_buffers(int fd)
{
    const int size = 65536;
    const int segment = 8192;
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size), 0);
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
    ck_assert_int_eq(setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment), 0);
}

struct pair open_listener(void)
{
    const int fds[2] = {open_bound_socket(SOCK_STREAM | SOCK_NONBLOCK), open_bound_socket(SOCK_STREAM)};
    fix_buffers(fds[0]);
    fix_buffers(fds[1]);
    ck_assert_int_eq(listen(fds[0], 16), 0);
    return pair_of(fds);
}

void connect_to_end(const struct pair *pair)
{
    connect_sockets(rdy_source_fd(pair->peer), rdy_source_fd(pair->end));
    set_nonblocking(rdy_source_fd(pair->peer));
}

struct pair open_tcp_pair(void)
{
    struct pair listening = open_listener();
    connect_to_end(&listening);
    const int accepted = accept4(rdy_source_fd(listening.end), NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    rdy_source_close(listening.end);
    return (struct pair){.end = listening.peer, .peer = source_of(accepted)};
}

struct pair open_udp_pair(void)
{
    const int fds[2] = {open_bound_socket(SOCK_DGRAM | SOCK_NONBLOCK),
                        open_bound_socket(SOCK_DGRAM | SOCK_NONBLOCK)};
    connect_sockets(fds[0], fds[1]);
    connect_sockets(fds[1], fds[0]);
    return pair_of(fds);
}

struct pair open_eventfd_pair(void)
{
    int fds[2];
    fds[0] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    fds[1] = fcntl(fds[0], F_DUPFD_CLOEXEC, 0);
    return pair_of(fds);
}

rdy_address address_of_nobody(void)
{
    rdy_address address;
    const int fd = open_bound_socket(SOCK_STREAM);
    address.length = sizeof address.storage;
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address.storage, &address.length), 0);
    close(fd);
    return address;
}

#define BOTH (RDY_READABLE | RDY_WRITABLE)

const struct kind pipe_reader = {"pipe reader", open_pipe_reader, RDY_READABLE, 0};
const struct kind pipe_writer = {"pipe writer", open_pipe_writer, RDY_WRITABLE, RDY_WRITABLE};
const struct kind unix_pair = {"Unix stream", open_unix_pair, BOTH, RDY_WRITABLE};
const struct kind unix_datagram_pair = {"Unix datagram socket", open_unix_datagram_pair, BOTH, RDY_WRITABLE};
const struct kind tcp_pair = {"TCP stream", open_tcp_pair, BOTH, RDY_WRITABLE};
const struct kind udp_pair = {"UDP socket", open_udp_pair, BOTH, RDY_WRITABLE};
const struct kind event_counter = {"eventfd", open_eventfd_pair, BOTH, RDY_WRITABLE};
const struct kind terminal = {"terminal's master", open_terminal, BOTH, RDY_WRITABLE};
const struct kind tcp_listener = {"TCP listener", open_listener, RDY_READABLE, 0};

/* ---- using ---- */

void feed(rdy_source *source)
{
    static const unsigned char ones[FED] = {1, 1, 1, 1, 1, 1, 1, 1};
    ck_assert_int_eq(write(rdy_source_fd(source), ones, sizeof ones), FED);
}

size_t drain(rdy_source *source)
{
    char bytes[65536];
    size_t total = 0;
    ssize_t count;
    while ((count = read(rdy_source_fd(source), bytes, sizeof bytes)) > 0)
        total += (size_t)count;
    if (count < 0 && errno == EAGAIN)
        (void)rdy_source_blocked(source, RDY_READABLE);
    return total;
}

static size_t write_until_blocked(int fd)
{
    char bytes[65536];
    size_t total = 0;
    ssize_t count;
    memset(bytes, 0, sizeof bytes);
    while ((count = write(fd, bytes, sizeof bytes)) > 0)
        total += (size_t)count;
    ck_assert_int_eq(errno, EAGAIN);
    return total;
}

static bool is_tcp(int fd)
{
    int protocol = 0;
    socklen_t length = sizeof protocol;
    return getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &length) == 0 && protocol == IPPROTO_TCP;
}

/* Nothing under way to the peer and a window that is shut: then only a read of the peer's moves anything. */
static bool window_is_shut(int fd, bool *told)
{
#ifdef __linux__
    struct tcp_info info;
    socklen_t length = sizeof info;
    ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length), 0);
    *told = length >= offsetof(struct tcp_info, tcpi_snd_wnd) + sizeof info.tcpi_snd_wnd;
    return *told && info.tcpi_unacked == 0 && info.tcpi_snd_wnd == 0;
#else
    (void)fd;
    *told = false;
    return false;
#endif
}

/*
 * TCP moves bytes on to the peer for a while after it would have blocked: acknowledgements are delayed, what the peer
 * dropped is sent again, a window that is nearly shut is probed. Who does not tell of the window (Linux before 5.4,
 * emulators, other systems) is believed when no room came for longer than the first of these timers runs, 200 ms.
 */
static bool tcp_room_returns(struct pollfd *room)
{
    const int64_t deadline = rdy_clock_after(rdy_clock_now(), GENEROUS);
    bool told;
    while (!window_is_shut(room->fd, &told)) {
        if (poll(room, 1, told ? 1 : 300) > 0)
            return true;
        if (!told)
            return false;
        ck_assert_msg(rdy_clock_now() < deadline, "bytes are under way for ever");
    }
    return poll(room, 1, 0) > 0;
}

static bool room_returns(int fd)
{
    struct pollfd room = {.fd = fd, .events = POLLOUT};
    return is_tcp(fd) ? tcp_room_returns(&room) : poll(&room, 1, 0) > 0;
}

size_t fill(rdy_source *source)
{
    const int fd = rdy_source_fd(source);
    size_t total = 0;
    do
        total += write_until_blocked(fd);
    while (room_returns(fd));
    (void)rdy_source_blocked(source, RDY_WRITABLE);
    return total;
}

void reset(rdy_source *source)
{
    const struct linger abortive = {.l_onoff = 1, .l_linger = 0};
    const int fd = rdy_source_fd(source);
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_LINGER, &abortive, sizeof abortive), 0);
    rdy_source_close(source);
}

void write_in_vain(rdy_source *source)
{
    (void)!send(rdy_source_fd(source), "x", 1, MSG_NOSIGNAL);
}
