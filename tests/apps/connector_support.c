#include "tests/apps/connector_support.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reactor/poll.h"
#include "tests/apps/fake_names.h"
#include "tests/apps/threads.h"

enum {
    SILENCE_MS = 250,    /* a loopback connect that has not answered by then will not, where nobody tells */
    PATIENCE_MS = 30000, /* nothing here takes so long */
};

peer_list peers;
peer_connector_options options;
peer_connector *connector;

static int sockets[4 * PEERS_MAX];
static size_t socket_count;
static int threads_before;

static void begin_connector(void)
{
    peers = (peer_list){0};
    options = (peer_connector_options){.timeout_ns = 10 * RDY_SECOND};
    connector = NULL;
    socket_count = 0;
    threads_before = threads_count();
    fake_names_begin();
}

static void end_connector(void)
{
    peer_connector_close(connector);
    fake_names_end();
    threads_wait_until(threads_before);
    peer_list_free(&peers);
    for (size_t i = 0; i < socket_count; i++)
        close(sockets[i]);
}

static int new_socket(int family)
{
    const int fd = socket(family, SOCK_STREAM, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_uint_lt(socket_count, sizeof sockets / sizeof sockets[0]);
    sockets[socket_count++] = fd;
    return fd;
}

void add_text(const char *text)
{
    ck_assert_int_eq(peer_list_add(&peers, text, 0), 0);
}

void add_name(const char *name, uint16_t port)
{
    char text[300];
    snprintf(text, sizeof text, "%s:%u", name, port);
    add_text(text);
}

void add_address(const rdy_address *address)
{
    char text[RDY_ADDRESS_TEXT_MAX];
    rdy_address_print(address, text, sizeof text);
    add_text(text);
}

/* A socket on a free port of `host`, whose address this becomes. */
static int bind_to(rdy_address *host)
{
    const int fd = new_socket(rdy_address_family(host));
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&host->storage, host->length), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&host->storage, &host->length), 0);
    return fd;
}

int listen_on_loopback(int backlog, rdy_address *address)
{
    ck_assert_int_eq(rdy_address_parse("127.0.0.1:0", address), 0);
    const int fd = bind_to(address);
    ck_assert_int_eq(listen(fd, backlog), 0);
    return fd;
}

int add_good(void)
{
    rdy_address address;
    const int fd = listen_on_loopback(16, &address);
    add_address(&address);
    return fd;
}

/* Bound, so that nobody else gets the port, but not listening. */
int add_refusing(void)
{
    rdy_address address;
    ck_assert_int_eq(rdy_address_parse("127.0.0.1:0", &address), 0);
    const int fd = bind_to(&address);
    add_address(&address);
    return fd;
}

/* How many connections a listener has that wait to be accepted; -1 if the kernel does not tell, as Linux does. */
static int waiting_at(int listener)
{
#ifdef __linux__
    struct tcp_info info;
    socklen_t length = sizeof info;
    ck_assert_int_eq(getsockopt(listener, IPPROTO_TCP, TCP_INFO, &info, &length), 0);
    if (length > offsetof(struct tcp_info, tcpi_unacked))
        return (int)info.tcpi_unacked; /* which counts segments where there is no listener */
#else
    (void)listener;
#endif
    return -1;
}

static bool connects_within(const rdy_address *address, int patience_ms)
{
    const int fd = new_socket(AF_INET);
    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    (void)connect(fd, (const struct sockaddr *)&address->storage, address->length);
    struct pollfd entry = {.fd = fd, .events = POLLOUT};
    if (poll(&entry, 1, patience_ms) == 1)
        return true;
    close(fd); /* or it would take the place that a test makes in the queue */
    socket_count--;
    return false;
}

/*
 * Takes all places of a queue of backlog 0: from then on the system drops what asks to connect until somebody accepts.
 * On Linux there is one place, taken once the listener counts it.
 */
static void fill(int listener, const rdy_address *address)
{
    if (waiting_at(listener) < 0) {
        while (connects_within(address, SILENCE_MS))
            ;
        return;
    }
    ck_assert(connects_within(address, PATIENCE_MS));
    while (waiting_at(listener) == 0)
        (void)poll(NULL, 0, 1);
}

int add_silent(void)
{
    rdy_address address;
    const int fd = listen_on_loopback(0, &address);
    add_address(&address);
    fill(fd, &address);
    return fd;
}

static int listen_at(const char *host, uint16_t port, int backlog, rdy_address *address)
{
    ck_assert_int_eq(rdy_address_parse(host, address), 0);
    ck_assert_int_eq(rdy_address_set_port(address, port), 0);
    const int fd = bind_to(address);
    ck_assert_int_eq(listen(fd, backlog), 0);
    return fd;
}

int listen_well_at(const char *host, uint16_t port)
{
    rdy_address address;
    return listen_at(host, port, 16, &address);
}

int listen_silently_at(const char *host, uint16_t port)
{
    rdy_address address;
    const int fd = listen_at(host, port, 0, &address);
    fill(fd, &address);
    return fd;
}

/* A listener where "localhost" leads to, and the peer of that name. */
void add_localhost(rdy_address *address)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list;
    ck_assert_int_eq(getaddrinfo("localhost", "0", &hints, &list), 0);
    ck_assert_int_eq(rdy_address_from_sockaddr(list->ai_addr, list->ai_addrlen, address), 0);
    freeaddrinfo(list);
    ck_assert_int_eq(listen(bind_to(address), 16), 0);
    add_name("localhost", rdy_address_port(address));
}

void open_connector(void)
{
    ck_assert_int_eq(peer_connector_open(peers.peers, peers.count, &options, &connector), 0);
}

size_t next_peer(void)
{
    peer_result result = {.index = SIZE_MAX};
    ck_assert_int_eq(peer_connector_next(connector, &result), 1);
    rdy_tcp_stream_close(&result.stream);
    return result.index;
}

void expect_no_more(void)
{
    peer_result result = {.index = 77};
    ck_assert_int_eq(peer_connector_next(connector, &result), 0);
    ck_assert_uint_eq(result.index, 77);
}

const char *word_of(size_t index)
{
    return peer_outcome_word(peer_connector_outcome(connector, index));
}

void use_backend(int index)
{
    options.backend = rdy_backends()[index];
}

int backend_count(void)
{
    int count = 0;
    while (rdy_backends()[count] != NULL)
        count++;
    return count;
}

size_t open_descriptors(void)
{
    size_t count = 0;
    for (int fd = 0; fd < DESCRIPTORS; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

void add_connector_case(Suite *suite, const char *name, const TTest *const *tests, int rounds)
{
    TCase *tests_case = tcase_create(name);
    tcase_add_checked_fixture(tests_case, begin_connector, end_connector);
    tcase_set_timeout(tests_case, 30);
    for (; *tests != NULL; tests++)
        tcase_add_loop_test(tests_case, *tests, 0, rounds);
    suite_add_tcase(suite, tests_case);
}
