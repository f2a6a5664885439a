#ifndef RDY_BENCH_STORY_SERVE_H
#define RDY_BENCH_STORY_SERVE_H

/* What the two servers share whose threads each wait for one client. */

#include <stdint.h>

/* The listening socket of bench_listening_socket, made blocking. */
int story_listen(void);

/* Waits for a client; its socket blocks. A failure that does not pass ends the program. */
int story_accept(int listener);

/* Holds the exchange with one client to its end and closes the socket. */
void story_serve(int client, int64_t deadline_ns);

#endif
