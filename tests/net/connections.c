#include "tests/net/connections.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "net/stream.h"

/* Of the registrations that last for one wait. */
#define PASSING_TOKEN ((rdy_token)-1)

rdy_address address_of(const char *text)
{
    rdy_address address;
    ck_assert_msg(rdy_address_parse(text, &address) == 0, "cannot parse \"%s\"", text);
    return address;
}

rdy_tcp_listener listen_on(const char *text, const rdy_tcp_listener_options *options)
{
    const rdy_address address = address_of(text);
    rdy_tcp_listener listener;
    ck_assert_int_eq(rdy_tcp_listener_bind(&address, options, &listener), 0);
    return listener;
}

rdy_address address_of_listener(const rdy_tcp_listener *listener)
{
    rdy_address address;
    ck_assert_int_eq(rdy_tcp_listener_local_address(listener, &address), 0);
    return address;
}

static void await(rdy_source *source, rdy_interest interest, uint32_t flag)
{
    watch(source, PASSING_TOKEN, interest | RDY_LEVEL);
    wait_for(PASSING_TOKEN, flag);
    ck_assert_int_eq(rdy_source_deregister(source), 0);
}

void await_readable(rdy_source *source)
{
    await(source, RDY_READABLE, RDY_EVENT_READABLE);
}

void await_writable(rdy_source *source)
{
    await(source, RDY_WRITABLE, RDY_EVENT_WRITABLE);
}

rdy_tcp_stream connect_client(const rdy_address *peer)
{
    rdy_tcp_stream stream;
    ck_assert_int_eq(rdy_tcp_stream_connect(peer, &stream), 0);
    int result;
    do {
        await_writable(&stream.source);
        result = rdy_tcp_stream_finish_connect(&stream);
    } while (result == -EAGAIN);
    ck_assert_int_eq(result, 0);
    return stream;
}

rdy_tcp_stream accept_server(rdy_tcp_listener *listener)
{
    rdy_tcp_stream stream;
    await_readable(&listener->source);
    ck_assert_int_eq(rdy_tcp_listener_accept(listener, &stream, NULL), 0);
    return stream;
}

struct connection connect_to(rdy_tcp_listener *listener)
{
    const rdy_address address = address_of_listener(listener);
    struct connection connection;
    connection.client = connect_client(&address);
    connection.server = accept_server(listener);
    return connection;
}

struct connection open_connection(const char *text)
{
    rdy_tcp_listener listener = listen_on(text, NULL);
    struct connection connection = connect_to(&listener);
    rdy_tcp_listener_close(&listener);
    return connection;
}

void close_connection(struct connection *connection)
{
    rdy_tcp_stream_close(&connection->client);
    rdy_tcp_stream_close(&connection->server);
}

/* listen(2) may round a backlog of 0 up, and the queue takes one more than it says: some fillers are spare.
 */
struct full_queue fill_queue(void)
{
    struct full_queue queue = {.listener = listen_on("127.0.0.1:0", NULL)};
    queue.address = address_of_listener(&queue.listener);
    ck_assert_int_eq(listen(rdy_source_fd(&queue.listener.source), 0), 0);
    queue.fillers[0] = connect_client(&queue.address);
    for (int i = 1; i < COUNT(queue.fillers); i++)
        ck_assert_int_eq(rdy_tcp_stream_connect(&queue.address, &queue.fillers[i]), 0);
    return queue;
}

void free_queue(struct full_queue *queue)
{
    for (int i = 0; i < COUNT(queue->fillers); i++)
        rdy_tcp_stream_close(&queue->fillers[i]);
    rdy_tcp_listener_close(&queue->listener);
}

ptrdiff_t read_when_ready(rdy_source *source, void *bytes, size_t size)
{
    ptrdiff_t count;
    while ((count = rdy_stream_read(source, bytes, size)) == -EAGAIN)
        await_readable(source);
    return count;
}

void read_exactly(rdy_source *source, void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        const ptrdiff_t count = read_when_ready(source, (char *)bytes + done, size - done);
        ck_assert_int_gt(count, 0);
        done += (size_t)count;
    }
}

void write_exactly(rdy_source *source, const void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        const ptrdiff_t count = rdy_stream_write(source, (const char *)bytes + done, size - done);
        if (count == -EAGAIN) {
            await_writable(source);
            continue;
        }
        ck_assert_int_gt(count, 0);
        done += (size_t)count;
    }
}

bool is_well_born(int fd)
{
    return (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
}

bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

bool has_ipv6(void)
{
    rdy_address address;
    rdy_tcp_listener listener;
    if (rdy_address_parse("[::1]:0", &address) != 0 || rdy_tcp_listener_bind(&address, NULL, &listener) != 0)
        return false;
    rdy_tcp_listener_close(&listener);
    return true;
}

int open_udp_socket(void)
{
    return socket(AF_INET, SOCK_DGRAM, 0);
}

int open_unix_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM, 0);
}

int open_nothing(void)
{
    return -1;
}
