#include "net/stream.h"

#include "net/os/socket.h"
#include "net/pieces.h"
#include "reactor/hints.h"
#include "reactor/source_io.h"

RDY_WITHOUT_CANARY ptrdiff_t rdy_stream_read(rdy_source *source, void *bytes, size_t size)
{
    return rdy_source_recv(source, bytes, size, 0);
}

ptrdiff_t rdy_stream_peek(rdy_source *source, void *bytes, size_t size)
{
    return rdy_source_recv(source, bytes, size, MSG_PEEK);
}

RDY_WITHOUT_CANARY ptrdiff_t rdy_stream_write(rdy_source *source, const void *bytes, size_t size)
{
    return rdy_source_send(source, bytes, size, 0);
}

ptrdiff_t rdy_stream_readv(rdy_source *source, const struct iovec *pieces, int count)
{
    struct msghdr message;
    int error = rdy_pieces_message(pieces, count, &message);
    return error != 0 ? error : rdy_source_recvmsg(source, &message, rdy_pieces_total(pieces, count), 0);
}

ptrdiff_t rdy_stream_writev(rdy_source *source, const struct iovec *pieces, int count)
{
    struct msghdr message;
    int error = rdy_pieces_message(pieces, count, &message);
    return error != 0 ? error : rdy_source_sendmsg(source, &message, rdy_pieces_total(pieces, count), 0);
}

int rdy_stream_shutdown(rdy_source *source, int how)
{
    const int error = rdy_socket_shutdown(rdy_source_fd(source), how);
    if (error == 0)
        rdy_source_note_shutdown(source, how);
    return error;
}
