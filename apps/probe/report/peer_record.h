#ifndef RDY_APPS_PROBE_REPORT_PEER_RECORD_H
#define RDY_APPS_PROBE_REPORT_PEER_RECORD_H

#include "apps/common/record.h"
#include "apps/probe/report/report.h"

/*
 * What is told of one peer, by the same names in a report's "peers", in a line of --ndjson and in one of --csv:
 *
 *      peer          as it was given
 *      address       that was connected to; null if there was none
 *      outcome       one of the words of apps/probe/report/outcome.h
 *      phase         the one in which it was decided: "resolve", "connect", "handshake", "bitfield", "unchoke" or
 *                    "request"
 *      error         the name of the errno behind the outcome, "ECONNRESET", or null
 *      attempts      how often a connect was tried
 *      started_ms    from the begin of its run to its first step
 *      ms            that its phases took together
 *      resolve_ms, connect_ms, handshake_ms, bitfield_ms, unchoke_ms, request_ms
 *                    that each took; null for one that it did not come to
 *      pieces        how many it sent that had the right SHA-1
 *      bytes         of those
 *
 * Milliseconds have six decimals: they are exact. `text` is the peer as it was given.
 */
void peer_record_put(struct record *record, const char *text, const struct result *result);

/* The member for the time of a phase, a static string: "connect_ms". */
const char *phase_member(enum phase phase);

/*
 * One line of --ndjson, with "schema": REPORT_SCHEMA in front, for each peer as it is decided: a progress line
 * gives way to it on a terminal. To be flushed by the caller.
 */
void peer_record_print_ndjson(const char *text, const struct result *result, FILE *file);

/* Likewise the peers that were not decided, at the end. */
void peer_record_print_undecided(const struct report *report, FILE *file);

/* --csv: a line of names, and one for each peer in the order of the list. */
void peer_record_print_csv(const struct report *report, FILE *file);

#endif
