/* What users write: sends itself a message over the loopback and prints what arrived, and over what. */
#include <stdio.h>
#include <net/tcp_listener.h>
#include <reactor/poll.h>

enum { LISTENER, SENDER, RECEIVER };

static rdy_tcp_listener listener;
static rdy_tcp_stream sender, receiver;
static char text[64];

static ptrdiff_t handle(rdy_registry *registry, rdy_token token) /* how many bytes arrived */
{
    if (token == LISTENER && rdy_tcp_listener_accept(&listener, &receiver, NULL) == 0)
        rdy_registry_register(registry, &receiver.source, RECEIVER, RDY_READABLE);
    else if (token == SENDER && rdy_tcp_stream_finish_connect(&sender) == 0)
        rdy_tcp_stream_write(&sender, "hello", 5);
    return token == RECEIVER ? rdy_tcp_stream_read(&receiver, text, sizeof text) : 0;
}

int main(void)
{
    rdy_poll *poll;
    rdy_events events;
    rdy_address here;
    ptrdiff_t count = 0;
    if (rdy_address_parse("127.0.0.1:0", &here) != 0 || rdy_tcp_listener_bind(&here, NULL, &listener) != 0 ||
        rdy_tcp_listener_local_address(&listener, &here) != 0 || rdy_events_alloc(8, &events) != 0 ||
        rdy_tcp_stream_connect(&here, &sender) != 0 || rdy_poll_open(NULL, &poll) != 0)
        return 2;
    rdy_registry *registry = rdy_poll_registry(poll);
    rdy_registry_register(registry, &listener.source, LISTENER, RDY_READABLE);
    rdy_registry_register(registry, &sender.source, SENDER, RDY_WRITABLE | RDY_ONESHOT);
    while (count == 0 && rdy_poll_wait(poll, &events, INT64_C(5000000000)) > 0)
        for (size_t i = 0; i < events.count && count == 0; i++)
            count = handle(registry, events.items[i].token);
    printf("%.*s over %s\n", (int)count, text, rdy_poll_backend(poll));
    return count <= 0;
}
