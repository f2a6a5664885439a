#ifndef RDY_BENCH_SERVERS_BLOCKING_H
#define RDY_BENCH_SERVERS_BLOCKING_H

/* What a thread does for one client by calls that block: its writes wait, so it reads no more than it can write. */

/* A listening socket as bench_listening_socket makes it, but blocking. */
int bench_blocking_listening_socket(void);

/* Waits for the next client and for a descriptor for it. */
int bench_blocking_accept(int listener);

/* Echoes until the client ends or breaks, then closes. */
void bench_blocking_serve(int socket);

#endif
