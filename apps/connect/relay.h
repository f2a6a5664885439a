#ifndef RDY_APPS_CONNECT_RELAY_H
#define RDY_APPS_CONNECT_RELAY_H

#include "net/tcp_stream.h"

/*
 * Joins a connected stream to the standard input and output, byte by byte as they come, until both directions have
 * ended:
 *   - the end of the input shuts the sending side of the stream down, and the peer may still answer
 *   - the end of the stream closes the standard output, and the input is still sent; but a terminal is not waited for
 * A side that does not take its bytes is not read for. The standard streams are used as they are: nothing is changed in
 * them that other programs share with us.
 *
 * Returns what to exit with: EXIT_OK; EXIT_NONE_OK if the connection broke, which is reported under `name`;
 * EXIT_INTERRUPTED after SIGINT or SIGTERM; EXIT_SYSTEM if the input could not be read or the output not written, which
 * is reported unless its reader has gone. The stream stays the caller's. `backend` as in rdy_poll_options.
 */
int relay_run(rdy_tcp_stream *stream, const char *name, const char *backend);

#endif
