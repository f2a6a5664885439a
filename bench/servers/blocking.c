#include "bench/servers/blocking.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench/servers/listening.h"

int bench_blocking_listening_socket(void)
{
    const int listener = bench_listening_socket();
    if (fcntl(listener, F_SETFL, 0) < 0)
        bench_fail("fcntl");
    return listener;
}

int bench_blocking_accept(int listener)
{
    const struct timespec rest = {.tv_nsec = BENCH_ACCEPT_REST_MS * 1000000L};
    int socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    while (socket < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
            nanosleep(&rest, NULL);
        socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    }
    return socket;
}

static bool send_all(int socket, const char *bytes, size_t size)
{
    while (size > 0) {
        const ssize_t sent = send(socket, bytes, size, MSG_NOSIGNAL);
        if (sent < 0)
            return false;
        bytes += sent;
        size -= (size_t)sent;
    }
    return true;
}

void bench_blocking_serve(int socket)
{
    char buffer[BENCH_READ_SIZE];
    ssize_t count;
    do
        count = recv(socket, buffer, sizeof buffer, 0);
    while (count > 0 && send_all(socket, buffer, (size_t)count));
    close(socket);
}
