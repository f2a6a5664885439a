#ifndef RDY_APPS_CONNECT_ANSWERS_JSON_H
#define RDY_APPS_CONNECT_ANSWERS_JSON_H

#include <stdbool.h>
#include <stdio.h>

#include "apps/connect/answers.h"

/*
 * A run as one JSON object on one line; rdy-probe uses the same names for the same things:
 *
 *      schema        ANSWER_SCHEMA
 *      program       "rdy-connect"
 *      version       of the program that wrote it
 *      backend       "epoll", "kqueue" or "select"
 *      order         "parallel" or "sequential"
 *      at_once       the most peers that were tried at once
 *      wall_ms       how long the run took
 *      partial       whether it was interrupted
 *      shards        [{index, count}]: of which part of a list the peers are (--shard); empty for a whole list
 *      peers_total   the peers
 *      connected, not_done
 *                    how many of them were connected, and how many were not decided
 *      peers         [{...}]: the peers as they were decided, then those that were not; in the order of input if that
 *                    was asked for (--ordered); see apps/connect/answer_record.h
 */
void answers_print_json(const struct answers *answers, FILE *file, bool partial);

#endif
