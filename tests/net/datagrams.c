#include "tests/net/datagrams.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

rdy_udp_socket bind_udp(const char *text, const rdy_udp_socket_options *options)
{
    const rdy_address address = address_of(text);
    rdy_udp_socket socket;
    ck_assert_int_eq(rdy_udp_socket_bind(&address, options, &socket), 0);
    return socket;
}

rdy_address address_of_udp(const rdy_udp_socket *socket)
{
    rdy_address address;
    ck_assert_int_eq(rdy_udp_socket_local_address(socket, &address), 0);
    return address;
}

rdy_address same_port(const char *host, const rdy_address *address)
{
    rdy_address found = address_of(host);
    ck_assert_int_eq(rdy_address_set_port(&found, rdy_address_port(address)), 0);
    return found;
}

struct udp_pair open_connected_udp(const char *text)
{
    struct udp_pair pair = {.one = bind_udp(text, NULL), .other = bind_udp(text, NULL)};
    const rdy_address one = address_of_udp(&pair.one), other = address_of_udp(&pair.other);
    ck_assert_int_eq(rdy_udp_socket_connect(&pair.one, &other), 0);
    ck_assert_int_eq(rdy_udp_socket_connect(&pair.other, &one), 0);
    return pair;
}

void close_connected_udp(struct udp_pair *pair)
{
    rdy_udp_socket_close(&pair->one);
    rdy_udp_socket_close(&pair->other);
}

rdy_udp_socket connect_to_nobody(void)
{
    rdy_udp_socket socket = bind_udp("127.0.0.1:0", NULL), nobody = bind_udp("127.0.0.1:0", NULL);
    const rdy_address address = address_of_udp(&nobody);
    ck_assert_int_eq(rdy_udp_socket_connect(&socket, &address), 0);
    rdy_udp_socket_close(&nobody);
    return socket;
}

void send_text(rdy_source *source, const char *text, const rdy_address *to)
{
    ck_assert_int_eq(rdy_datagram_send_to(source, text, strlen(text), to), (ptrdiff_t)strlen(text));
}

void expect_text(rdy_source *source, const char *text)
{
    char bytes[256];
    ptrdiff_t count;
    while ((count = rdy_datagram_recv(source, bytes, sizeof bytes - 1)) == -EAGAIN)
        await_readable(source);
    ck_assert_int_ge(count, 0);
    bytes[count] = '\0';
    ck_assert_str_eq(bytes, text);
}

void expect_nothing(rdy_source *source)
{
    char byte;
    ck_assert_int_eq(rdy_datagram_peek(source, &byte, 1), -EAGAIN);
}

int open_pipe_end(void)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    close(ends[1]);
    return ends[0];
}

void expect_refusal(int fd, int error, int (*from_fd)(int fd))
{
    const int flags = fcntl(fd, F_GETFL), descriptor_flags = fcntl(fd, F_GETFD);
    ck_assert_int_eq(from_fd(fd), error);
    ck_assert_int_eq(fcntl(fd, F_GETFL), flags);
    ck_assert_int_eq(fcntl(fd, F_GETFD), descriptor_flags);
    if (fd >= 0)
        close(fd);
}
