#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "apps/common/resolver_cares.h"
#include "tests/apps/fake_names.h"

/* A thread that serves DNS (RFC 1035) on a free port of the loopback, and does as the test's thread says. */

enum {
    DATAGRAM_MAX = 512,
    HEADER_SIZE = 12,
    NAME_MAX_SIZE = 256,
    HELD_MAX = 256,
    ADDRESSES_MAX = 4,
    TYPE_A = 1,
    TYPE_AAAA = 28,
    SERVER_FAILURE = 2,
    NAME_ERROR = 3,
    REFUSED = 5,
};

const int fake_system_error = -EAGAIN;

static const struct fake {
    const char *name;
    unsigned char code;
    bool is_waited;
    bool is_cut; /* over UDP */
    const char *addresses[ADDRESSES_MAX];
} fakes[] = {
    {.name = SLOW_NAME, .code = NAME_ERROR, .is_waited = true},
    {.name = LATE_NAME, .is_waited = true, .addresses = {"127.0.0.1"}},
    {.name = TWO_NAME, .addresses = {"127.0.0.2", "127.0.0.1"}},
    {.name = THREE_NAME, .addresses = {"127.0.0.3", "127.0.0.2", "127.0.0.1"}},
    {.name = BOTH_NAME, .addresses = {"::1", "127.0.0.1"}},
    {.name = MAPPED_NAME, .addresses = {"::ffff:127.0.0.1", "::1"}},
    {.name = FIRST_NAME, .addresses = {"127.0.0.1"}},
    {.name = SECOND_NAME, .addresses = {"127.0.0.1"}},
    {.name = CUT_NAME, .is_cut = true, .addresses = {"127.0.0.1"}},
    {.name = AGAIN_NAME, .code = SERVER_FAILURE},
    {.name = SYSTEM_NAME, .code = REFUSED},
};

static const struct fake unknown = {.code = NAME_ERROR};

/* A datagram, and who sent it. */
struct question {
    unsigned char bytes[DATAGRAM_MAX];
    size_t size; /* without what follows the question */
    struct sockaddr_in client;
    const struct fake *fake;
    int type;
};

static int server = -1;
static int listener = -1;
static int connection = -1;      /* one at a time */
static int orders[2] = {-1, -1}; /* 'h'old, 'r'elease, 'q'uit */
static char address[32];
static pthread_t thread;
static struct question held[HELD_MAX];
static size_t held_count;
static bool is_holding;

/* ---- questions ---- */

/* Its labels with points between them; the size in the datagram, or 0 if there is none. */
static size_t read_name(const unsigned char *bytes, size_t size, char *name)
{
    size_t at = 0;
    while (at < size && bytes[at] != 0 && at + bytes[at] + 1 < size && at + bytes[at] < NAME_MAX_SIZE) {
        memcpy(name + at, bytes + at + 1, bytes[at]);
        at += bytes[at] + 1u;
        name[at - 1] = '.';
    }
    if (at == 0 || at >= size || bytes[at] != 0)
        return 0;
    name[at - 1] = '\0';
    return at + 1;
}

static bool read_question(struct question *question)
{
    char name[NAME_MAX_SIZE] = "";
    const size_t length = read_name(question->bytes + HEADER_SIZE, question->size - HEADER_SIZE, name);
    const size_t size = HEADER_SIZE + length + 4; /* with its type and class */
    if (length == 0 || size > question->size)
        return false;
    question->size = size;
    question->type = question->bytes[size - 4] << 8 | question->bytes[size - 3];
    question->fake = &unknown;
    for (size_t i = 0; i < sizeof fakes / sizeof fakes[0]; i++)
        if (strcasecmp(name, fakes[i].name) == 0)
            question->fake = &fakes[i];
    return true;
}

/* ---- answers ---- */

/* A record for the name in the question, which a pointer stands for. Its size, 0 if the address is of another type. */
static size_t write_record(unsigned char *out, const char *text, int type)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    const bool is_v6 = strchr(text, ':') != NULL;
    const unsigned char size = is_v6 ? 16 : 4;
    if (type != (is_v6 ? TYPE_AAAA : TYPE_A))
        return 0;
    const unsigned char head[] = {0xc0, HEADER_SIZE, 0, (unsigned char)type, 0, 1, 0, 0, 0, 60, 0, size};
    inet_pton(is_v6 ? AF_INET6 : AF_INET, text, bytes);
    memcpy(out, head, sizeof head);
    memcpy(out + sizeof head, bytes, size);
    return sizeof head + size;
}

static size_t write_reply(const struct question *question, unsigned char *reply)
{
    size_t size = question->size;
    unsigned char count = 0;
    memcpy(reply, question->bytes, size);
    for (size_t i = 0; i < ADDRESSES_MAX && question->fake->addresses[i] != NULL; i++) {
        const size_t added = write_record(reply + size, question->fake->addresses[i], question->type);
        size += added;
        if (added > 0)
            count++;
    }
    reply[2] = 0x81; /* a response, and recursion was desired */
    reply[3] = 0x80 | question->fake->code;
    memcpy(reply + 6, (const unsigned char[]){0, count, 0, 0, 0, 0}, 6);
    return size;
}

static void answer(const struct question *question)
{
    unsigned char reply[2 * DATAGRAM_MAX];
    size_t size = write_reply(question, reply);
    if (question->fake->is_cut) {
        reply[2] |= 0x02;
        reply[7] = 0;
        size = question->size;
    }
    (void)sendto(server, reply, size, 0, (const struct sockaddr *)&question->client, sizeof question->client);
}

static void take_question(void)
{
    struct question question = {0};
    socklen_t length = sizeof question.client;
    const ssize_t size = recvfrom(server, question.bytes, sizeof question.bytes, 0,
                                  (struct sockaddr *)&question.client, &length);
    question.size = size < 0 ? 0 : (size_t)size;
    if (question.size <= HEADER_SIZE || !read_question(&question))
        return;
    if (!is_holding || !question.fake->is_waited)
        answer(&question);
    else if (held_count < HELD_MAX)
        held[held_count++] = question;
}

/* ---- over TCP, where a message has its size before it ---- */

static bool receive(unsigned char *bytes, size_t size)
{
    return recv(connection, bytes, size, MSG_WAITALL) == (ssize_t)size;
}

/* Whether the connection is still needed. */
static bool answer_in_stream(void)
{
    struct question question = {0};
    unsigned char head[2];
    unsigned char reply[2 + 2 * DATAGRAM_MAX];
    if (!receive(head, 2))
        return false;
    question.size = (size_t)head[0] << 8 | head[1];
    if (question.size > DATAGRAM_MAX || !receive(question.bytes, question.size) || !read_question(&question))
        return false;
    const size_t size = write_reply(&question, reply + 2);
    reply[0] = (unsigned char)(size >> 8);
    reply[1] = (unsigned char)size;
    return send(connection, reply, 2 + size, MSG_NOSIGNAL) == (ssize_t)(2 + size);
}

static void serve_stream(void)
{
    if (connection < 0) {
        connection = accept(listener, NULL, NULL);
    } else if (!answer_in_stream()) {
        close(connection);
        connection = -1;
    }
}

/* ---- the thread ---- */

/* Whether it is to go on. */
static bool obey(void)
{
    char order;
    if (read(orders[0], &order, 1) != 1 || order == 'q')
        return false;
    is_holding = order == 'h';
    for (size_t i = 0; !is_holding && i < held_count; i++)
        answer(&held[i]);
    held_count = is_holding ? held_count : 0;
    return true;
}

/* An order that was given before a question was asked is seen before it. */
static void *serve(void *argument)
{
    struct pollfd ready[] = {
        {.fd = orders[0], .events = POLLIN},
        {.fd = server, .events = POLLIN},
        {.events = POLLIN},
    };
    bool goes_on = true;
    while (goes_on) {
        ready[2].fd = connection < 0 ? listener : connection;
        (void)poll(ready, 3, -1);
        if (ready[0].revents != 0)
            goes_on = obey();
        else if (ready[1].revents != 0)
            take_question();
        else if (ready[2].revents != 0)
            serve_stream();
    }
    return argument;
}

static void order(char what)
{
    ck_assert_int_eq(write(orders[1], &what, 1), 1);
}

/* On one port, free for both. */
static in_port_t open_sockets(void)
{
    for (;;) {
        struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t length = sizeof name;
        server = socket(AF_INET, SOCK_DGRAM, 0);
        listener = socket(AF_INET, SOCK_STREAM, 0);
        ck_assert_int_eq(bind(server, (struct sockaddr *)&name, length), 0);
        ck_assert_int_eq(getsockname(server, (struct sockaddr *)&name, &length), 0);
        if (bind(listener, (struct sockaddr *)&name, length) == 0 && listen(listener, 8) == 0)
            return ntohs(name.sin_port);
        close(server);
        close(listener);
    }
}

void fake_names_begin(void)
{
    const in_port_t port = open_sockets();
    ck_assert_int_eq(pipe(orders), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, serve, NULL), 0);
    snprintf(address, sizeof address, "127.0.0.1:%u", port);
    resolver_cares_use_servers(address);
}

void fake_names_end(void)
{
    order('q');
    pthread_join(thread, NULL);
    if (connection >= 0)
        close(connection);
    close(listener);
    close(server);
    close(orders[0]);
    close(orders[1]);
}

void slow_names_hold(void)
{
    order('h');
}

void slow_names_release(void)
{
    order('r');
}
