/*
 * libuv as its documentation shows it: uv_read_start with one buffer for all, because a read's bytes are used before
 * the callback returns. uv_try_write comes first; what the kernel would not take is copied into a uv_write, so that
 * no request and no buffer is there while nothing is pending. When no descriptor is left, libuv itself takes and
 * closes those who wait.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "bench/servers/listening.h"

struct pending {
    uv_write_t request; /* first: libuv hands it to the callback */
    char bytes[];
};

static char buffer[BENCH_READ_SIZE];

static void on_input(uv_stream_t *client, ssize_t count, const uv_buf_t *input);

_Noreturn static void fail(const char *what, int error)
{
    errno = -error;
    bench_fail(what);
}

static void on_closed(uv_handle_t *client)
{
    free(client);
}

static void forget(uv_stream_t *client)
{
    if (!uv_is_closing((uv_handle_t *)client))
        uv_close((uv_handle_t *)client, on_closed);
}

static void lend_buffer(uv_handle_t *client, size_t suggested, uv_buf_t *input)
{
    (void)client, (void)suggested;
    *input = uv_buf_init(buffer, sizeof buffer);
}

static void on_written(uv_write_t *request, int status)
{
    uv_stream_t *client = request->handle;
    free(request);
    if (status < 0)
        forget(client);
    else if (uv_is_writable(client) && uv_stream_get_write_queue_size(client) <= BENCH_OUTPUT_LIMIT / 2)
        uv_read_start(client, lend_buffer, on_input);
}

/* False when there is no memory or the connection is broken. */
static bool write_later(uv_stream_t *client, const char *bytes, size_t size)
{
    struct pending *pending = malloc(sizeof *pending + size);
    if (pending == NULL)
        return false;
    memcpy(pending->bytes, bytes, size);
    const uv_buf_t output = uv_buf_init(pending->bytes, (unsigned)size);
    if (uv_write(&pending->request, client, &output, 1, on_written) == 0)
        return true;
    free(pending);
    return false;
}

static bool echo_back(uv_stream_t *client, const char *bytes, size_t size)
{
    const uv_buf_t output = uv_buf_init((char *)(uintptr_t)bytes, (unsigned)size);
    const int written = uv_try_write(client, &output, 1);
    if (written == (int)size)
        return true;
    if (written < 0 && written != UV_EAGAIN)
        return false;
    const size_t taken = written < 0 ? 0 : (size_t)written;
    if (!write_later(client, bytes + taken, size - taken))
        return false;
    if (uv_stream_get_write_queue_size(client) >= BENCH_OUTPUT_LIMIT)
        uv_read_stop(client);
    return true;
}

static void on_shut_down(uv_shutdown_t *request, int status)
{
    (void)status;
    forget(request->handle);
    free(request);
}

/* Writes what is pending, then closes. */
static bool finish(uv_stream_t *client)
{
    if (uv_stream_get_write_queue_size(client) == 0)
        return false;
    uv_shutdown_t *request = malloc(sizeof *request);
    if (request == NULL)
        return false;
    if (uv_shutdown(request, client, on_shut_down) == 0)
        return true;
    free(request);
    return false;
}

static void on_input(uv_stream_t *client, ssize_t count, const uv_buf_t *input)
{
    bool alive = count == 0;
    if (count > 0)
        alive = echo_back(client, input->base, (size_t)count);
    else if (count == UV_EOF)
        alive = finish(client);
    if (!alive)
        forget(client);
}

static void on_connection(uv_stream_t *listener, int status)
{
    if (status < 0)
        return;
    uv_tcp_t *client = malloc(sizeof *client);
    if (client == NULL)
        bench_fail("malloc");
    uv_tcp_init(listener->loop, client);
    if (uv_accept(listener, (uv_stream_t *)client) < 0 ||
        uv_read_start((uv_stream_t *)client, lend_buffer, on_input) < 0)
        forget((uv_stream_t *)client);
}

int main(void)
{
    uv_loop_t *loop = uv_default_loop();
    uv_tcp_t listener;
    uv_tcp_init(loop, &listener);
    int error = uv_tcp_open(&listener, bench_listening_socket());
    if (error == 0)
        error = uv_listen((uv_stream_t *)&listener, BENCH_BACKLOG, on_connection);
    if (error < 0)
        fail("uv_listen", error);
    uv_run(loop, UV_RUN_DEFAULT);
}
