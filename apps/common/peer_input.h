#ifndef RDY_APPS_COMMON_PEER_INPUT_H
#define RDY_APPS_COMMON_PEER_INPUT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/common/peer_list.h"

/*
 * Where the command line says that peers are to come from, and which of them: the options -f, --file, --port, -4,
 * --ipv4, -6, --ipv6 and --shard, which all programs with peers have. The macros go into the arguments of
 * getopt_long(3); peer_input_option takes what it finds.
 */
#define PEER_INPUT_SHORT_OPTIONS "f:46"
#define PEER_INPUT_LONG_OPTIONS                                                                              \
    {"file", required_argument, NULL, 'f'}, {"port", required_argument, NULL, PEER_INPUT_PORT},              \
        {"ipv4", no_argument, NULL, '4'}, {"ipv6", no_argument, NULL, '6'},                                  \
    {                                                                                                        \
        "shard", required_argument, NULL, PEER_INPUT_SHARD                                                   \
    }

/* Far above the keys that a program numbers itself. */
enum {
    PEER_INPUT_PORT = UCHAR_MAX + 1000,
    PEER_INPUT_SHARD,
};

typedef struct peer_input {
    const char **files; /* paths, "-" for standard input; owned, the paths are not */
    size_t file_count;
    uint16_t port; /* of peers that are given without one; 0 while there is none */
    int family;    /* AF_INET or AF_INET6 if only those are wanted, else 0 */
    size_t shard;  /* 1 to shard_count, if that is not 0 */
    size_t shard_count;
    bool quiet; /* no notes about peers that were left out; for the program to set */
} peer_input;

/* Room for as many files as there are arguments; false without memory, which is reported. */
bool peer_input_alloc(peer_input *input, int argc);

/*
 * Takes one of those options, with its value or NULL. 1 if it is one, 0 if not; -EINVAL for a wrong value, which is
 * reported.
 */
int peer_input_option(peer_input *input, int key, const char *value);

/* Whether peer_input_read would read the standard input. */
bool peer_input_is_standard(const peer_input *input, char *const *arguments);

/*
 * Reads the files, then the arguments behind the options (up to NULL; "-" for standard input), then standard
 * input if there was neither; keeps the shard, and of that the family. Says in one line how many were left out for
 * their family. EXIT_OK, else what to exit with: what is wrong has been reported, and that is also no peer. Only a
 * shard may be empty: one of many jobs may get none.
 */
int peer_input_read(const peer_input *input, char *const *arguments, peer_list *peers);

void peer_input_free(peer_input *input);

#endif
