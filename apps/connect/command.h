#ifndef RDY_APPS_CONNECT_COMMAND_H
#define RDY_APPS_CONNECT_COMMAND_H

#include "net/tcp_stream.h"

/*
 * Becomes the command (execvp(3)), with the connected stream as its standard input and output, in blocking mode; with
 * RDY_PEER in its environment, the address of the peer; with the default action of SIGPIPE, the limit of descriptors
 * that the program began with, and no descriptor of ours. So its exit status is ours. Returns only if that fails: what
 * to exit with, 127 if there is no such command, 126 if it cannot be run, as shells do. The stream is gone then.
 */
int command_run(char *const *command, rdy_tcp_stream *stream);

#endif
