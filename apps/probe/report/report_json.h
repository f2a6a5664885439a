#ifndef RDY_APPS_PROBE_REPORT_REPORT_JSON_H
#define RDY_APPS_PROBE_REPORT_REPORT_JSON_H

#include <stdio.h>

#include "apps/probe/report/report.h"
#include "apps/probe/report/summary.h"

/*
 * The report as one JSON object on one line:
 *
 *      schema        REPORT_SCHEMA
 *      program       "rdy-probe"
 *      version       of the program that wrote it
 *      mode          "connect", "handshake", "bitfield" or "request"
 *      backend       "epoll", "kqueue" or "select"; "mixed" if the runs that were merged had several
 *      order         "parallel" or "sequential"; a merged one is sequential if all its runs were
 *      at_once       the most peers that were tried at once; of runs that were merged the sum
 *      begun         when the run, or the earliest, began: "2026-11-21T17:00:00.000Z" (RFC 3339)
 *      wall_ms       how long the run, or the longest, took
 *      sum_ms        the total of all outcomes: what it had taken one by one
 *      partial       whether it was interrupted
 *      shards        [{index, count}]: of which parts of a list the peers are (--shard); empty for a whole list
 *      peers_total   the peers of the list
 *      local_faults, duplicates, not_done
 *                    how many of them were not probed; they are in no outcome, no phase and no sum
 *      outcomes      [{outcome, phase, <times>}]: of the peers that ended with that outcome in that phase, the time
 *                    that the whole of each took; most time first
 *      phases        [{phase, <times>}]: of the peers that came through a phase, the time that it took; those that
 *                    nobody came through are left out
 *      peers         [{...}]: each peer, in the order of the list; see apps/probe/report/peer_record.h
 *
 * <times> are these members:
 *
 *      count         how many
 *      total_ms, min_ms, mean_ms, p50_ms, p90_ms, p99_ms, max_ms
 *      total_ns, min_ns, max_ns
 *                    the same in nanoseconds, not rounded
 *      histogram     [[place, count]]: those of the log-linear buckets of apps/probe/report/histogram.h that hold any, in
 *                    ascending order: below 256 the place is the time in nanoseconds; else with s = place / 128 - 1
 *                    (rounded down) the bucket begins at (place - 128 s) 2^s nanoseconds and is 2^s wide
 *
 * Counts, _ns and histogram are exact, and those of merged reports are their sum (or least, or most). Percentiles
 * are by nearest rank, taken from the histogram: within 0.4 % of the exact ones. The _ms outside of peers are
 * rounded to microseconds. New members may come without a new schema.
 */
#define REPORT_SCHEMA 2

void report_print_json(const struct report *report, const struct summary *summary, FILE *file);

#endif
