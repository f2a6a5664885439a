#ifndef STORY_PEERS_PEER_H
#define STORY_PEERS_PEER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "tests/peers/content.h"
#include "tests/peers/kind.h"

struct peer {
    enum peer_kind kind;
    size_t number;                  /* among all peers */
    const unsigned char *info_hash; /* NULL: whatever is asked for */
    const struct content *content;
    int socket; /* listens, unless the kind is refused: then it only keeps the port */
    socklen_t address_size;
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address;
};

/* Gives a peer whose kind and number are set its address, 127.77.x.y or ::1, and its socket. */
void peer_open(struct peer *peer, bool ipv6);

/* Whether it accepts connections: the refused, the unresponsive and the silent never do. */
bool peer_is_served(const struct peer *peer);

/* One line, "ADDRESS KIND". */
void peer_print(const struct peer *peer);

/* A non-blocking socket of the peer's family. */
int peer_make_socket(const struct peer *peer);

#endif
