/* Sends back what its clients send, to any number of them at once:  echo 127.0.0.1:7777 */
#include <errno.h>
#include <stdio.h>
#include <net/buffer.h>
#include <net/tcp_listener.h>
#include <reactor/clock.h>
#include <reactor/error.h>
#include <reactor/poll.h>
#include <reactor/slab.h>

typedef struct client {
    rdy_tcp_stream stream;
    rdy_buffer unsent; /* what the kernel would not take yet */
} client;

enum { LISTENER, BOTH = RDY_READABLE | RDY_WRITABLE }; /* no token of a slab is as small as LISTENER */
static rdy_tcp_listener listener;
static rdy_registry *registry;
static rdy_slab clients;

static rdy_accept_advice accept_one(void)
{
    rdy_token token = LISTENER;
    rdy_tcp_stream stream;
    int error = rdy_tcp_listener_accept(&listener, &stream, NULL);
    if (error != 0)
        return rdy_accept_advise(error);
    client *one = rdy_slab_insert(&clients, &token);
    if (one != NULL && rdy_registry_register(registry, &stream.source, token, BOTH) == 0) {
        one->stream = stream; /* a registered stream may move */
        return RDY_ACCEPT_AGAIN;
    }
    rdy_slab_remove(&clients, token);
    rdy_tcp_stream_close(&stream);
    return RDY_ACCEPT_PAUSE; /* memory is short */
}

static int serve(client *one, rdy_token token) /* -EAGAIN when more may come, 0 at the end */
{
    char bytes[16384];
    int error = 0;
    for (int turn = 0; turn < 16 && error == 0; turn++) {
        error = rdy_buffer_flush(&one->unsent, &one->stream.source);
        ptrdiff_t count = error != 0 ? error : rdy_tcp_stream_read(&one->stream, bytes, sizeof bytes);
        if (count <= 0) /* read only when all is written: who does not read cannot make the buffer grow */
            return (int)count;
        error = rdy_buffer_send(&one->unsent, &one->stream.source, bytes, (size_t)count);
    }
    if (error == 0) /* the others' turn: what is left here is reported again */
        error = rdy_registry_reregister(registry, &one->stream.source, token, BOTH);
    return error != 0 ? error : -EAGAIN;
}

static void handle(rdy_token token)
{
    client *one = rdy_slab_get(&clients, token);
    if (one == NULL || serve(one, token) == -EAGAIN)
        return;
    rdy_tcp_stream_close(&one->stream);
    rdy_buffer_free(&one->unsent);
    rdy_slab_remove(&clients, token);
}

int main(int argc, char **argv)
{
    char name[RDY_ADDRESS_TEXT_MAX];
    rdy_accept_advice advice = RDY_ACCEPT_WAIT;
    rdy_address here;
    rdy_events events;
    rdy_poll *poll;
    rdy_slab_init(&clients, sizeof(client));
    int error = rdy_address_parse(argc == 2 ? argv[1] : "", &here);
    if (error != 0 || (error = rdy_tcp_listener_bind(&here, NULL, &listener)) != 0 ||
        (error = rdy_tcp_listener_local_address(&listener, &here)) != 0 ||
        (error = rdy_events_alloc(256, &events)) != 0 || (error = rdy_poll_open(NULL, &poll)) != 0 ||
        (error = rdy_registry_register(registry = rdy_poll_registry(poll), &listener.source, LISTENER,
                                       RDY_READABLE)) != 0)
        return fprintf(stderr, "echo ADDRESS: %s\n", rdy_error_sentence(error)), 1;
    rdy_address_print(&here, name, sizeof name);
    printf("listening on %s (%s)\n", name, rdy_poll_backend(poll));
    fflush(stdout);
    while (advice != RDY_ACCEPT_BROKEN && (error >= 0 || error == -EINTR)) {
        error = rdy_poll_wait(poll, &events, advice == RDY_ACCEPT_PAUSE ? RDY_SECOND / 10 : RDY_FOREVER);
        for (size_t i = 0; i < events.count; i++)
            if (events.items[i].token == LISTENER)
                advice = RDY_ACCEPT_AGAIN;
            else
                handle(events.items[i].token);
        if (advice != RDY_ACCEPT_WAIT)
            while ((advice = accept_one()) == RDY_ACCEPT_AGAIN)
                ;
    }
    return fprintf(stderr, "echo: %s\n", error < 0 ? rdy_error_sentence(error) : "cannot accept"), 1;
}
