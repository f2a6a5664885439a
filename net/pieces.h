#ifndef RDY_NET_PIECES_H
#define RDY_NET_PIECES_H

/* Private: pieces of memory that one call moves. */

#include <sys/socket.h>
#include <sys/uio.h>

/*
 * The message of these pieces, without an address, for recvmsg(2) and sendmsg(2). 0 on success; -EINVAL for a count
 * below 0 or above IOV_MAX.
 */
int rdy_pieces_message(const struct iovec *pieces, int count, struct msghdr *message);

#endif
