#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/pipe.h"
#include "net/tcp_listener.h"
#include "net/tcp_stream.h"
#include "net/udp_socket.h"
#include "net/unix_datagram.h"
#include "net/unix_stream.h"
#include "tests/faults/places.h"
#include "tests/faults/scene.h"

enum { SENDER = 1, RECEIVER, GIVEN };

/* ---- what others have made ---- */

struct flags {
    int of_descriptor, of_file;
};

static struct flags flags_of(int fd)
{
    return (struct flags){fcntl(fd, F_GETFD), fcntl(fd, F_GETFL)};
}

/* Takes the descriptor over. A failure leaves it as it was, its flags too. */
#define ADOPT(call, fd, object)                                                                              \
    do {                                                                                                     \
        const struct flags before = flags_of(fd);                                                            \
        do {                                                                                                 \
            const struct flags now = flags_of(fd);                                                           \
            REQUIRE(memcmp(&now, &before, sizeof now) == 0);                                                 \
            scene_keep(&(object), sizeof(object));                                                           \
        } while (scene_fails((call), __FILE__, __LINE__, #call));                                            \
        const struct flags adopted = flags_of(fd);                                                           \
        REQUIRE((adopted.of_descriptor & FD_CLOEXEC) && (adopted.of_file & O_NONBLOCK));                     \
    } while (0)

static int make_socket(int family, int type)
{
    const rdy_address loopback = place_of_loopback();
    const int fd = socket(family, type, 0);
    REQUIRE(fd >= 0);
    if (family == AF_INET)
        REQUIRE(bind(fd, (const struct sockaddr *)&loopback.storage, loopback.length) == 0);
    return fd;
}

static void adopt_sockets(void)
{
    rdy_tcp_stream stream = {0};
    rdy_tcp_listener listener = {0};
    rdy_udp_socket udp = {0};
    rdy_unix_stream unix_stream = {0};
    rdy_unix_datagram unix_datagram = {0};
    int fd = make_socket(AF_INET, SOCK_STREAM);
    ADOPT(rdy_tcp_stream_from_fd(fd, &stream), fd, stream);
    REQUIRE(listen(fd, 1) == 0);
    TRY(rdy_tcp_stream_into_fd(&stream));
    REQUIRE(scene_result == fd && fcntl(fd, F_SETFL, 0) == 0 && fcntl(fd, F_SETFD, 0) == 0);
    ADOPT(rdy_tcp_listener_from_fd(fd, &listener), fd, listener);
    rdy_tcp_listener_close(&listener);
    fd = make_socket(AF_INET, SOCK_DGRAM);
    ADOPT(rdy_udp_socket_from_fd(fd, &udp), fd, udp);
    rdy_udp_socket_close(&udp);
    fd = make_socket(AF_UNIX, SOCK_STREAM);
    ADOPT(rdy_unix_stream_from_fd(fd, &unix_stream), fd, unix_stream);
    rdy_unix_stream_close(&unix_stream);
    fd = make_socket(AF_UNIX, SOCK_DGRAM);
    ADOPT(rdy_unix_datagram_from_fd(fd, &unix_datagram), fd, unix_datagram);
    rdy_unix_datagram_close(&unix_datagram);
}

static void adopt_pipe(void)
{
    int ends[2];
    rdy_pipe_sender sender = {0};
    rdy_pipe_receiver receiver = {0};
    REQUIRE(pipe(ends) == 0);
    ADOPT(rdy_pipe_receiver_from_fd(ends[0], &receiver), ends[0], receiver);
    ADOPT(rdy_pipe_sender_from_fd(ends[1], &sender), ends[1], sender);
    TRY(rdy_pipe_sender_set_nonblocking(&sender, false));
    rdy_pipe_sender_close(&sender);
    rdy_pipe_receiver_close(&receiver);
}

/* ---- given away ---- */

/* Who gets the descriptor can register it: nothing of the object is left on the poll. */
static void give_a_watched_one_away(void)
{
    struct {
        rdy_pipe_sender sender;
        rdy_pipe_receiver receiver;
    } ends = {0};
    scene_open_poll();
    TRY_OUT(rdy_pipe_open(&ends.sender, &ends.receiver), ends);
    scene_watch(&ends.sender.source, SENDER, RDY_WRITABLE);
    TRY_OUT(rdy_pipe_sender_into_fd(&ends.sender), ends.sender);
    rdy_source given = rdy_source_from_fd((int)scene_result);
    REQUIRE(rdy_source_fd(&ends.sender.source) == -1);
    scene_watch(&given, GIVEN, RDY_WRITABLE);
    REQUIRE(scene_await(GIVEN) & RDY_EVENT_WRITABLE);
    rdy_source_close(&given);
    rdy_pipe_receiver_close(&ends.receiver);
    scene_close_poll();
}

/* ---- pipes ---- */

static void use_a_pipe(void)
{
    struct {
        rdy_pipe_sender sender;
        rdy_pipe_receiver receiver;
    } ends = {0};
    char found[6] = "";
    struct iovec sent[] = {{.iov_base = "de", .iov_len = 2}, {.iov_base = "f", .iov_len = 1}};
    struct iovec room[] = {{.iov_base = found, .iov_len = 2}, {.iov_base = found + 2, .iov_len = 4}};
    size_t count = 0;
    scene_open_poll();
    TRY_OUT(rdy_pipe_open(&ends.sender, &ends.receiver), ends);
    scene_watch(&ends.sender.source, SENDER, RDY_WRITABLE);
    scene_watch(&ends.receiver.source, RECEIVER, RDY_READABLE);
    REQUIRE(scene_await(SENDER) & RDY_EVENT_WRITABLE);
    for (count = 0; count < 3; count += (size_t)scene_result)
        TRY(rdy_pipe_sender_write(&ends.sender, &"abc"[count], 3 - count));
    REQUIRE(scene_await(RECEIVER) & RDY_EVENT_READABLE);
    TRY(rdy_pipe_receiver_read(&ends.receiver, found, 3));
    REQUIRE(scene_result == 3 && memcmp(found, "abc", 3) == 0);
    TRY(rdy_pipe_sender_writev(&ends.sender, sent, 2));
    const ptrdiff_t written = scene_result;
    TRY(rdy_pipe_receiver_readv(&ends.receiver, room, 2));
    REQUIRE(scene_result == written && memcmp(found, "def", (size_t)written) == 0);
    rdy_pipe_receiver_close(&ends.receiver);
    EXPECT(-EPIPE, rdy_pipe_sender_write(&ends.sender, "g", 1));
    rdy_pipe_sender_close(&ends.sender);
    scene_close_poll();
}

/* ---- addresses ---- */

static void read_a_scope(void)
{
    rdy_address address = {0};
    char text[RDY_ADDRESS_TEXT_MAX];
    TRY_OUT(rdy_address_parse("[fe80::1%lo]:80", &address), address);
    REQUIRE(rdy_address_print(&address, text, sizeof text) > 0);
    REQUIRE(strncmp(text, "[fe80::1%", 9) == 0);
    TRY_OUT(rdy_address_parse("[fe80::1%1]:80", &address), address);
    EXPECT(-EINVAL, rdy_address_parse("[fe80::1%no-such-interface]:80", &address));
}

const struct scenario scenarios_of_adoption[] = {
    {"adopt sockets", adopt_sockets},
    {"adopt a pipe", adopt_pipe},
    {"give a watched one away", give_a_watched_one_away},
    {"pipe", use_a_pipe},
    {"scope of an address", read_a_scope},
    {NULL, NULL},
};
