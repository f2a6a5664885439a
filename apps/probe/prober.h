#ifndef RDY_APPS_PROBE_PROBER_H
#define RDY_APPS_PROBE_PROBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/common/peer_list.h"
#include "apps/probe/handshake.h"
#include "apps/probe/report.h"

struct prober_settings {
    const char *backend; /* NULL for the best */
    bool handshake;
    bool sequential;    /* one at a time, by the same road */
    size_t concurrency; /* 0 for as many as the descriptors allow */
    int64_t connect_timeout_ns;
    int64_t handshake_timeout_ns;
    uint8_t greeting[HANDSHAKE_SIZE]; /* our handshake, in handshake mode */
    bool progress;                    /* draw it on stderr */
};

/*
 * Probes all peers in one thread, each of them once and no address twice at a time, until all are done or
 * SIGINT or SIGTERM comes; when it returns, those two do again what they did before. Fills in the addresses
 * of the names. Says on stderr if fewer are tried at once than was asked for.
 *
 * A local fault (no descriptor, memory or port free) is nobody's outcome: the peer is put back into the line
 * and tried again when others have closed, and given up only if it fails alone.
 *
 * 0 on success, and the caller gives the report back with prober_free_report; -ENOTSUP for a backend that is
 * not there, -EBUSY, -EMFILE, -ENFILE, -ENOMEM.
 */
int prober_run(peer_list *peers, const struct prober_settings *settings, struct report *report);

void prober_free_report(struct report *report);

#endif
