#ifndef RDY_BENCH_SERVERS_LISTENING_H
#define RDY_BENCH_SERVERS_LISTENING_H

/* What the servers of the comparison share, so that nothing but their loops differs. */

#define BENCH_BACKLOG 4096

/* As much as one read may take; each server reads into one buffer of this size, or into one for each thread. */
#define BENCH_READ_SIZE 65536

/* With this many bytes still to be written to a client, a server stops reading from it. */
#define BENCH_OUTPUT_LIMIT 262144

/* How long accepting rests when no descriptor is left. */
#define BENCH_ACCEPT_REST_MS 100

/*
 * A bound, listening, non-blocking TCP socket on 127.0.0.1 and a free port, with the backlog that the system allows
 * and TCP_NODELAY, which accepted sockets inherit. Prints "listening on 127.0.0.1:PORT" on stdout, raises the limit
 * of descriptors to what the system grants and ignores SIGPIPE. A failure ends the program.
 */
int bench_listening_socket(void);

/* Prints `what` and the meaning of errno on stderr and ends the program. */
_Noreturn void bench_fail(const char *what);

#endif
