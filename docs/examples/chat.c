/*
 * A chat: each line that a client sends goes to all others.  chat unix:/tmp/chat, then for each of you
 * nc -U /tmp/chat.  Ctrl-C ends it and removes the socket's file.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <net/buffer.h>
#include <net/unix_listener.h>
#include <reactor/clock.h>
#include <reactor/error.h>
#include <reactor/poll.h>
#include <reactor/signals.h>
#include <reactor/slab.h>

#define LONGEST_LINE   1024
#define UNSENT_AT_MOST ((size_t)256 << 10)

typedef struct client {
    rdy_unix_stream stream;
    rdy_buffer unsent; /* what the client was too slow to take */
    char line[LONGEST_LINE];
    size_t length; /* of what there is of its line */
} client;

enum { LISTENER, SIGNALS, BOTH = RDY_READABLE | RDY_WRITABLE };
static rdy_unix_listener listener;
static rdy_signals signals;
static rdy_registry *registry;
static rdy_slab clients;
static const char *file; /* the socket's, once it is there */

static rdy_accept_advice accept_one(void)
{
    rdy_token token = LISTENER;
    rdy_unix_stream stream;
    int error = rdy_unix_listener_accept(&listener, &stream, NULL);
    if (error != 0)
        return rdy_accept_advise(error);
    client *one = rdy_slab_insert(&clients, &token);
    if (one != NULL && rdy_registry_register(registry, &stream.source, token, BOTH) == 0) {
        one->stream = stream;
        return RDY_ACCEPT_AGAIN;
    }
    rdy_slab_remove(&clients, token);
    rdy_unix_stream_close(&stream);
    return RDY_ACCEPT_PAUSE;
}

static void drop(client *one, rdy_token token)
{
    rdy_unix_stream_close(&one->stream);
    rdy_buffer_free(&one->unsent);
    rdy_slab_remove(&clients, token);
}

/* Nobody waits for the slowest: what it does not take is kept, and when that is too much, it has to go. */
static void tell(client *one, rdy_token token, const char *lines, size_t size)
{
    if (one->unsent.count + size > UNSENT_AT_MOST ||
        rdy_buffer_send(&one->unsent, &one->stream.source, lines, size) != 0)
        drop(one, token);
}

static void tell_others(const client *speaker, const char *lines, size_t size)
{
    rdy_token token;
    size_t cursor = 0;
    for (client *one; (one = rdy_slab_walk(&clients, &cursor, &token)) != NULL;)
        if (one != speaker)
            tell(one, token, lines, size);
}

/* Passes the whole lines on, so that nobody's are torn apart, and keeps the rest. */
static int relay(client *one)
{
    size_t whole = one->length;
    while (whole > 0 && one->line[whole - 1] != '\n')
        whole--;
    if (whole == 0)
        return one->length < LONGEST_LINE ? 0 : -EMSGSIZE;
    tell_others(one, one->line, whole);
    one->length -= whole;
    memmove(one->line, one->line + whole, one->length);
    return 0;
}

static int serve(client *one, rdy_token token) /* -EAGAIN when more may come, 0 at the end */
{
    int error = rdy_buffer_flush(&one->unsent, &one->stream.source);
    if (error == -EAGAIN)
        error = 0; /* who is slow to listen may still speak */
    for (int turn = 0; turn < 16 && error == 0; turn++) {
        ptrdiff_t count =
            rdy_stream_read(&one->stream.source, one->line + one->length, LONGEST_LINE - one->length);
        if (count <= 0)
            return (int)count;
        one->length += (size_t)count;
        error = relay(one);
    }
    if (error == 0) /* the others' turn: what is left here is reported again */
        error = rdy_registry_reregister(registry, &one->stream.source, token, BOTH);
    return error != 0 ? error : -EAGAIN;
}

static void handle(rdy_token token)
{
    client *one = rdy_slab_get(&clients, token); /* NULL: dropped since the wait that brought the event */
    if (one != NULL && serve(one, token) != -EAGAIN)
        drop(one, token);
}

static int run(rdy_poll *poll, rdy_events *events) /* 0 when a signal ended it */
{
    rdy_accept_advice advice = RDY_ACCEPT_WAIT;
    while (advice != RDY_ACCEPT_BROKEN) {
        int count = rdy_poll_wait(poll, events, advice == RDY_ACCEPT_PAUSE ? RDY_SECOND / 10 : RDY_FOREVER);
        if (count < 0 && count != -EINTR)
            return count;
        for (size_t i = 0; i < events->count; i++) {
            const rdy_token token = events->items[i].token;
            if (token == SIGNALS)
                return 0;
            if (token == LISTENER)
                advice = RDY_ACCEPT_AGAIN;
            else
                handle(token);
        }
        if (advice != RDY_ACCEPT_WAIT)
            while ((advice = accept_one()) == RDY_ACCEPT_AGAIN)
                ;
    }
    return -EBADF;
}

static int prepare(const char *address, rdy_poll **poll, rdy_events *events)
{
    const int ends[] = {SIGINT, SIGTERM};
    rdy_address here;
    rdy_slab_init(&clients, sizeof(client));
    int error = rdy_address_parse(address, &here);
    if (error != 0 || (error = rdy_unix_listener_bind(&here, &listener)) != 0)
        return error;
    if (strncmp(address, "unix:@", 6) != 0) /* an abstract name is no file */
        file = address + strlen("unix:");
    if ((error = rdy_events_alloc(256, events)) != 0 || (error = rdy_poll_open(NULL, poll)) != 0 ||
        (error = rdy_signals_open(ends, 2, &signals)) != 0)
        return error;
    registry = rdy_poll_registry(*poll);
    error = rdy_registry_register(registry, &signals.source, SIGNALS, RDY_READABLE);
    return error != 0 ? error : rdy_registry_register(registry, &listener.source, LISTENER, RDY_READABLE);
}

static void clean_up(rdy_poll *poll, rdy_events *events)
{
    rdy_token token;
    size_t cursor = 0;
    for (client *one; (one = rdy_slab_walk(&clients, &cursor, &token)) != NULL;)
        drop(one, token);
    rdy_slab_free(&clients);
    rdy_signals_close(&signals);
    rdy_unix_listener_close(&listener);
    if (file != NULL)
        remove(file);
    rdy_events_free(events);
    rdy_poll_close(poll);
}

int main(int argc, char **argv)
{
    rdy_poll *poll = NULL;
    rdy_events events = {0};
    int error = prepare(argc == 2 ? argv[1] : "", &poll, &events);
    if (error == 0) {
        printf("listening on %s (%s)\n", argv[1], rdy_poll_backend(poll));
        fflush(stdout);
        error = run(poll, &events);
    }
    clean_up(poll, &events);
    if (error != 0)
        fprintf(stderr, "chat unix:PATH: %s\n", rdy_error_sentence(error));
    return error != 0;
}
