#ifndef RDY_BENCH_LOAD_CONTENT_H
#define RDY_BENCH_LOAD_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What messages hold. It follows from the connection and the message's number there, so that nothing has to be kept
 * to check an answer: word i, 64 bits in the machine's order, is the key plus i times an odd constant. An answer
 * that is shifted, repeated, torn or another connection's differs from it within the first words.
 */

/* Differs for each message of each connection. */
uint64_t content_key(uint64_t connection, uint64_t message);

/* The bytes of the message with that key from `offset` on. */
void content_fill(uint8_t *bytes, size_t count, uint64_t key, size_t offset);

/* Whether these are the bytes of the message with that key from `offset` on. */
bool content_matches(const uint8_t *bytes, size_t count, uint64_t key, size_t offset);

#endif
