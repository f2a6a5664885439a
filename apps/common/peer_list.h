#ifndef RDY_APPS_COMMON_PEER_LIST_H
#define RDY_APPS_COMMON_PEER_LIST_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "apps/common/text_pool.h"
#include "net/address.h"

/*
 * The peers a program is asked to try, in the order of input, duplicates removed. An entry is an address, or
 * a name that is still to be looked up.
 */
typedef struct peer {
    const char *text;    /* as it was given, for output: "example.org:6881"; the list's */
    rdy_address address; /* of family AF_UNSPEC while the name is not looked up */
    char *host;          /* the name to look up, NULL for an address */
    uint16_t port;
} peer;

/* A zeroed list is empty. `peers` and `count` are for reading. */
typedef struct peer_list {
    peer *peers;
    size_t count;
    size_t capacity;
    uint32_t *slots; /* the hash table that finds duplicates: the place of an entry plus 1, or 0 */
    size_t slot_count;
    text_pool texts;
} peer_list;

/*
 * Adds one entry: "1.2.3.4:80", "[::1]:80", "name:80", or without the port if `default_port` is not 0; or all
 * addresses of a network, from the lowest on, each with its own text: "10.0.0.0/24:80" (peer_network.h). A peer
 * that is there already is skipped. 0 on success, -ERANGE for a port out of 1 to 65535, -E2BIG for too large a
 * network, -EINVAL for other text: then nothing was added; -ENOMEM: a network may then be there in part. Prints
 * nothing.
 */
int peer_list_add(peer_list *list, const char *text, uint16_t default_port);

/* Adds an IPv4 or IPv6 address with its port, unless it is there already. 0 or -ENOMEM. */
int peer_list_add_address(peer_list *list, const rdy_address *address);

/*
 * Adds an entry for each line; blank lines and what follows '#' are skipped, CRLF and a byte order mark at the
 * start are fine. The first bad line is reported on stderr ("rdy-probe: peers.txt:3: expected HOST:PORT, not
 * 'x y'") and ends it with the error of peer_list_add, or -EINVAL for a line of more than 4096 bytes; a read error
 * gives -EIO, or -ENOMEM as such, likewise reported. `name` is the file's, for messages.
 */
int peer_list_read(peer_list *list, FILE *file, const char *name, uint16_t default_port);

/* As peer_list_read on the file of that path, or on standard input for "-". */
int peer_list_read_path(peer_list *list, const char *path, uint16_t default_port);

/*
 * Keeps of the entries those of shard `index` of `count`, 1 to `count`: every count-th, beginning with the index-th.
 * So the same list is always split in the same way, and each entry is in exactly one of its shards.
 */
void peer_list_keep_shard(peer_list *list, size_t index, size_t count);

/* Keeps the names and the addresses of a family, AF_INET or AF_INET6. Returns how many others there were. */
size_t peer_list_keep_family(peer_list *list, int family);

/* Frees the entries; leaves an empty list. */
void peer_list_free(peer_list *list);

#endif
