#ifndef RDY_APPS_CONNECT_ARGUMENTS_H
#define RDY_APPS_CONNECT_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "apps/common/peer_list.h"
#include "apps/connect/peer_connector.h"

/* How the peers are told of. */
enum format {
    FORMAT_TEXT,   /* a line for each that is connected, as it answers */
    FORMAT_JSON,   /* one object at the end */
    FORMAT_NDJSON, /* an object a line for each that is decided */
    FORMAT_CSV,    /* a line for each */
    FORMAT_NONE,   /* not at all: the first is worked with */
};

/* What the command line of rdy-connect says. */
typedef struct connect_arguments {
    peer_list peers;
    peer_connector_options connector;
    size_t first; /* end when so many are connected; SIZE_MAX for all */
    size_t shard; /* as in peer_input */
    size_t shard_count;
    enum format format;
    const char *report; /* the file to write to, NULL for the standard output */
    bool ordered;       /* tell of the peers in the order of input */
    bool quiet;
    bool progress;  /* draw it, if somebody would see it */
    bool verbose;   /* failures on stderr: asked for, or it is a terminal */
    bool stdio;     /* work with the first: join it to the standard streams */
    char **command; /* likewise: what to run on it, ended by NULL; NULL for none. It is a part of argv. */
} connect_arguments;

/*
 * Reads the command line and the peers that it leads to. True to go on; else the program is to exit with
 * `*exit_code`: wrong input has been reported, or --help or --version has been answered. Free it in both
 * cases.
 */
bool connect_arguments_parse(int argc, char **argv, connect_arguments *arguments, int *exit_code);

void connect_arguments_free(connect_arguments *arguments);

#endif
