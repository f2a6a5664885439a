#ifndef RDY_APPS_CONNECT_ARGUMENTS_H
#define RDY_APPS_CONNECT_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "apps/common/peer_list.h"
#include "apps/connect/peer_connector.h"

/* What the command line of rdy-connect says. */
typedef struct connect_arguments {
    peer_list peers;
    peer_connector_options connector;
    size_t first; /* end when so many are connected; SIZE_MAX for all */
    bool json;
    bool quiet;
    bool verbose; /* failures on stderr: asked for, or it is a terminal */
} connect_arguments;

/*
 * Reads the command line and the peers that it leads to. True to go on; else the program is to exit with
 * `*exit_code`: wrong input has been reported, or --help or --version has been answered. Free it in both
 * cases.
 */
bool connect_arguments_parse(int argc, char **argv, connect_arguments *arguments, int *exit_code);

void connect_arguments_free(connect_arguments *arguments);

#endif
