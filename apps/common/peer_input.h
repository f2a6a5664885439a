#ifndef RDY_APPS_COMMON_PEER_INPUT_H
#define RDY_APPS_COMMON_PEER_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/common/peer_list.h"

/* Where the command line says that peers are to come from. */
typedef struct peer_input {
    const char **files; /* paths, "-" for standard input; owned, the paths are not */
    size_t file_count;
    uint16_t port; /* of peers that are given without one; 0 while there is none */
} peer_input;

/* Room for as many files as there are arguments; false without memory, which is reported. */
bool peer_input_alloc(peer_input *input, int argc);

void peer_input_add_file(peer_input *input, const char *path);

/*
 * Reads the files, then the arguments behind the options (up to NULL; "-" for standard input), then standard
 * input if there was neither. EXIT_OK, else what to exit with: what is wrong has been reported, and that is
 * also no peer.
 */
int peer_input_read(const peer_input *input, char *const *arguments, peer_list *peers);

void peer_input_free(peer_input *input);

#endif
