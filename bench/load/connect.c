#include "bench/load/connect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SOURCES = 200, FIRST_SOURCE = 2 };

static bool turn_on(int socket, int level, int option)
{
    const int on = 1;
    return setsockopt(socket, level, option, &on, sizeof on) == 0;
}

/* The port is chosen by connect(2), which knows the server's address: it may be one that others connect from. */
static bool bind_source(int socket, uint32_t number)
{
    const struct sockaddr_in source = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl((INADDR_LOOPBACK & 0xFFFFFF00) + FIRST_SOURCE + number % SOURCES),
    };
    return turn_on(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT) &&
           bind(socket, (const struct sockaddr *)&source, sizeof source) == 0;
}

static bool connect_to(int socket, uint16_t port)
{
    const struct sockaddr_in server = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    return connect(socket, (const struct sockaddr *)&server, sizeof server) == 0 || errno == EINPROGRESS;
}

int connect_begin(uint16_t port, uint32_t number)
{
    const int created = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (created < 0)
        return -errno;
    if (bind_source(created, number) && turn_on(created, IPPROTO_TCP, TCP_NODELAY) &&
        connect_to(created, port))
        return created;
    const int error = errno;
    close(created);
    return -error;
}
