#ifndef RDY_APPS_CONNECT_CONNECTOR_OPTION_H
#define RDY_APPS_CONNECT_CONNECTOR_OPTION_H

#include <limits.h>

#include "apps/connect/peer_connector.h"

/*
 * The options that rdy-connect and rdy-probe both have for their peer connector: --par, --seq, --concurrency, --rate,
 * --retries, --happy and --backend. The macro goes into the table of getopt_long(3); connector_option takes what it
 * finds.
 */
#define CONNECTOR_LONG_OPTIONS                                                                               \
    {"par", no_argument, NULL, CONNECTOR_PAR}, {"seq", no_argument, NULL, CONNECTOR_SEQ},                    \
        {"concurrency", required_argument, NULL, CONNECTOR_CONCURRENCY},                                     \
        {"rate", required_argument, NULL, CONNECTOR_RATE},                                                   \
        {"retries", required_argument, NULL, CONNECTOR_RETRIES},                                             \
        {"happy", no_argument, NULL, CONNECTOR_HAPPY},                                                       \
    {                                                                                                        \
        "backend", required_argument, NULL, CONNECTOR_BACKEND                                                \
    }

/* Far above the keys that a program numbers itself, and those of PEER_INPUT_LONG_OPTIONS. */
enum {
    CONNECTOR_PAR = UCHAR_MAX + 2000,
    CONNECTOR_SEQ,
    CONNECTOR_CONCURRENCY,
    CONNECTOR_RATE,
    CONNECTOR_RETRIES,
    CONNECTOR_HAPPY,
    CONNECTOR_BACKEND,
};

/*
 * Takes one of those options, with its value or NULL. 1 if it is one, 0 if not; -EINVAL for a wrong value, which is
 * reported.
 */
int connector_option(peer_connector_options *options, int key, const char *value);

/* Whether they go together, and RDY_BACKEND names a backend where --backend was not given. 0, or -EINVAL, likewise. */
int connector_option_check(const peer_connector_options *options);

#endif
