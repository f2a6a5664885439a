#ifndef RDY_TESTS_HOSTILE_LEAVE_H
#define RDY_TESTS_HOSTILE_LEAVE_H

#include <stdbool.h>

#include "net/tcp_stream.h"
#include "tests/hostile/plan.h"

/*
 * Closes in one of the sudden ways. True if it was silent: that takes Linux and CAP_NET_ADMIN (TCP_REPAIR), and
 * is a reset where they are missing.
 */
bool leave(rdy_tcp_stream *stream, enum farewell farewell);

#endif
