/*
 * Beyond readiness: io_uring as it serves small messages best. One multishot accept, and for each client one multishot
 * receive into a ring of buffers that all share, so that a message costs no call to receive it; it goes back by a
 * plain send at once, which is as fast as a queued one and needs no buffer kept. DEFER_TASKRUN lets completions wait
 * for the loop; without it this is slower than epoll. A client with pending bytes is not received from until they are
 * written: its receive is cancelled, what it had in flight (512 KiB at most) is kept, and then a send in the ring takes
 * all of it. The sockets block, or that send would be refused; the plain ones say MSG_DONTWAIT.
 */
#include <errno.h>
#include <liburing.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/servers/listening.h"
#include "bench/servers/pending.h"

enum { SUBMISSIONS = 1024, COMPLETIONS = 16384, BUFFERS = 1024, BUFFER_SIZE = 16384, GROUP = 0 };

/* What a completion is of: the low bits of its user data, above which stands the socket. */
enum operation { RECEIVE, SEND, CANCEL, ACCEPT, ACCEPT_REST };

#define OPERATION_BITS 3

struct client {
    struct bench_pending *pending;
    bool receiving, sending; /* operations that are in the ring */
    bool cancelled, ended;
};

static struct {
    struct io_uring ring;
    struct io_uring_buf_ring *buffers;
    char *bytes;
    int returned; /* buffers of this turn that the kernel has not been told of */
    int listener;
    unsigned capacity; /* of the table by descriptor */
    struct client *clients;
} server;

static void check(int result, const char *what)
{
    if (result >= 0)
        return;
    errno = -result;
    bench_fail(what);
}

static struct io_uring_sqe *submission(void)
{
    struct io_uring_sqe *entry = io_uring_get_sqe(&server.ring);
    if (entry != NULL)
        return entry;
    check(io_uring_submit(&server.ring), "io_uring_submit");
    return io_uring_get_sqe(&server.ring);
}

static uint64_t label(enum operation operation, int socket)
{
    return (uint64_t)socket << OPERATION_BITS | operation;
}

static void accept_many(void)
{
    struct io_uring_sqe *entry = submission();
    io_uring_prep_multishot_accept(entry, server.listener, NULL, NULL, SOCK_CLOEXEC);
    io_uring_sqe_set_data64(entry, label(ACCEPT, server.listener));
}

/* An accept without a free descriptor fails at once, so that it must not be repeated at once. */
static void rest_from_accepting(void)
{
    static struct __kernel_timespec rest = {.tv_nsec = BENCH_ACCEPT_REST_MS * 1000000L};
    struct io_uring_sqe *entry = submission();
    io_uring_prep_timeout(entry, &rest, 0, 0);
    io_uring_sqe_set_data64(entry, label(ACCEPT_REST, server.listener));
}

static void receive_many(int socket, struct client *client)
{
    struct io_uring_sqe *entry = submission();
    io_uring_prep_recv_multishot(entry, socket, NULL, 0, 0);
    entry->flags |= IOSQE_BUFFER_SELECT;
    entry->buf_group = GROUP;
    io_uring_sqe_set_data64(entry, label(RECEIVE, socket));
    client->receiving = true;
    client->cancelled = false;
}

static void cancel_receive(int socket, struct client *client)
{
    struct io_uring_sqe *entry = submission();
    io_uring_prep_cancel64(entry, label(RECEIVE, socket), 0);
    io_uring_sqe_set_data64(entry, label(CANCEL, socket));
    client->cancelled = true;
}

static void send_pending(int socket, struct client *client)
{
    struct io_uring_sqe *entry = submission();
    io_uring_prep_send(entry, socket, bench_pending_bytes(client->pending),
                       bench_pending_size(client->pending), MSG_NOSIGNAL | MSG_WAITALL);
    io_uring_sqe_set_data64(entry, label(SEND, socket));
    client->sending = true;
}

static void give_back(unsigned buffer)
{
    io_uring_buf_ring_add(server.buffers, server.bytes + (size_t)buffer * BUFFER_SIZE, BUFFER_SIZE,
                          (unsigned short)buffer, io_uring_buf_ring_mask(BUFFERS), server.returned++);
}

/* Whatever is pending has no taker any more. */
static void break_off(struct client *client)
{
    free(client->pending);
    client->pending = NULL;
    client->ended = true;
}

/*
 * Pending bytes are sent once nothing can be added to them. A socket is closed when nothing in the ring is of it: else
 * its number, used again, would get what is not its.
 */
static void go_on(int socket, struct client *client)
{
    const bool wants_more = client->pending == NULL && !client->ended;
    if (client->pending != NULL && !client->receiving && !client->sending)
        send_pending(socket, client);
    if (wants_more && !client->receiving)
        receive_many(socket, client);
    if (!wants_more && client->receiving && !client->cancelled)
        cancel_receive(socket, client);
    if (client->ended && client->pending == NULL && !client->receiving && !client->sending)
        close(socket);
}

static void echo_back(int socket, struct client *client, const char *bytes, size_t size)
{
    const ssize_t sent = client->pending == NULL ? send(socket, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;
    if (sent == (ssize_t)size)
        return;
    const size_t taken = sent < 0 ? 0 : (size_t)sent;
    if ((sent < 0 && errno != EAGAIN) || !bench_pending_add(&client->pending, bytes + taken, size - taken))
        break_off(client);
}

static void on_received(int socket, struct client *client, const struct io_uring_cqe *completion)
{
    if (!(completion->flags & IORING_CQE_F_MORE))
        client->receiving = false;
    if (completion->flags & IORING_CQE_F_BUFFER) {
        const unsigned buffer = completion->flags >> IORING_CQE_BUFFER_SHIFT;
        if (!client->ended && completion->res > 0)
            echo_back(socket, client, server.bytes + (size_t)buffer * BUFFER_SIZE, (size_t)completion->res);
        give_back(buffer);
    }
    if (completion->res == 0)
        client->ended = true;
    else if (completion->res < 0 && completion->res != -ENOBUFS && completion->res != -ECANCELED)
        break_off(client);
    if (!client->receiving || client->pending != NULL || client->ended)
        go_on(socket, client);
}

static void on_sent(int socket, struct client *client, int result)
{
    client->sending = false;
    if (result < 0)
        break_off(client);
    else
        bench_pending_consume(&client->pending, (size_t)result);
    go_on(socket, client);
}

static struct client *reserve(unsigned socket)
{
    if (socket >= server.capacity) {
        server.capacity = 2 * socket;
        server.clients = realloc(server.clients, server.capacity * sizeof *server.clients);
        if (server.clients == NULL)
            bench_fail("realloc");
    }
    server.clients[socket] = (struct client){.pending = NULL};
    return server.clients + socket;
}

static void on_accepted(const struct io_uring_cqe *completion)
{
    const int error = -completion->res;
    if (error <= 0)
        receive_many(completion->res, reserve((unsigned)completion->res));
    if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM)
        rest_from_accepting();
    else if (!(completion->flags & IORING_CQE_F_MORE))
        accept_many();
}

static void dispatch(const struct io_uring_cqe *completion)
{
    const int socket = (int)(completion->user_data >> OPERATION_BITS);
    switch ((enum operation)(completion->user_data & ((1 << OPERATION_BITS) - 1))) {
    case RECEIVE:
        on_received(socket, server.clients + socket, completion);
        break;
    case SEND:
        on_sent(socket, server.clients + socket, completion->res);
        break;
    case ACCEPT:
        on_accepted(completion);
        break;
    case ACCEPT_REST:
        accept_many();
        break;
    case CANCEL: /* the receive's own completion tells of it */
        break;
    }
}

static void submit_and_serve(void)
{
    struct io_uring_cqe *completion;
    unsigned head, count = 0;
    const int error = io_uring_submit_and_wait(&server.ring, 1);
    if (error != -EINTR && error != -EBUSY) /* busy: completions have to be taken first */
        check(error, "io_uring_submit_and_wait");
    io_uring_for_each_cqe(&server.ring, head, completion)
    {
        dispatch(completion);
        count++;
    }
    io_uring_cq_advance(&server.ring, count);
    io_uring_buf_ring_advance(server.buffers, server.returned);
    server.returned = 0;
}

static void *zeroed_pages(size_t size)
{
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        bench_fail("mmap");
    return pages;
}

static void provide_buffers(void)
{
    server.bytes = zeroed_pages((size_t)BUFFERS * BUFFER_SIZE);
    server.buffers = zeroed_pages(BUFFERS * sizeof(struct io_uring_buf));
    struct io_uring_buf_reg ring = {
        .ring_addr = (uintptr_t)server.buffers, .ring_entries = BUFFERS, .bgid = GROUP};
    check(io_uring_register_buf_ring(&server.ring, &ring, 0), "io_uring_register_buf_ring");
    io_uring_buf_ring_init(server.buffers);
    for (unsigned i = 0; i < BUFFERS; i++)
        give_back(i);
}

int main(void)
{
    struct io_uring_params params = {
        .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE,
        .cq_entries = COMPLETIONS,
    };
    server.listener = bench_listening_socket();
    check(io_uring_queue_init_params(SUBMISSIONS, &server.ring, &params), "io_uring_queue_init");
    check(io_uring_register_ring_fd(&server.ring), "io_uring_register_ring_fd");
    provide_buffers();
    accept_many();
    for (;;)
        submit_and_serve();
}
