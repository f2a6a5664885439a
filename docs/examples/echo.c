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
    rdy_buffer unsent; /* what the kernel would not take yet; until it does, no more is read */
} client;

enum { LISTENER }; /* no slab gives out a token so small */
static rdy_tcp_listener listener;
static rdy_registry *registry;
static rdy_slab clients;

static rdy_accept_advice admit(void)
{
    rdy_token token = LISTENER;
    rdy_tcp_stream stream;
    int error = rdy_tcp_listener_accept(&listener, &stream, NULL);
    if (error != 0)
        return rdy_accept_advise(error);
    client *one = rdy_slab_insert(&clients, &token);
    if (one != NULL &&
        rdy_registry_register(registry, &stream.source, token, RDY_READABLE | RDY_LEVEL) == 0) {
        one->stream = stream; /* a registered stream may move */
        return RDY_ACCEPT_AGAIN;
    }
    rdy_slab_remove(&clients, token);
    rdy_tcp_stream_close(&stream);
    return RDY_ACCEPT_PAUSE; /* memory is short */
}

static void serve(client *one, rdy_token token) /* one read for each event, so that all have their turn */
{
    char bytes[16384];
    rdy_source *source = &one->stream.source;
    const bool was_slow = one->unsent.count != 0;
    ptrdiff_t result = rdy_buffer_flush(&one->unsent, source);
    if (result == 0 && (result = rdy_tcp_stream_read(&one->stream, bytes, sizeof bytes)) > 0)
        result = rdy_buffer_send(&one->unsent, source, bytes, (size_t)result) == 0 ? -EAGAIN : -EPIPE;
    const bool is_slow = one->unsent.count != 0;
    const rdy_interest next = is_slow ? RDY_WRITABLE : RDY_READABLE;
    if (result == -EAGAIN &&
        (is_slow == was_slow || rdy_registry_reregister(registry, source, token, next | RDY_LEVEL) == 0))
        return;
    rdy_tcp_stream_close(&one->stream);
    rdy_buffer_free(&one->unsent);
    rdy_slab_remove(&clients, token);
}

int main(int argc, char **argv)
{
    char name[RDY_ADDRESS_TEXT_MAX];
    rdy_accept_advice advice;
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
    while (error >= 0 || error == -EINTR) {
        while ((advice = admit()) == RDY_ACCEPT_AGAIN)
            ;
        if (advice == RDY_ACCEPT_BROKEN)
            break;
        error = rdy_poll_wait(poll, &events, advice == RDY_ACCEPT_PAUSE ? RDY_SECOND / 10 : RDY_FOREVER);
        for (size_t i = 0; i < events.count; i++)
            if (events.items[i].token != LISTENER)
                serve(rdy_slab_get(&clients, events.items[i].token), events.items[i].token);
    }
    return fprintf(stderr, "echo: %s\n", error < 0 ? rdy_error_sentence(error) : "cannot accept"), 1;
}
