#ifndef TESTS_NET_DATAGRAMS_H
#define TESTS_NET_DATAGRAMS_H

/* Datagram sockets, and moving texts between them, on the backend under test. */

#include "net/datagram.h"
#include "net/udp_socket.h"
#include "tests/net/connections.h"

/* On a free port of the host: "127.0.0.1:0", "[::1]:0". */
rdy_udp_socket bind_udp(const char *text, const rdy_udp_socket_options *options);
rdy_address address_of_udp(const rdy_udp_socket *socket);

/* That address of another host with the same port. */
rdy_address same_port(const char *host, const rdy_address *address);

/* Two sockets on the host, connected to each other. */
struct udp_pair {
    rdy_udp_socket one;
    rdy_udp_socket other;
};

struct udp_pair open_connected_udp(const char *text);
void close_connected_udp(struct udp_pair *pair);

/* A socket that is connected to a port of 127.0.0.1 where nobody is. */
rdy_udp_socket connect_to_nobody(void);

/* Sends the text as one datagram; `to` may be NULL. */
void send_text(rdy_source *source, const char *text, const rdy_address *to);

/* Waits for the next datagram, which must be this text. */
void expect_text(rdy_source *source, const char *text);

/* Nothing waits to be received. */
void expect_nothing(rdy_source *source);

/* What is no socket. */
int open_pipe_end(void);

/* `from_fd` refuses the descriptor with this error and leaves its flags as they were; closes it. */
void expect_refusal(int fd, int error, int (*from_fd)(int fd));

#endif
