#ifndef RDY_APPS_PROBE_REPORT_JSON_H
#define RDY_APPS_PROBE_REPORT_JSON_H

#include <stdio.h>

#include "apps/probe/report.h"

/* Raised when a member changes its meaning or goes; new members may come without. */
#define REPORT_JSON_SCHEMA 1

/*
 * The report as one JSON object on one line:
 *
 *      schema       REPORT_JSON_SCHEMA
 *      mode         "connect" or "handshake"
 *      backend      "epoll", "kqueue" or "select"
 *      order        "parallel" or "sequential"
 *      at_once      the most peers that were tried at once
 *      wall_ms, sum_ms
 *      partial      whether it was interrupted
 *      not_done, local_faults, duplicates   how many peers were not probed; they are in no outcome and no sum
 *      outcomes     [{outcome, count, total_ms, min_ms, mean_ms, max_ms}], most time first
 *      peers        [{peer, outcome, phase, ms, error}], as in the list; error is an errno's name or null
 */
void report_print_json(const struct report *report, FILE *file);

#endif
