#ifndef TESTS_NET_CONNECTIONS_H
#define TESTS_NET_CONNECTIONS_H

/* Listeners, connections and waiting for them, on the backend under test. */

#include "net/tcp_listener.h"
#include "net/tcp_stream.h"
#include "tests/contract/support.h"

struct connection {
    rdy_tcp_stream client;
    rdy_tcp_stream server;
};

rdy_address address_of(const char *text);

/* On a free port of the host: "127.0.0.1:0", "[::1]:0". */
rdy_tcp_listener listen_on(const char *text, const rdy_tcp_listener_options *options);
rdy_address address_of_listener(const rdy_tcp_listener *listener);

/* Connects and waits until both ends are there. */
struct connection connect_to(rdy_tcp_listener *listener);
struct connection open_connection(const char *text);
void close_connection(struct connection *connection);

/* A connect that is done, and nothing accepted yet. */
rdy_tcp_stream connect_client(const rdy_address *peer);
rdy_tcp_stream accept_server(rdy_tcp_listener *listener);

/* Wait until a source that is not registered is ready. */
void await_readable(rdy_source *source);
void await_writable(rdy_source *source);

/* A listener's address whose queue is so full that no connect is answered any more. */
struct full_queue {
    rdy_tcp_listener listener;
    rdy_address address;
    rdy_tcp_stream fillers[8];
};

struct full_queue fill_queue(void);
void free_queue(struct full_queue *queue);

/* Moves exactly so many bytes, waiting where they would block. */
void read_exactly(rdy_source *source, void *bytes, size_t size);
void write_exactly(rdy_source *source, const void *bytes, size_t size);

/* A read that waits for bytes, the end (0) or an error. */
ptrdiff_t read_when_ready(rdy_source *source, void *bytes, size_t size);

/* Whether the descriptor is non-blocking and close-on-exec. */
bool is_well_born(int fd);

bool is_open(int fd);

/* What is no TCP socket. */
int open_udp_socket(void);
int open_unix_socket(void);
int open_nothing(void);

/* Whether this machine has ::1. */
bool has_ipv6(void);

#endif
