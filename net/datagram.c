#include "net/datagram.h"

#include <errno.h>
#include <stdint.h>
#include <sys/un.h>

#include "net/os/socket.h"
#include "net/pieces.h"
#include "net/stream.h"
#include "reactor/source_io.h"

/* ---- messages ---- */

static struct iovec piece_of(const void *bytes, size_t size)
{
    return (struct iovec){.iov_base = (void *)(uintptr_t)bytes, .iov_len = size}; /* sending does not write */
}

/* As of a sender without a name: nothing can be sent to it but through an association. */
static const rdy_address unnamed = {
    .storage = {.ss_family = AF_UNIX},
    .length = offsetof(struct sockaddr_un, sun_path),
};

static bool names_nobody(const rdy_address *to)
{
    return to == NULL || to->length == 0 || rdy_address_compare(to, &unnamed) == 0;
}

static void address_to(struct msghdr *message, const rdy_address *to)
{
    if (names_nobody(to))
        return;
    message->msg_name = (void *)(uintptr_t)&to->storage;
    message->msg_namelen = to->length;
}

static void ask_for_sender(struct msghdr *message, rdy_address *from)
{
    if (from == NULL)
        return;
    message->msg_name = &from->storage;
    message->msg_namelen = sizeof from->storage;
}

/* The kernel says how long an address is, also when only its beginning had room, and 0 if there is none. */
static void note_sender(const struct msghdr *message, rdy_address *from)
{
    if (from == NULL)
        return;
    from->length = message->msg_namelen;
    if (from->length > sizeof from->storage)
        from->length = sizeof from->storage;
    if (from->length == 0)
        *from = unnamed; /* no others than Unix sockets send without a name */
}

/* ---- one ---- */

ptrdiff_t rdy_datagram_send(rdy_source *source, const void *bytes, size_t size)
{
    return rdy_datagram_send_to(source, bytes, size, NULL);
}

ptrdiff_t rdy_datagram_send_to(rdy_source *source, const void *bytes, size_t size, const rdy_address *to)
{
    const struct iovec piece = piece_of(bytes, size);
    return rdy_datagram_sendv(source, &piece, 1, to);
}

ptrdiff_t rdy_datagram_sendv(rdy_source *source, const struct iovec *pieces, int count, const rdy_address *to)
{
    struct msghdr message;
    int error = rdy_pieces_message(pieces, count, &message);
    if (error != 0)
        return error;
    address_to(&message, to);
    return rdy_source_send_datagram(source, &message);
}

static ptrdiff_t receive(rdy_source *source, struct msghdr *message, rdy_address *from, int flags)
{
    ask_for_sender(message, from);
    ptrdiff_t result = rdy_source_recv_datagram(source, message, flags);
    if (result >= 0)
        note_sender(message, from);
    return result;
}

static ptrdiff_t receive_piece(rdy_source *source, void *bytes, size_t size, rdy_address *from, int flags)
{
    struct iovec piece = {.iov_base = bytes, .iov_len = size};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    return receive(source, &message, from, flags);
}

ptrdiff_t rdy_datagram_recv(rdy_source *source, void *bytes, size_t size)
{
    return receive_piece(source, bytes, size, NULL, 0);
}

ptrdiff_t rdy_datagram_recv_from(rdy_source *source, void *bytes, size_t size, rdy_address *from)
{
    return receive_piece(source, bytes, size, from, 0);
}

ptrdiff_t rdy_datagram_peek(rdy_source *source, void *bytes, size_t size)
{
    return receive_piece(source, bytes, size, NULL, MSG_PEEK);
}

ptrdiff_t rdy_datagram_peek_from(rdy_source *source, void *bytes, size_t size, rdy_address *from)
{
    return receive_piece(source, bytes, size, from, MSG_PEEK);
}

ptrdiff_t rdy_datagram_recvv(rdy_source *source, const struct iovec *pieces, int count, rdy_address *from,
                             bool *truncated)
{
    struct msghdr message;
    int error = rdy_pieces_message(pieces, count, &message);
    if (error != 0)
        return error;
    ptrdiff_t result = receive(source, &message, from, 0);
    if (result >= 0 && truncated != NULL)
        *truncated = (message.msg_flags & MSG_TRUNC) != 0;
    return result;
}

/* ---- many ---- */

enum { BATCH = 64 }; /* for one system call: 5 KiB of stack */

struct batch {
    rdy_sys_message messages[BATCH];
    struct iovec pieces[BATCH];
};

static struct msghdr *message_of(struct batch *batch, unsigned index, struct iovec piece)
{
    batch->pieces[index] = piece;
    batch->messages[index] =
        (rdy_sys_message){.msg_hdr = {.msg_iov = &batch->pieces[index], .msg_iovlen = 1}};
    return &batch->messages[index].msg_hdr;
}

static ptrdiff_t receive_batch(rdy_source *source, rdy_datagram *datagrams, unsigned count)
{
    struct batch batch;
    for (unsigned i = 0; i < count; i++) {
        const struct iovec room = {.iov_base = datagrams[i].bytes, .iov_len = datagrams[i].room};
        ask_for_sender(message_of(&batch, i, room), &datagrams[i].address);
    }
    const ptrdiff_t result = rdy_source_recv_datagrams(source, batch.messages, count);
    for (ptrdiff_t i = 0; i < result; i++) {
        datagrams[i].size = batch.messages[i].msg_len;
        datagrams[i].truncated = (batch.messages[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;
        note_sender(&batch.messages[i].msg_hdr, &datagrams[i].address);
    }
    return result;
}

static ptrdiff_t send_batch(rdy_source *source, const rdy_datagram *datagrams, unsigned count)
{
    struct batch batch;
    for (unsigned i = 0; i < count; i++) {
        const struct iovec bytes = piece_of(datagrams[i].bytes, datagrams[i].size);
        address_to(message_of(&batch, i, bytes), &datagrams[i].address);
    }
    return rdy_source_send_datagrams(source, batch.messages, count);
}

static unsigned next_batch(size_t left)
{
    return left < BATCH ? (unsigned)left : BATCH;
}

/* What recvmmsg(2) does with an error behind the first datagram. Callers take what is short for a would-block. */
static ptrdiff_t postpone(rdy_source *source, int error, size_t done)
{
    if (error != -EAGAIN) {
        rdy_source_keep_error(source, error);
        (void)rdy_source_would_block(source, RDY_READABLE);
    }
    return (ptrdiff_t)done;
}

ptrdiff_t rdy_datagram_recv_many(rdy_source *source, rdy_datagram *datagrams, size_t count)
{
    size_t done = 0;
    while (done < count) {
        const unsigned wanted = next_batch(count - done);
        const ptrdiff_t result = receive_batch(source, datagrams + done, wanted);
        if (result < 0)
            return done == 0 ? result : postpone(source, (int)result, done);
        done += (size_t)result;
        if ((size_t)result < wanted)
            break;
    }
    return (ptrdiff_t)done;
}

ptrdiff_t rdy_datagram_send_many(rdy_source *source, const rdy_datagram *datagrams, size_t count)
{
    size_t done = 0;
    while (done < count) {
        const unsigned wanted = next_batch(count - done);
        const ptrdiff_t result = send_batch(source, datagrams + done, wanted);
        if (result < 0)
            return done == 0 ? result : (ptrdiff_t)done;
        done += (size_t)result;
        if ((size_t)result < wanted)
            break;
    }
    return (ptrdiff_t)done;
}

/* ---- the socket ---- */

int rdy_datagram_disconnect(rdy_source *source)
{
    const int fd = rdy_source_fd(source);
    rdy_address before, after;
    int error = rdy_socket_local_address(fd, &before);
    if (error == 0)
        error = rdy_socket_disconnect(fd);
    if (error == 0)
        error = rdy_socket_local_address(fd, &after);
    if (error != 0 || rdy_address_port(&after) == rdy_address_port(&before))
        return error;
    (void)rdy_address_set_port(&after, rdy_address_port(&before));
    return rdy_socket_bind(fd, &after);
}

int rdy_datagram_shutdown(rdy_source *source, int how)
{
    const int error = rdy_stream_shutdown(source, how);
#ifdef __linux__
    if (error == -ENOTCONN) /* what a UDP socket without a peer says, and is shut down all the same */
        rdy_source_note_shutdown(source, how);
#endif
    return error;
}

int rdy_datagram_take_error(rdy_source *source)
{
    const int kept = rdy_source_kept_error(source);
    rdy_source_keep_error(source, 0);
    return kept != 0 ? kept : rdy_socket_take_error(rdy_source_fd(source));
}
