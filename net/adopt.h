#ifndef RDY_NET_ADOPT_H
#define RDY_NET_ADOPT_H

/*
 * Private: taking over a socket that somebody else has made. It becomes non-blocking and close-on-exec and belongs to
 * the source; -EBADF, -ENOTSOCK, -EINVAL for one of another kind: then it is still the caller's, as it was.
 */

#include "reactor/source.h"

/* Of IPv4 or IPv6, and that type. */
int rdy_adopt_ip(int fd, int type, rdy_source *source);
int rdy_adopt_ip_listener(int fd, rdy_source *source);

/* Of Unix, and that type. */
int rdy_adopt_unix(int fd, int type, rdy_source *source);
int rdy_adopt_unix_listener(int fd, rdy_source *source);

#endif
