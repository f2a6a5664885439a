#ifndef TESTS_INTEROP_CLIENT_H
#define TESTS_INTEROP_CLIENT_H

/* What the clients share: each runs its scenarios once, in the mode of its first argument, and prints a line for each. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop.h"

/* Ends the program with a sentence unless `holds`. */
void must(bool holds, const char *what);

/* What the adapters call for loop_add: fails with -ENOMEM if client_refuses is there and says so of their context. */
int client_add(struct loop *loop, int fd, rdy_interest conditions,
               void (*ready)(struct loop_watch *watch, rdy_event event), void *context,
               struct loop_watch **watch);
extern bool (*client_refuses)(const void *context);

/* "level", "edge", or "edge without re-arming"; prints the backend. */
void client_open(const char *mode, struct loop *loop);

/* No watch and no timer may be left. */
void client_close(struct loop *loop);

/* Turns the loop until *left is 0: true; or until nothing happens for `patience_ns`: false. */
bool client_turn_until_none(struct loop *loop, const int *left, int64_t patience_ns);

/* The same, with a patience that only a mistake exhausts; ends the program then. */
void client_finish(struct loop *loop, const int *left);

/* What zlib calls adler32, in pieces: begin with 1. */
uint32_t client_checksum(uint32_t sum, const void *bytes, size_t size);

/* Prints the scenario, how much of what it moved, what came out, and the time since `begin_ns`. */
void client_report(const char *scenario, const char *amount, const char *result, int64_t begin_ns);

#endif
