#ifndef RDY_APPS_ECHO_CONFIG_H
#define RDY_APPS_ECHO_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/common/privileges.h"
#include "net/address.h"

#define ECHO_LISTENERS_MAX 16
#define ECHO_WORKERS_MAX   256

/* What the command line asks for. */
typedef struct echo_config {
    rdy_address listen[ECHO_LISTENERS_MAX];
    size_t listen_count;
    size_t workers;
    size_t max_connections; /* of all workers together; SIZE_MAX for no limit */
    int64_t idle_ns;        /* 0 for never */
    size_t buffer_limit;    /* bytes that may wait to be written to one client */
    int64_t drain_ns;
    int64_t spin_ns;
    const char *backend; /* NULL for the library's choice */
    bool has_user;
    run_as user; /* whom to become */
    bool sandbox;
    bool system_failed; /* an option was right, and could not be looked up */
} echo_config;

/*
 * Reads the command line. True when the server is to run; false when the program is to end with `exit_code`:
 * after --help or --version, or after a wrong option or a failure of the system, which has been reported.
 */
bool echo_config_parse(int argc, char **argv, echo_config *config, int *exit_code);

#endif
