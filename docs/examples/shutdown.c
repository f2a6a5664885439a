/*
 * Sends 32 MiB to whoever connects:  shutdown 127.0.0.1:7777
 * The first SIGINT or SIGTERM lets nobody in any more, finishes what is under way within 5 seconds and ends; the second
 * ends at once. SIGHUP says how many clients there are.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <net/tcp_listener.h>
#include <reactor/clock.h>
#include <reactor/error.h>
#include <reactor/poll.h>
#include <reactor/signals.h>
#include <reactor/slab.h>

#define ANSWER_SIZE ((size_t)32 << 20)

typedef struct client {
    rdy_tcp_stream stream;
    size_t sent;
} client;

enum { LISTENER, SIGNALS, BOTH = RDY_READABLE | RDY_WRITABLE };
static rdy_tcp_listener listener;
static rdy_signals signals;
static rdy_registry *registry;
static rdy_slab clients;
static rdy_accept_advice advice = RDY_ACCEPT_WAIT;
static int64_t end_at = RDY_NEVER;

static rdy_accept_advice accept_one(void)
{
    rdy_token token = LISTENER;
    rdy_tcp_stream stream;
    int error = rdy_tcp_listener_accept(&listener, &stream, NULL);
    if (error != 0)
        return rdy_accept_advise(error);
    client *one = rdy_slab_insert(&clients, &token);
    if (one != NULL && rdy_registry_register(registry, &stream.source, token, BOTH) == 0) {
        one->stream = stream;
        rdy_source_defer(&one->stream.source); /* what the client sends is read behind its answer */
        return RDY_ACCEPT_AGAIN;
    }
    rdy_slab_remove(&clients, token);
    rdy_tcp_stream_close(&stream);
    return RDY_ACCEPT_PAUSE;
}

static ptrdiff_t send_piece(client *one)
{
    static const char page[64 * 1024];
    size_t left = ANSWER_SIZE - one->sent;
    ptrdiff_t count = rdy_tcp_stream_write(&one->stream, page, left < sizeof page ? left : sizeof page);
    if (count <= 0)
        return count;
    one->sent += (size_t)count;
    if (one->sent < ANSWER_SIZE)
        return count;
    int error = rdy_tcp_stream_shutdown(&one->stream, SHUT_WR);
    return error != 0 ? error : count;
}

/* A close with bytes that nobody has read is a reset, which may cost the client the end: wait for its own close. */
static ptrdiff_t await_close(client *one)
{
    char ignored[4096];
    return rdy_tcp_stream_read(&one->stream, ignored, sizeof ignored);
}

static int serve(client *one, rdy_token token) /* -EAGAIN when more may come, 0 at the end */
{
    for (int turn = 0; turn < 16; turn++) {
        ptrdiff_t count = one->sent < ANSWER_SIZE ? send_piece(one) : await_close(one);
        if (count <= 0)
            return (int)count;
    }
    int error = rdy_registry_reregister(registry, &one->stream.source, token, BOTH);
    return error != 0 ? error : -EAGAIN;
}

static void handle(rdy_token token)
{
    client *one = rdy_slab_get(&clients, token);
    if (one == NULL || serve(one, token) == -EAGAIN)
        return;
    rdy_tcp_stream_close(&one->stream);
    rdy_slab_remove(&clients, token);
}

/* Signals come as events, so all of C may be used here, not only what a signal handler may call. */
static void handle_signals(void)
{
    for (int number; (number = rdy_signals_next(&signals)) > 0;) {
        if (number == SIGHUP) {
            fprintf(stderr, "clients: %zu\n", rdy_slab_count(&clients));
            continue;
        }
        const int64_t now = rdy_clock_now();
        end_at = end_at == RDY_NEVER ? rdy_clock_after(now, 5 * RDY_SECOND) : now;
        rdy_tcp_listener_close(&listener);
        advice = RDY_ACCEPT_WAIT;
    }
}

static int64_t time_left(void)
{
    if (end_at == RDY_NEVER)
        return advice == RDY_ACCEPT_PAUSE ? RDY_SECOND / 10 : RDY_FOREVER;
    return rdy_slab_count(&clients) == 0 ? 0 : rdy_clock_until(rdy_clock_now(), end_at);
}

static int run(rdy_poll *poll, rdy_events *events) /* 0 when a signal ended it */
{
    for (int64_t left; (left = time_left()) != 0;) {
        int count = rdy_poll_wait(poll, events, left);
        if (count < 0 && count != -EINTR)
            return count;
        for (size_t i = 0; i < events->count; i++) {
            const rdy_token token = events->items[i].token;
            if (token == SIGNALS)
                handle_signals();
            else if (token == LISTENER)
                advice = RDY_ACCEPT_AGAIN;
            else
                handle(token);
        }
        if (end_at == RDY_NEVER && advice != RDY_ACCEPT_WAIT)
            while ((advice = accept_one()) == RDY_ACCEPT_AGAIN)
                ;
        if (advice == RDY_ACCEPT_BROKEN)
            return -EBADF;
    }
    return 0;
}

static int prepare(const char *address, rdy_address *here, rdy_poll **poll, rdy_events *events)
{
    const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    rdy_slab_init(&clients, sizeof(client));
    int error = rdy_address_parse(address, here);
    if (error != 0 || (error = rdy_tcp_listener_bind(here, NULL, &listener)) != 0 ||
        (error = rdy_tcp_listener_local_address(&listener, here)) != 0 ||
        (error = rdy_events_alloc(256, events)) != 0 || (error = rdy_poll_open(NULL, poll)) != 0 ||
        (error = rdy_signals_open(numbers, 3, &signals)) != 0)
        return error;
    registry = rdy_poll_registry(*poll);
    error = rdy_registry_register(registry, &signals.source, SIGNALS, RDY_READABLE);
    return error != 0 ? error : rdy_registry_register(registry, &listener.source, LISTENER, RDY_READABLE);
}

static size_t clean_up(rdy_poll *poll, rdy_events *events) /* how many clients were not sent all */
{
    rdy_token token;
    size_t cursor = 0, cut_off = 0;
    for (client *one; (one = rdy_slab_walk(&clients, &cursor, &token)) != NULL;) {
        cut_off += one->sent < ANSWER_SIZE;
        rdy_tcp_stream_close(&one->stream);
    }
    rdy_slab_free(&clients);
    rdy_tcp_listener_close(&listener);
    rdy_signals_close(&signals);
    rdy_events_free(events);
    rdy_poll_close(poll);
    return cut_off;
}

int main(int argc, char **argv)
{
    char name[RDY_ADDRESS_TEXT_MAX];
    rdy_poll *poll = NULL;
    rdy_events events = {0};
    rdy_address here;
    int error = prepare(argc == 2 ? argv[1] : "", &here, &poll, &events);
    if (error == 0) {
        rdy_address_print(&here, name, sizeof name);
        printf("listening on %s (%s)\n", name, rdy_poll_backend(poll));
        fflush(stdout);
        error = run(poll, &events);
    }
    size_t cut_off = clean_up(poll, &events);
    if (error != 0)
        fprintf(stderr, "shutdown ADDRESS: %s\n", rdy_error_sentence(error));
    else
        fprintf(stderr, "ended, clients cut off: %zu\n", cut_off);
    return error != 0 || cut_off != 0;
}
