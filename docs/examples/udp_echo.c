/*
 * Sends each datagram back to its sender:  udp_echo 127.0.0.1:7777
 * Datagrams are taken in batches, one system call for many of them where the system has such a call.
 */
#include <errno.h>
#include <stdio.h>
#include <net/udp_socket.h>
#include <reactor/error.h>
#include <reactor/poll.h>

enum { SOCKET, BOTH = RDY_READABLE | RDY_WRITABLE, BATCH = 32, LONGEST = 65535 };
static rdy_udp_socket udp;
static rdy_registry *registry;
static char rooms[BATCH][LONGEST];
static rdy_datagram batch[BATCH];
static size_t next, end; /* what of the batch has still to go back */

static int receive(void)
{
    ptrdiff_t count = rdy_udp_socket_recv_many(&udp, batch, BATCH);
    if (count < 0)
        return (int)count;
    next = 0;
    end = (size_t)count;
    return 0;
}

static int send_back(void)
{
    ptrdiff_t count = rdy_udp_socket_send_many(&udp, batch + next, end - next);
    if (count == -EAGAIN) {
        rdy_source_defer(&udp.source); /* what waits to be received stays there until the batch is sent */
        return (int)count;
    }
    next += count > 0 ? (size_t)count : 1; /* one that cannot go back is lost, as any datagram may be */
    return 0;
}

static int serve(void) /* 0, or why the socket is of no more use */
{
    int error = 0;
    for (int turn = 0; turn < 16 && error == 0; turn++)
        error = next < end ? send_back() : receive(); /* no more is taken than can be sent */
    if (error == 0) /* if there were other sources, it would be their turn; what is left is reported again */
        error = rdy_registry_reregister(registry, &udp.source, SOCKET, BOTH);
    return error == -EAGAIN ? 0 : error;
}

int main(int argc, char **argv)
{
    char name[RDY_ADDRESS_TEXT_MAX];
    rdy_address here;
    rdy_events events;
    rdy_poll *poll;
    for (size_t i = 0; i < BATCH; i++)
        batch[i] = (rdy_datagram){.bytes = rooms[i], .room = sizeof rooms[i]};
    int error = rdy_address_parse(argc == 2 ? argv[1] : "", &here);
    if (error != 0 || (error = rdy_udp_socket_bind(&here, NULL, &udp)) != 0 ||
        (error = rdy_udp_socket_local_address(&udp, &here)) != 0 ||
        (error = rdy_events_alloc(1, &events)) != 0 || (error = rdy_poll_open(NULL, &poll)) != 0) {
        fprintf(stderr, "udp_echo ADDRESS: %s\n", rdy_error_sentence(error));
        return 1;
    }
    registry = rdy_poll_registry(poll);
    error = rdy_registry_register(registry, &udp.source, SOCKET, BOTH);
    rdy_address_print(&here, name, sizeof name);
    printf("listening on %s (%s)\n", name, rdy_poll_backend(poll));
    fflush(stdout);
    while (error == 0) {
        int count = rdy_poll_wait(poll, &events, RDY_FOREVER);
        error = count < 0 && count != -EINTR ? count : 0;
        if (count > 0)
            error = serve();
    }
    fprintf(stderr, "udp_echo: %s\n", rdy_error_sentence(error));
    return 1;
}
