#ifndef TESTS_FUZZ_BACKENDS_TWINS_H
#define TESTS_FUZZ_BACKENDS_TWINS_H

/* Pairs of descriptors that answer at once: what is done to one end shows at the other when the call returns. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reactor/interest.h"
#include "reactor/source.h"

enum kind { UNIX_STREAM, UNIX_DATAGRAM, PIPE, TCP_STREAM, KINDS };

/* The first end of a pipe reads, the second one writes. Buffers are small. */
void open_pair(enum kind kind, rdy_source ends[2]);

/* Closes; TCP resets, and leaves nothing behind. */
void discard_end(enum kind kind, rdy_source *source);

/* What may be asked of this end. */
rdy_interest sensible_interest(enum kind kind, int end);

/* Through the functions of net/ that are for it; a shutdown of a pipe is -ENOTSOCK. */
ptrdiff_t read_end(enum kind kind, rdy_source *source, void *bytes, size_t size);
ptrdiff_t write_end(enum kind kind, rdy_source *source, const void *bytes, size_t size);
int shutdown_end(enum kind kind, rdy_source *source, int how);

/* What poll(2) says: a second opinion, as no backend's answer rests on this call alone. */
uint32_t bits_of(const rdy_source *source);

/* Bytes that wait to be read. */
size_t waiting_bytes(const rdy_source *source);

/* Open descriptors up to the highest that an input may use. */
enum { HIGHEST_DESCRIPTOR = 127 };
int count_descriptors(void);

#endif
