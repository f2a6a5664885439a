#ifndef RDY_APPS_COMMON_PEER_LIST_H
#define RDY_APPS_COMMON_PEER_LIST_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "net/address.h"

/*
 * The peers a program is asked to try, in the order of input, duplicates removed. An entry is an address, or
 * a name that is still to be looked up.
 */
typedef struct peer {
    char *text;          /* as it was given, for output: "example.org:6881" */
    rdy_address address; /* of family AF_UNSPEC while the name is not looked up */
    char *host;          /* the name to look up, NULL for an address */
    uint16_t port;
} peer;

typedef struct peer_list {
    peer *peers;
    size_t count;
    size_t capacity;
} peer_list;

/*
 * Adds one entry: "1.2.3.4:80", "[::1]:80", "name:80", or without the port if `default_port` is not 0. A
 * peer that is there already is skipped. 0 on success, -ERANGE for a port out of 1 to 65535, -EINVAL for
 * other text, -ENOMEM. Prints nothing.
 */
int peer_list_add(peer_list *list, const char *text, uint16_t default_port);

/*
 * Adds an entry for each line; blank lines and what follows '#' are skipped, CRLF and a byte order mark at the
 * start are fine. The first bad line is reported on stderr ("rdy-probe: peers.txt:3: expected HOST:PORT, not
 * 'x y'") and ends it with the error of peer_list_add; a read error gives -EIO, likewise reported. `name` is
 * the file's, for messages.
 */
int peer_list_read(peer_list *list, FILE *file, const char *name, uint16_t default_port);

/* As peer_list_read on the file of that path, or on standard input for "-". */
int peer_list_read_path(peer_list *list, const char *path, uint16_t default_port);

/* Frees the entries; leaves an empty list. */
void peer_list_free(peer_list *list);

#endif
