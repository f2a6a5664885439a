#ifndef RDY_NET_OS_PIPE_H
#define RDY_NET_OS_PIPE_H

/* Private: the system calls of pipes, returning 0 or a negative errno. */

/* A pipe like that of rdy_sys_pipe whose writing end raises no SIGPIPE. */
int rdy_pipe_open_ends(int ends[2]);

/*
 * The same for ends that somebody else has made: -EINVAL for what is no pipe, FIFO, stream socket or terminal, listens,
 * or is not open in that direction.
 */
int rdy_pipe_prepare_sender(int fd);
int rdy_pipe_prepare_receiver(int fd);

#endif
