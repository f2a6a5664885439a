/*
 * A thread for each connection, which reads and writes by calls that block: no state to keep, and the scheduler is
 * the loop. The stack holds the buffer and little more (96 KiB of addresses), and only pages that are touched take
 * memory.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <time.h>

#include "bench/servers/blocking.h"
#include "bench/servers/listening.h"

enum { STACK_SIZE = BENCH_READ_SIZE + 32768 };

static void *serve(void *argument)
{
    bench_blocking_serve((int)(intptr_t)argument);
    return NULL;
}

/* A client for whom there is no thread yet waits until another has ended. */
static void begin(const pthread_attr_t *attributes, int socket)
{
    const struct timespec rest = {.tv_nsec = BENCH_ACCEPT_REST_MS * 1000000L};
    pthread_t thread;
    while (pthread_create(&thread, attributes, serve, (void *)(intptr_t)socket) != 0)
        nanosleep(&rest, NULL);
}

int main(void)
{
    pthread_attr_t attributes;
    errno = pthread_attr_init(&attributes);
    if (errno == 0)
        errno = pthread_attr_setstacksize(&attributes, STACK_SIZE);
    if (errno == 0)
        errno = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (errno != 0)
        bench_fail("pthread_attr");
    const int listener = bench_blocking_listening_socket();
    for (;;)
        begin(&attributes, bench_blocking_accept(listener));
}
