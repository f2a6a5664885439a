#ifndef RDY_APPS_PROBE_OPTIONS_H
#define RDY_APPS_PROBE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/common/peer_list.h"
#include "apps/probe/handshake.h"
#include "apps/probe/mode.h"

struct options {
    const char *backend; /* NULL when it was not given */
    enum mode mode;
    int family; /* AF_INET or AF_INET6 if only those are wanted, else 0 */
    bool sequential;
    bool json;
    bool verbose;
    size_t concurrency; /* 0 when it was not given */
    int64_t connect_timeout_ns;
    int64_t handshake_timeout_ns;
    uint8_t info_hash[HANDSHAKE_HASH_SIZE];
    peer_list peers;
};

/* What options_read returns when the program is to go on. */
#define OPTIONS_GO_ON (-1)

/*
 * Reads the command line and the peers from wherever it names them. Returns OPTIONS_GO_ON, or the exit code
 * with which the program is to end: the user has been told why. Give it back with options_free in any case.
 */
int options_read(int argc, char **argv, struct options *options);

void options_free(struct options *options);

#endif
