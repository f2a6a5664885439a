#include "apps/connect/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/common/descriptors.h"
#include "apps/common/exit_codes.h"
#include "apps/common/option.h"
#include "net/failure.h"
#include "reactor/error.h"
#include "reactor/poll.h"
#include "reactor/signals.h"

#ifndef PIPE_BUF
#define PIPE_BUF _POSIX_PIPE_BUF
#endif

enum {
    BUFFER_SIZE = 65536,
    EVENTS_AT_ONCE = 4, /* one for each token */
};

enum token { TOKEN_STREAM, TOKEN_INPUT, TOKEN_OUTPUT, TOKEN_SIGNALS };

/*
 * One of three descriptors that are waited for. The standard ones are in blocking mode, and stay so, for others may
 * have them open too: they are read or written once after each event, and not more than does not block.
 */
struct end {
    rdy_source *source;
    rdy_token token;
    rdy_interest interest; /* registered for; 0 while it is not */
    bool is_always_ready;  /* a file or a device that cannot be waited for */
    bool is_readable;
    bool is_writable;
};

/* One direction. It is read into when it is empty. */
struct pump {
    unsigned char bytes[BUFFER_SIZE];
    size_t start;
    size_t count;
    bool has_ended; /* no more will come */
    bool is_over;   /* and all of that was passed on, or nobody takes it */
};

struct relay {
    rdy_poll *poll;
    rdy_events events;
    rdy_signals signals;
    rdy_tcp_stream *stream;
    rdy_source standard[2]; /* input, output */
    struct end peer;
    struct end input;
    struct end output;
    int output_fd; /* the standard output, or the terminal that it is: open_output */
    bool is_output_socket;
    struct pump up;   /* to the peer */
    struct pump down; /* from it */
    int broken;       /* the error of the stream */
    bool is_failed;   /* of the standard streams; `exit_code` is decided */
    int exit_code;
};

static void fail(struct relay *relay, int exit_code)
{
    relay->is_failed = true;
    relay->exit_code = exit_code;
}

static void fail_reported(struct relay *relay, const char *what, int error)
{
    complain("%s: %s", what, rdy_error_sentence(error));
    fail(relay, EXIT_SYSTEM);
}

/* ---- waiting ---- */

/* Changes what an end is registered for. 0 or a negative errno. */
static int watch(struct relay *relay, struct end *end, rdy_interest wanted)
{
    rdy_registry *registry = rdy_poll_registry(relay->poll);
    int error = 0;
    if (wanted == end->interest || end->is_always_ready)
        return 0;
    if (wanted == 0)
        error = rdy_source_deregister(end->source);
    else if (end->interest == 0)
        error = rdy_registry_register(registry, end->source, end->token, wanted | RDY_LEVEL);
    else
        error = rdy_registry_reregister(registry, end->source, end->token, wanted | RDY_LEVEL);
    if (error == -EPERM) {
        end->is_always_ready = true;
        return 0;
    }
    if (error == 0)
        end->interest = wanted;
    return error;
}

/* Nobody is asked to be ready for what could not be passed on: that is the backpressure. */
static int watch_all(struct relay *relay)
{
    const struct pump *up = &relay->up;
    const struct pump *down = &relay->down;
    int error = watch(relay, &relay->input, up->has_ended || up->count > 0 ? 0 : RDY_READABLE);
    if (error == 0)
        error = watch(relay, &relay->output, down->count > 0 ? RDY_WRITABLE : 0);
    const bool sends = up->count > 0 || (relay->input.is_always_ready && !up->has_ended);
    const bool receives = !down->has_ended && down->count == 0;
    if (error == 0)
        error = watch(relay, &relay->peer, (sends ? RDY_WRITABLE : 0) | (receives ? RDY_READABLE : 0));
    return error;
}

static struct end *end_of(struct relay *relay, rdy_token token)
{
    if (token == TOKEN_INPUT)
        return &relay->input;
    return token == TOKEN_OUTPUT ? &relay->output : &relay->peer;
}

static void take_event(struct relay *relay, rdy_event event)
{
    if (event.token == TOKEN_SIGNALS) {
        fail(relay, EXIT_INTERRUPTED);
        return;
    }
    struct end *end = end_of(relay, event.token);
    end->is_readable = end->is_readable || rdy_event_is_readable(event);
    end->is_writable = end->is_writable || rdy_event_is_writable(event);
}

static void wait_for_events(struct relay *relay)
{
    int error = watch_all(relay);
    /* Bytes for an output that is always ready wait for nothing. */
    const bool can_go_on = relay->output.is_always_ready && relay->down.count > 0;
    if (error == 0)
        error = rdy_poll_wait(relay->poll, &relay->events, can_go_on ? 0 : RDY_FOREVER);
    if (error < 0 && error != -EINTR) /* EINTR: we were stopped and continued by job control */
        fail_reported(relay, "cannot wait", error);
    for (size_t i = 0; error > 0 && i < relay->events.count; i++)
        take_event(relay, relay->events.items[i]);
}

/* ---- passing on ---- */

static void fill(struct pump *pump, size_t count)
{
    pump->start = 0;
    pump->count = count;
    pump->has_ended = count == 0;
}

static void drain(struct pump *pump, size_t count)
{
    pump->start += count;
    pump->count -= count;
}

static void read_input(struct relay *relay)
{
    const ssize_t count = read(STDIN_FILENO, relay->up.bytes, BUFFER_SIZE);
    relay->input.is_readable = false;
    if (count >= 0)
        fill(&relay->up, (size_t)count);
    else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        fail_reported(relay, "cannot read the standard input", -errno);
}

/* The peer takes no more; what it has sent before is still read. What this machine lacks is not the peer's doing. */
static void break_up(struct relay *relay, int error)
{
    if (rdy_failure_from_error(error) == RDY_FAILURE_LOCAL) {
        fail_reported(relay, "cannot use the stream", error);
        return;
    }
    relay->broken = error;
    relay->up.count = 0;
    relay->up.has_ended = true;
    relay->up.is_over = true;
}

static void write_stream(struct relay *relay)
{
    struct pump *up = &relay->up;
    const ptrdiff_t count = rdy_tcp_stream_write(relay->stream, up->bytes + up->start, up->count);
    if (count >= 0)
        drain(up, (size_t)count);
    else if (count == -EAGAIN)
        relay->peer.is_writable = false;
    else
        break_up(relay, (int)count);
}

static void step_up(struct relay *relay)
{
    struct pump *up = &relay->up;
    if (up->count == 0 && !up->has_ended && (relay->input.is_readable || relay->input.is_always_ready))
        read_input(relay);
    if (up->count > 0)
        write_stream(relay);
    if (!up->has_ended || up->count > 0 || up->is_over)
        return;
    (void)rdy_tcp_stream_shutdown(relay->stream, SHUT_WR); /* what is wrong with it, the next read tells */
    up->is_over = true;
}

static void read_stream(struct relay *relay)
{
    const ptrdiff_t count = rdy_tcp_stream_read(relay->stream, relay->down.bytes, BUFFER_SIZE);
    if (count >= 0) {
        fill(&relay->down, (size_t)count);
        return;
    }
    relay->peer.is_readable = false;
    if (count == -EAGAIN)
        return;
    relay->down.has_ended = true;
    break_up(relay, relay->broken != 0 ? relay->broken : (int)count);
}

/* At most PIPE_BUF into a pipe: so many find room when it is writable (poll(2)). */
static ssize_t write_some(const struct relay *relay, const unsigned char *bytes, size_t count)
{
    if (relay->is_output_socket)
        return send(relay->output_fd, bytes, count, MSG_DONTWAIT);
    return write(relay->output_fd, bytes,
                 count < PIPE_BUF || relay->output.is_always_ready ? count : PIPE_BUF);
}

static void write_output(struct relay *relay)
{
    struct pump *down = &relay->down;
    const ssize_t count = write_some(relay, down->bytes + down->start, down->count);
    relay->output.is_writable = false;
    if (count >= 0)
        drain(down, (size_t)count);
    else if (errno == EPIPE)
        fail(relay, EXIT_SYSTEM);
    else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        fail_reported(relay, "cannot write to the standard output", -errno);
}

/*
 * A writable terminal has room for a byte, and would block for the rest while nobody reads it. One that is opened
 * anew need not, and the one that others share stays as it is.
 */
static int open_output(void)
{
    const char *terminal = ttyname(STDOUT_FILENO);
    const int fd = terminal == NULL ? -1 : open(terminal, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    return fd < 0 ? STDOUT_FILENO : fd;
}

static void close_output(struct relay *relay)
{
    if (relay->output_fd != STDOUT_FILENO)
        close(relay->output_fd);
    relay->output_fd = STDOUT_FILENO;
}

/*
 * Whoever reads it sees the end. The number stays taken, so that nothing else gets it: where /dev/null cannot be opened,
 * by a descriptor that is there and takes no bytes either.
 */
static void end_output(struct relay *relay)
{
    (void)watch(relay, &relay->output, 0);
    close_output(relay);
    if (relay->is_output_socket)
        (void)shutdown(STDOUT_FILENO, SHUT_WR);
    const int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
    const int mute = nothing >= 0 ? nothing : rdy_source_fd(&relay->signals.source);
    const int error = descriptors_put_at(mute, STDOUT_FILENO);
    if (error != 0)
        fail_reported(relay, "cannot close the standard output", error);
    if (nothing >= 0)
        close(nothing);
}

static void step_down(struct relay *relay)
{
    struct pump *down = &relay->down;
    if (down->count == 0 && !down->has_ended && relay->peer.is_readable)
        read_stream(relay);
    if (down->count > 0 && (relay->output.is_writable || relay->output.is_always_ready))
        write_output(relay);
    if (!down->has_ended || down->count > 0 || down->is_over)
        return;
    end_output(relay);
    down->is_over = true;
}

/* ---- the whole ---- */

static bool is_over(const struct relay *relay)
{
    if (relay->is_failed)
        return true;
    return relay->down.is_over && (relay->up.is_over || isatty(STDIN_FILENO) == 1);
}

static int open_relay(struct relay *relay, rdy_tcp_stream *stream, const char *backend)
{
    static const int stop_signals[] = {SIGINT, SIGTERM};
    const rdy_poll_options options = {.backend = backend};
    struct stat status;
    relay->stream = stream;
    relay->standard[0] = rdy_source_from_fd(STDIN_FILENO);
    relay->output_fd = open_output();
    relay->standard[1] = rdy_source_from_fd(relay->output_fd);
    relay->peer = (struct end){.source = &stream->source, .token = TOKEN_STREAM};
    relay->input = (struct end){.source = &relay->standard[0], .token = TOKEN_INPUT};
    relay->output = (struct end){.source = &relay->standard[1], .token = TOKEN_OUTPUT};
    relay->is_output_socket = fstat(STDOUT_FILENO, &status) == 0 && S_ISSOCK(status.st_mode);
    int error = rdy_events_alloc(EVENTS_AT_ONCE, &relay->events);
    if (error == 0)
        error = rdy_poll_open(&options, &relay->poll);
    if (error == 0)
        error = rdy_signals_open(stop_signals, sizeof stop_signals / sizeof stop_signals[0], &relay->signals);
    if (error == 0)
        error = rdy_registry_register(rdy_poll_registry(relay->poll), &relay->signals.source, TOKEN_SIGNALS,
                                      RDY_READABLE);
    return error;
}

/* The standard streams stay open, but not registered. */
static void close_relay(struct relay *relay)
{
    const struct end *ends[] = {&relay->peer, &relay->input, &relay->output};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (ends[i]->interest != 0)
            (void)rdy_source_deregister(ends[i]->source);
    close_output(relay);
    rdy_signals_close(&relay->signals);
    rdy_poll_close(relay->poll);
    rdy_events_free(&relay->events);
}

static int result_of(const struct relay *relay, const char *name)
{
    if (relay->is_failed)
        return relay->exit_code;
    if (relay->broken == 0)
        return EXIT_OK;
    complain("%s: %s", name, rdy_error_sentence(relay->broken));
    return EXIT_NONE_OK;
}

int relay_run(rdy_tcp_stream *stream, const char *name, const char *backend)
{
    static struct relay relay; /* two large buffers, and there is one standard input */
    const int error = open_relay(&relay, stream, backend);
    if (error < 0)
        fail_reported(&relay, "cannot start", error);
    while (!is_over(&relay)) {
        wait_for_events(&relay);
        step_up(&relay);
        step_down(&relay);
    }
    const int exit_code = result_of(&relay, name);
    close_relay(&relay);
    return exit_code;
}
