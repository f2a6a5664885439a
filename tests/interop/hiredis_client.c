/*
 * Stores and fetches a value of 30 000 000 bytes, publishes and hears 1 000 messages, frees a connection in use.
 *   hiredis_client MODE SERVER-PORT
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <reactor/clock.h>

#include "client.h"
#include "hiredis_on_rdy.h"

enum { VALUE_SIZE = 30000000, MESSAGES = 1000, PERIOD = 9973 };

static struct loop loop;
static int left;

static void on_connected(const redisAsyncContext *redis, int status)
{
    must(status == REDIS_OK, redis->errstr);
    left--;
}

/* Closed here, or by the server. */
static void on_disconnected(const redisAsyncContext *redis, int status)
{
    must(status == REDIS_OK || redis->err == REDIS_ERR_EOF, redis->errstr);
    left--;
}

static redisAsyncContext *connect_to(int port)
{
    redisAsyncContext *redis = redisAsyncConnect("127.0.0.1", port);
    must(redis != NULL && redis->err == 0, "hiredis begins to connect");
    must(hiredis_on_rdy_attach(&loop, redis) == 0, "hiredis is attached");
    redisAsyncSetConnectCallback(redis, on_connected);
    redisAsyncSetDisconnectCallback(redis, on_disconnected);
    left = 1;
    client_finish(&loop, &left);
    return redis;
}

static void disconnect(redisAsyncContext *redis)
{
    left = 1;
    redisAsyncDisconnect(redis);
    client_finish(&loop, &left);
}

static void on_stored(redisAsyncContext *redis, void *reply, void *context)
{
    const redisReply *answer = reply;
    (void)redis, (void)context;
    if (answer == NULL)
        return; /* given up */
    must(answer->type == REDIS_REPLY_STATUS, "the value is stored");
    left--;
}

static void on_fetched(redisAsyncContext *redis, void *reply, void *context)
{
    const redisReply *answer = reply;
    uint32_t *sum = context;
    (void)redis;
    if (answer == NULL)
        return; /* given up */
    must(answer->type == REDIS_REPLY_STRING && answer->len == VALUE_SIZE, "the value is fetched");
    *sum = client_checksum(1, answer->str, VALUE_SIZE);
    left--;
}

/* Waits for the reply to what was just asked; reports, and gives the connection up if nothing happens any more. */
static bool await(redisAsyncContext *redis, const char *command, const uint32_t *sum, int64_t patience_ns)
{
    const int64_t started = rdy_clock_now();
    char result[16];
    left = 1;
    const bool replied = client_turn_until_none(&loop, &left, patience_ns);
    snprintf(result, sizeof result, "%08x", (unsigned)*sum);
    client_report(command, "30 000 000 bytes", replied ? result : "stalled", started);
    if (!replied)
        redisAsyncFree(redis);
    return replied;
}

static bool move_value(redisAsyncContext *redis, int64_t patience_ns)
{
    char *value = malloc(VALUE_SIZE);
    uint32_t sum = 0;
    must(value != NULL, "memory");
    for (size_t i = 0; i < VALUE_SIZE; i++)
        value[i] = (char)((i % PERIOD) * (i % PERIOD) >> 7);
    redisAsyncCommand(redis, on_stored, NULL, "SET value %b", value, (size_t)VALUE_SIZE);
    free(value);
    if (!await(redis, "SET", &sum, patience_ns))
        return false;
    redisAsyncCommand(redis, on_fetched, &sum, "GET value");
    return await(redis, "GET", &sum, patience_ns);
}

struct subscription {
    int heard;
    uint32_t sum;
};

static void on_message(redisAsyncContext *redis, void *reply, void *context)
{
    const redisReply *answer = reply;
    struct subscription *subscription = context;
    (void)redis;
    if (answer == NULL)
        return;
    if (strcmp(answer->element[0]->str, "message") == 0) {
        subscription->heard++;
        subscription->sum =
            client_checksum(subscription->sum, answer->element[2]->str, answer->element[2]->len);
    }
    left--;
}

/* Answers how many heard it. */
static void on_published(redisAsyncContext *redis, void *reply, void *context)
{
    const redisReply *answer = reply;
    (void)redis, (void)context;
    must(answer != NULL && answer->type == REDIS_REPLY_INTEGER && answer->integer == 1,
         "one subscriber hears");
    left--;
}

static void publish(redisAsyncContext *publisher, redisAsyncContext *subscriber)
{
    struct subscription subscription = {.sum = 1};
    const int64_t started = rdy_clock_now();
    left = 1;
    redisAsyncCommand(subscriber, on_message, &subscription, "SUBSCRIBE channel");
    client_finish(&loop, &left);
    left = 2 * MESSAGES;
    for (int i = 0; i < MESSAGES; i++)
        redisAsyncCommand(publisher, on_published, NULL, "PUBLISH channel message-%d;", i);
    client_finish(&loop, &left);
    left = 1;
    redisAsyncCommand(subscriber, on_message, &subscription, "UNSUBSCRIBE channel");
    client_finish(&loop, &left);
    char amount[32], result[16];
    snprintf(amount, sizeof amount, "%d messages", subscription.heard);
    snprintf(result, sizeof result, "%08x", (unsigned)subscription.sum);
    client_report("publish and subscribe", amount, result, started);
}

static void on_freeing(redisAsyncContext *redis, void *reply, void *context)
{
    (void)context;
    must(reply != NULL, "the first answer arrives");
    redisAsyncFree(redis);
}

/* The event says that the connection is readable and writable, and reading ends it. */
static void free_while_reading(int port)
{
    const int64_t started = rdy_clock_now();
    redisAsyncContext *redis = connect_to(port);
    struct pollfd socket = {.fd = redis->c.fd, .events = POLLIN};
    left = 1;
    redisAsyncCommand(redis, on_freeing, NULL, "PING");
    must(loop_turn(&loop, RDY_FOREVER) == 1 && poll(&socket, 1, 10000) == 1, "an answer arrives");
    redisAsyncCommand(redis, NULL, NULL, "PING");
    client_finish(&loop, &left);
    client_report("freed while reading", "1 connection", "freed", started);
}

/* The server closes, also on the command that came too late. */
static void lose_server(int port)
{
    const int64_t started = rdy_clock_now();
    redisAsyncContext *redis = connect_to(port);
    left = 1;
    redisAsyncCommand(redis, NULL, NULL, "CLIENT KILL TYPE normal SKIPME no");
    redisAsyncCommand(redis, NULL, NULL, "PING");
    client_finish(&loop, &left);
    client_report("server closes", "1 connection", "disconnected", started);
}

int main(int argc, char **argv)
{
    must(argc == 3, "arguments");
    const int port = atoi(argv[2]);
    client_open(argv[1], &loop);
    redisAsyncContext *redis = connect_to(port);
    if (!loop.rearms) {
        move_value(redis, 500 * RDY_MILLISECOND);
    } else {
        must(move_value(redis, 60 * RDY_SECOND), "nothing stalls");
        redisAsyncContext *subscriber = connect_to(port);
        publish(redis, subscriber);
        disconnect(subscriber);
        disconnect(redis);
        free_while_reading(port);
        lose_server(port);
    }
    client_close(&loop);
    return 0;
}
