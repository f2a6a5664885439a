#ifndef RDY_APPS_ECHO_SOCKET_FILE_H
#define RDY_APPS_ECHO_SOCKET_FILE_H

/* The file of a Unix listener, which outlives the socket and stops the next bind unless somebody removes it.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "net/address.h"

/* Which file is meant: another one may have its name by the time it is to be removed. */
typedef struct socket_file {
    rdy_address address;
    dev_t device;
    ino_t inode;
    bool exists; /* false for an abstract name too */
} socket_file;

/* Looks the file up that belongs to the address of a listener that was just bound. */
socket_file socket_file_of(const rdy_address *address);

/*
 * Removes a file that a dead server left behind: a socket that refuses connections. True if it did; false if
 * somebody answers there, or the file is something else.
 */
bool socket_file_remove_stale(const rdy_address *address);

/* Removes the file, if it is still the same. */
void socket_file_remove(socket_file *file);

#endif
