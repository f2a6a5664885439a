#ifndef TESTS_CONTRACT_PAIRS_H
#define TESTS_CONTRACT_PAIRS_H

/* Pairs of descriptors, and what can be done to them to make one end ready. All are non-blocking. */

#include <netinet/in.h>
#include <stddef.h>

#include "net/address.h"
#include "reactor/source.h"

/* A source that close_sources closes, unless the test has done so. */
rdy_source *source_of(int fd);
void close_sources(void);

/* `end` is the one to be watched. */
struct pair {
    rdy_source *end;
    rdy_source *peer;
};

struct pair open_pipe_reader(void);
struct pair open_pipe_writer(void);
struct pair open_unix_pair(void);
struct pair open_unix_datagram_pair(void);
struct pair open_tcp_pair(void);
struct pair open_udp_pair(void);
struct pair open_eventfd_pair(void); /* both ends are the same counter */
struct pair open_terminal(void);     /* the master of a pseudo-terminal, pty(7) */
struct pair open_listener(void);     /* a TCP listener and a socket that may connect_to_end */
void connect_to_end(const struct pair *pair);

/* Both directions and what each kind of end may be watched for. */
struct kind {
    const char *name;
    struct pair (*open)(void);
    rdy_interest sensible; /* what may be asked of it on every kernel */
    rdy_interest idle;     /* what it is ready for when it was just opened */
};

extern const struct kind pipe_reader, pipe_writer, unix_pair, unix_datagram_pair, tcp_pair, udp_pair,
    event_counter, terminal, tcp_listener;

/* A port of 127.0.0.1 on which nobody listens, as an address. */
rdy_address address_of_nobody(void);

/* Writes a few bytes (eight ones, which an eventfd takes too). */
#define FED 8
void feed(rdy_source *source);

/*
 * Reads until nothing is left, or writes until nothing more is taken, on the raw descriptor, and says so as a
 * user of raw descriptors has to (rdy_source_blocked). Both return the number of bytes. Not for filling an
 * eventfd.
 */
size_t drain(rdy_source *source);
size_t fill(rdy_source *source);

/* Closes with a reset in place of an end of stream. */
void reset(rdy_source *source);

/* Writes on a connection whose other end is gone; no SIGPIPE. */
void write_in_vain(rdy_source *source);

#endif
