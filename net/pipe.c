#include "net/pipe.h"

#include "net/os/pipe.h"
#include "net/pieces.h"
#include "reactor/os/sys.h"
#include "reactor/source_io.h"

int rdy_pipe_open(rdy_pipe_sender *sender, rdy_pipe_receiver *receiver)
{
    int ends[2];
    int error = rdy_pipe_open_ends(ends);
    if (error != 0)
        return error;
    *receiver = (rdy_pipe_receiver){.source = rdy_source_from_fd(ends[0])};
    *sender = (rdy_pipe_sender){.source = rdy_source_from_fd(ends[1])};
    return 0;
}

/* ---- the end that writes ---- */

int rdy_pipe_sender_from_fd(int fd, rdy_pipe_sender *sender)
{
    int error = rdy_pipe_prepare_sender(fd);
    if (error == 0)
        *sender = (rdy_pipe_sender){.source = rdy_source_from_fd(fd)};
    return error;
}

int rdy_pipe_sender_into_fd(rdy_pipe_sender *sender)
{
    return rdy_source_release(&sender->source);
}

int rdy_pipe_sender_set_nonblocking(rdy_pipe_sender *sender, bool nonblocking)
{
    return rdy_sys_set_nonblocking(rdy_source_fd(&sender->source), nonblocking);
}

ptrdiff_t rdy_pipe_sender_write(rdy_pipe_sender *sender, const void *bytes, size_t size)
{
    return rdy_source_write(&sender->source, bytes, size);
}

ptrdiff_t rdy_pipe_sender_writev(rdy_pipe_sender *sender, const struct iovec *pieces, int count)
{
    int error = rdy_pieces_check(&pieces, &count);
    return error != 0 ? error
                      : rdy_source_writev(&sender->source, pieces, count, rdy_pieces_total(pieces, count));
}

void rdy_pipe_sender_close(rdy_pipe_sender *sender)
{
    if (sender != NULL)
        rdy_source_close(&sender->source);
}

/* ---- the end that reads ---- */

int rdy_pipe_receiver_from_fd(int fd, rdy_pipe_receiver *receiver)
{
    int error = rdy_pipe_prepare_receiver(fd);
    if (error == 0)
        *receiver = (rdy_pipe_receiver){.source = rdy_source_from_fd(fd)};
    return error;
}

int rdy_pipe_receiver_into_fd(rdy_pipe_receiver *receiver)
{
    return rdy_source_release(&receiver->source);
}

int rdy_pipe_receiver_set_nonblocking(rdy_pipe_receiver *receiver, bool nonblocking)
{
    return rdy_sys_set_nonblocking(rdy_source_fd(&receiver->source), nonblocking);
}

ptrdiff_t rdy_pipe_receiver_read(rdy_pipe_receiver *receiver, void *bytes, size_t size)
{
    return rdy_source_read(&receiver->source, bytes, size);
}

ptrdiff_t rdy_pipe_receiver_readv(rdy_pipe_receiver *receiver, const struct iovec *pieces, int count)
{
    int error = rdy_pieces_check(&pieces, &count);
    return error != 0 ? error
                      : rdy_source_readv(&receiver->source, pieces, count, rdy_pieces_total(pieces, count));
}

void rdy_pipe_receiver_close(rdy_pipe_receiver *receiver)
{
    if (receiver != NULL)
        rdy_source_close(&receiver->source);
}
