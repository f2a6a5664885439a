#ifndef RDY_APPS_PROBE_OPTIONS_H
#define RDY_APPS_PROBE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "apps/common/peer_input.h"
#include "apps/common/peer_list.h"
#include "apps/connect/peer_connector.h"
#include "apps/probe/report/mode.h"
#include "apps/torrent/info_hash.h"

enum format {
    FORMAT_TABLE,
    FORMAT_JSON,
    FORMAT_NDJSON,
    FORMAT_CSV,
};

/* What the command line of rdy-probe says; the texts are the command line's own. */
struct options {
    /* where peers come from, beside the list */
    const char *torrent; /* a file; NULL when it was not given; at most one of these three is */
    const char *magnet;  /* a URI */
    bool has_info_hash;
    uint8_t info_hash[INFO_HASH_SIZE];
    const char **trackers; /* URLs given by hand */
    size_t tracker_count;
    const char *tracker_ca;
    int64_t tracker_timeout_ns;
    size_t numwant; /* 0 when it was not given */

    /* what is tried */
    enum mode mode;
    size_t pieces;      /* SIZE_MAX for all, 0 when it was not given */
    const char *output; /* where the content goes; NULL for nowhere */

    /* until when, how many at once and how fast */
    peer_connector_options connector; /* its time-out is the connect's */
    int64_t handshake_timeout_ns;
    int64_t unchoke_timeout_ns;
    int64_t request_timeout_ns;
    int64_t total_timeout_ns; /* 0 for none */

    /* what is shown */
    enum format format;
    const char *report; /* a file; NULL for standard output */
    const char *svg;
    bool verbose;
    bool quiet;
    bool no_progress;

    peer_input input;
    peer_list peers;
};

/* What options_read returns when the program is to go on. */
#define OPTIONS_GO_ON (-1)

/*
 * Reads the command line and the peers that it lists. Returns OPTIONS_GO_ON, or the exit code with which the program
 * is to end: the user has been told why. Give it back with options_free in any case.
 */
int options_read(int argc, char **argv, struct options *options);

/* Whether peers are asked for by the hash of a torrent, which one of three options gives. */
bool options_have_hash(const struct options *options);

/* Whether a tracker may be asked. */
bool options_have_tracker(const struct options *options);

void options_free(struct options *options);

/* What --help says. */
void options_print_help(FILE *file);

#endif
