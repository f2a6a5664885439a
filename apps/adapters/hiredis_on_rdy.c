#include "hiredis_on_rdy.h"

#include <errno.h>
#include <stdlib.h>

struct attachment {
    struct loop *loop;
    redisAsyncContext *redis;
    struct loop_watch *watch;
};

/* Reading may end the connection, and with it the attachment and the watch: hence the question before writing. */
static void on_ready(struct loop_watch *watch, rdy_event event)
{
    const struct attachment *attachment = watch->context;
    redisAsyncContext *redis = attachment->redis;
    const struct loop *loop = attachment->loop;
    if (rdy_event_is_readable(event))
        redisAsyncHandleRead(redis);
    if (rdy_event_is_writable(event) && loop_has(loop, event.token))
        redisAsyncHandleWrite(redis);
}

/* hiredis asks for the same again and again: loop_change makes nothing of that. */
static void want(void *data, rdy_interest more)
{
    struct attachment *attachment = data;
    loop_change(attachment->loop, attachment->watch, attachment->watch->conditions | more);
}

static void want_no_more(void *data, rdy_interest less)
{
    struct attachment *attachment = data;
    loop_change(attachment->loop, attachment->watch, attachment->watch->conditions & ~less);
}

static void add_read(void *data)
{
    want(data, RDY_READABLE);
}

static void del_read(void *data)
{
    want_no_more(data, RDY_READABLE);
}

static void add_write(void *data)
{
    want(data, RDY_WRITABLE);
}

static void del_write(void *data)
{
    want_no_more(data, RDY_WRITABLE);
}

static void cleanup(void *data)
{
    struct attachment *attachment = data;
    loop_remove(attachment->loop, attachment->watch);
    free(attachment);
}

int hiredis_on_rdy_attach(struct loop *loop, redisAsyncContext *redis)
{
    struct attachment *attachment = malloc(sizeof *attachment);
    if (attachment == NULL)
        return -ENOMEM;
    *attachment = (struct attachment){.loop = loop, .redis = redis};
    const int error = loop_add(loop, redis->c.fd, RDY_WRITABLE, on_ready, attachment, &attachment->watch);
    if (error != 0) {
        free(attachment);
        return error;
    }
    redis->ev.data = attachment;
    redis->ev.addRead = add_read;
    redis->ev.delRead = del_read;
    redis->ev.addWrite = add_write;
    redis->ev.delWrite = del_write;
    redis->ev.cleanup = cleanup;
    return 0;
}
