#ifndef STORY_PEERS_OPTIONS_H
#define STORY_PEERS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/peers/content.h"
#include "tests/peers/handshake.h"
#include "tests/peers/kind.h"

struct options {
    size_t counts[PEER_KINDS];
    struct content content;
    unsigned char info_hash[INFO_HASH_SIZE];
    bool has_info_hash;
    bool ipv6;
};

/* Of options that contradict the later wins. Exits by itself: with 0 after --help, with 2 after a mistake. */
void options_parse(int argc, char **argv, struct options *options);

#endif
