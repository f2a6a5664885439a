#ifndef RDY_NET_PIECES_H
#define RDY_NET_PIECES_H

/* Private: pieces of memory that one call moves. */

#include <stddef.h>
#include <sys/socket.h>
#include <sys/uio.h>

/*
 * Whether one call takes so many: 0, or -EINVAL for a count below 0 or above IOV_MAX. Puts one empty piece in the place
 * of none: macOS takes no count of 0.
 */
int rdy_pieces_check(const struct iovec **pieces, int *count);

/* Their bytes in all. */
size_t rdy_pieces_total(const struct iovec *pieces, int count);

/* The message of these pieces, without an address, for recvmsg(2) and sendmsg(2). As rdy_pieces_check. */
int rdy_pieces_message(const struct iovec *pieces, int count, struct msghdr *message);

#endif
