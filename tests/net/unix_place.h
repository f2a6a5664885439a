#ifndef TESTS_NET_UNIX_PLACE_H
#define TESTS_NET_UNIX_PLACE_H

/* Folders of their own for the files of Unix sockets. */

#include "net/address.h"
#include "net/unix_listener.h"

/* A free address and a second one, for a fixture; all that is there is removed afterwards. */
extern struct unix_place {
    char folder[32];
    char path[64];
    rdy_address address;
    rdy_address other;
} place;

void make_place(void);
void remove_place(void);

rdy_unix_listener listen_at(const rdy_address *address);

/* On Linux: an abstract name that nobody else has. */
rdy_address abstract_address(void);

/* Sends some bytes there and back. */
void expect_talk(rdy_unix_stream *from, rdy_unix_stream *to);

#endif
