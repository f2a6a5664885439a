#ifndef RDY_APPS_PROBE_EXCHANGE_H
#define RDY_APPS_PROBE_EXCHANGE_H

#include <stddef.h>
#include <stdint.h>

#include "apps/probe/handshake.h"
#include "apps/probe/outcome.h"
#include "net/tcp_stream.h"

/* The exchange of handshakes with one peer that is connected. Begin with a zeroed one. */
struct exchange {
    size_t sent;
    struct handshake theirs;
    int error;            /* of our sending, kept until the reading has told what came before it */
    enum outcome outcome; /* once exchange_advance has said that it is over */
};

/*
 * Sends ours and judges theirs as far as it can. -EAGAIN while it is not decided; 0 if all was right; else a
 * negative errno: the stream's, or -EPROTO if only the outcome tells what was wrong.
 */
int exchange_advance(struct exchange *exchange, const uint8_t ours[HANDSHAKE_SIZE], rdy_tcp_stream *stream);

#endif
