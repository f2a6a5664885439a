#ifndef RDY_APPS_CONNECT_ANSWER_RECORD_H
#define RDY_APPS_CONNECT_ANSWER_RECORD_H

#include <stdint.h>

#include "apps/common/peer_list.h"
#include "apps/common/record.h"
#include "apps/connect/peer_connector.h"

/* Raised when a member changes its meaning or goes; new members may come without. */
#define ANSWER_SCHEMA 1

/*
 * What rdy-connect tells of one peer, by the same names in the "peers" of --json, in a line of --ndjson and in one
 * of --csv; rdy-probe uses the same ones for the same things:
 *
 *      peer          as it was given
 *      address       that was connected to last; null if there was none
 *      outcome       one of the words of peer_outcome_word
 *      phase         the one in which it was decided: "resolve" or "connect"
 *      error         the name of the errno behind the outcome, "ECONNREFUSED", or null
 *      attempts      how often a connect was tried
 *      started_ms    from the begin of the run to its first step; null if it had none
 *      ms            that its lookup and its connects took
 *      resolve_ms, connect_ms
 *                    that each took; null for one that it did not come to
 *
 * `found` is NULL for a peer that was not decided, whose outcome is "not done".
 */
void answer_record_put(struct record *record, const peer *entry, const peer_outcome *found, int64_t begun_ns);

#endif
